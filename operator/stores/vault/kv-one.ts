import type { SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { Found, VersionInfo } from '../store.ts';
import { fieldOf } from './answers.ts';
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

/** Of a version whose value can't be read: it equals no fingerprint. */
const UNREADABLE = 'unreadable';

/**
 * KV version 1. The server knows no versions: a version here is an HMAC of key and value, keyed with the uid of the store's
 * object, so that it survives a restart and tells nothing.
 *
 * The server can't compare and set. Writes of this process take turns; one that another process makes between our look and
 * our write is overwritten.
 */
export class KvOne implements Kv {
  readonly deleted: ReadonlySet<SecretKey> = new Set();
  readonly #parts: KvParts;
  readonly #uid: string;
  /** The last change of each key: the next one waits for it. */
  readonly #turns = new Map<SecretKey, Promise<unknown>>();

  constructor(parts: KvParts, uid: string) {
    this.#parts = parts;
    this.#uid = uid;
  }

  async read(key: SecretKey, options: AskOptions): Promise<Found | undefined> {
    const path = this.#parts.path.value(key);
    const answer = await this.#parts.session.ask({ method: 'GET', path }, options);
    if (answer.status === 403) return refused(key, 'read', path);
    if (answer.status === 404) {
      await assertAbsent(answer, this.#parts, options);
      return undefined;
    }
    if (answer.status !== 200) throw unexpected(answer);
    const value = valueIn(fieldOf(answer.body, 'data'), key);
    return value instanceof OperatorError ? value : { value, version: this.#version(key, value) };
  }

  async write(key: SecretKey, value: SecretValue, { signal, ifVersion }: KvWriteOptions): Promise<VersionInfo> {
    return this.#inTurn(key, async () => {
      const present = await this.#present(key, signal);
      if (ifVersion !== undefined && (present ?? null) !== ifVersion) throw new OperatorError('VersionConflict', key);
      const version = this.#version(key, value);
      if (present === version) return { version };
      const path = this.#parts.path.value(key);
      const answer = await this.#parts.session.ask({ method: 'POST', path, json: storedData(value) }, { signal });
      if (answer.status >= 300) throw writeFailure(key, answer, path);
      return { version };
    });
  }

  async remove(key: SecretKey, { signal, ifVersion }: KvRemoveOptions): Promise<void> {
    await this.#inTurn(key, async () => {
      const present = await this.#present(key, signal);
      if (present === undefined) return;
      if (ifVersion !== undefined && present !== ifVersion) throw new OperatorError('VersionConflict', key);
      const path = this.#parts.path.everything(key);
      const answer = await this.#parts.session.ask({ method: 'DELETE', path }, { signal });
      if (answer.status === 403) throw refused(key, 'delete', path);
      if (answer.status >= 300 && answer.status !== 404) throw unexpected(answer);
    });
  }

  /** The version that is there. */
  async #present(key: SecretKey, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.read(key, { signal });
    if (!(found instanceof OperatorError)) return found?.version;
    if (found.code === 'ValueUnreadable') return UNREADABLE;
    throw found;
  }

  #version(key: SecretKey, value: SecretValue): string {
    return value.fingerprint(this.#uid, key);
  }

  async #inTurn<T>(key: SecretKey, work: () => Promise<T>): Promise<T> {
    const last = this.#turns.get(key);
    const turn = (async (): Promise<T> => {
      await last?.catch(() => undefined);
      return work();
    })();
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }
}
