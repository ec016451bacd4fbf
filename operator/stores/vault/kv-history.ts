import type { SecretKey } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';
import type { History, PastVersion, SecretVersion } from '../store.ts';
import { fieldOf, numberOf, textOf } from './answers.ts';
import { assertAbsent, refused, unexpected, type KvParts } from './kv.ts';
import { versionOf } from './kv-two.ts';
import { valueIn } from './wire.ts';

/**
 * The versions that KV version 2 keeps: ten of each key, unless the mount or the key says otherwise. Those that were
 * deleted or destroyed can't be read, so they are not told. A removal by the operator takes all of them away.
 */
export class KvHistory implements History {
  readonly #parts: KvParts;

  constructor(parts: KvParts) {
    this.#parts = parts;
  }

  async versions(key: SecretKey, signal: AbortSignal): Promise<readonly PastVersion[]> {
    const path = this.#parts.path.everything(key);
    const answer = await this.#parts.session.ask({ method: 'GET', path }, { signal });
    if (answer.status === 403) throw refused(key, 'read', path);
    if (answer.status === 404) {
      await assertAbsent(answer, this.#parts, { signal });
      return [];
    }
    if (answer.status !== 200) throw unexpected(answer);
    const present = numberOf(answer.body, 'data', 'current_version');
    const now = new Date();
    return Object.entries(fieldOf(answer.body, 'data', 'versions') ?? {})
      .filter(([, metadata]) => isReadable(metadata, now))
      .map(([number, metadata]) => [Number(number), metadata] as const)
      .sort(([a], [b]) => b - a)
      .map(([number, metadata]) => pastVersion(number, metadata, number === present));
  }

  async readVersion(key: SecretKey, version: string, signal: AbortSignal): Promise<SecretVersion | undefined> {
    signal.throwIfAborted();
    const number = /^([1-9]\d{0,14})@/.exec(version)?.[1];
    if (number === undefined) return undefined;
    const path = this.#parts.path.value(key);
    const answer = await this.#parts.session.ask({ method: 'GET', path: `${path}?version=${number}` }, { signal });
    const metadata = fieldOf(answer.body, 'data', 'metadata');
    if (answer.status === 403) throw refused(key, 'read', path);
    if (answer.status === 404) {
      if (numberOf(metadata, 'version') === undefined) await assertAbsent(answer, this.#parts, { signal });
      return undefined;
    }
    if (answer.status !== 200) throw unexpected(answer);
    // A key that was removed and made again counts from one anew: the time tells which of the two is meant.
    if (versionOf(Number(number), metadata) !== version) return undefined;
    const value = valueIn(fieldOf(answer.body, 'data', 'data'), key);
    if (value instanceof OperatorError) throw value;
    return { value, version };
  }
}

/** A version may also be deleted at a time to come. */
function isReadable(metadata: unknown, now: Date): boolean {
  const deletedAt = Date.parse(textOf(metadata, 'deletion_time') ?? '');
  return fieldOf(metadata, 'destroyed') !== true && !(deletedAt <= now.getTime());
}

function pastVersion(number: number, metadata: unknown, current: boolean): PastVersion {
  const createdAt = new Date(textOf(metadata, 'created_time') ?? '');
  const version = versionOf(number, metadata);
  return Number.isNaN(createdAt.getTime()) ? { version, current } : { version, createdAt, current };
}
