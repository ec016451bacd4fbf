import type { SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { Found, SecretVersion, VersionInfo } from '../store.ts';
import { complains, fieldOf, numberOf, textOf } from './answers.ts';
import {
  assertAbsent,
  refused,
  unexpected,
  writeFailure,
  type Kv,
  type KvParts,
  type KvRemoveOptions,
  type KvWriteOptions,
} from './kv.ts';
import type { AskOptions } from './requests.ts';
import { storedData, valueIn } from './wire.ts';

/** A key as it is now. */
interface State {
  /** The server's number of the newest version, also of a deleted one; 0: there never was one. */
  readonly number: number;
  /** Undefined: not there. */
  readonly version: string | undefined;
  readonly found: Found | undefined;
}

/** How often a write without a condition starts again when others write the same key. */
const MAX_TRIES = 5;

/**
 * KV version 2. A version is the server's number and the time of its writing, which tells a key that was removed and made
 * again from the one before. A version that was deleted or destroyed is not there.
 *
 * Writes are compare-and-set at the server. A removal is not: a write that comes between the look and the removal is lost.
 */
export class KvTwo implements Kv {
  readonly deleted = new Set<SecretKey>();
  readonly #parts: KvParts;

  constructor(parts: KvParts) {
    this.#parts = parts;
  }

  async read(key: SecretKey, options: AskOptions): Promise<Found | undefined> {
    const state = await this.#state(key, options);
    return state instanceof OperatorError ? state : state.found;
  }

  async write(key: SecretKey, value: SecretValue, { signal, ifVersion }: KvWriteOptions): Promise<VersionInfo> {
    for (let tries = 1; ; tries += 1) {
      const present = await this.#state(key, { signal });
      if (present instanceof OperatorError) throw present;
      if (ifVersion !== undefined && (present.version ?? null) !== ifVersion)
        throw new OperatorError('VersionConflict', key);
      if (holds(present, value)) return { version: present.found.version };
      const version = await this.#put(key, value, present.number, signal);
      if (version !== undefined) return { version };
      if (ifVersion !== undefined || tries === MAX_TRIES) throw new OperatorError('VersionConflict', key);
    }
  }

  async remove(key: SecretKey, { signal, ifVersion }: KvRemoveOptions): Promise<void> {
    const present = await this.#state(key, { signal });
    if (present instanceof OperatorError) throw present;
    if (present.number === 0) return;
    if (ifVersion !== undefined) {
      if (present.version === undefined) return;
      if (present.version !== ifVersion) throw new OperatorError('VersionConflict', key);
    }
    const path = this.#parts.path.everything(key);
    const answer = await this.#parts.session.ask({ method: 'DELETE', path }, { signal });
    if (answer.status === 403) throw refused(key, 'delete', path);
    if (answer.status !== 204 && answer.status !== 404) throw unexpected(answer);
  }

  /** The new version, or undefined when another was quicker than `number`. */
  async #put(key: SecretKey, value: SecretValue, number: number, signal: AbortSignal): Promise<string | undefined> {
    const path = this.#parts.path.value(key);
    const json = { data: storedData(value), options: { cas: number } };
    const answer = await this.#parts.session.ask({ method: 'POST', path, json }, { signal });
    if (answer.status === 200) return versionIn(fieldOf(answer.body, 'data'));
    if (complains(answer, /check-and-set/)) return undefined;
    throw writeFailure(key, answer, path);
  }

  /** KeyRefused is returned: it is about this key alone. */
  async #state(key: SecretKey, options: AskOptions): Promise<State | OperatorError> {
    const path = this.#parts.path.value(key);
    const answer = await this.#parts.session.ask({ method: 'GET', path }, options);
    const { status, body } = answer;
    if (status === 403) return refused(key, 'read', path);
    const metadata = fieldOf(body, 'data', 'metadata');
    this.deleted.delete(key);
    if (status === 404) {
      const number = numberOf(metadata, 'version');
      if (number !== undefined) this.deleted.add(key);
      if (number === undefined) await assertAbsent(answer, this.#parts, options);
      return { number: number ?? 0, version: undefined, found: undefined };
    }
    const number = numberOf(metadata, 'version');
    if (status !== 200) throw unexpected(answer);
    if (number === undefined) return new OperatorError('ValueUnreadable', `${key}: what answers is no KV version 2`);
    const version = versionIn(metadata);
    const value = valueIn(fieldOf(body, 'data', 'data'), key);
    return { number, version, found: value instanceof OperatorError ? value : { value, version } };
  }
}

function holds(state: State, value: SecretValue): state is State & { readonly found: SecretVersion } {
  const { found } = state;
  return found !== undefined && !(found instanceof OperatorError) && found.value.equals(value);
}

function versionIn(metadata: unknown): string {
  return versionOf(numberOf(metadata, 'version') ?? 0, metadata);
}

/** The version with that number, of which the server tells `metadata`. */
export function versionOf(number: number, metadata: unknown): string {
  return `${number}@${textOf(metadata, 'created_time') ?? ''}`;
}
