import type { KeyObject } from 'node:crypto';
import { OperatorError } from '../../errors.ts';
import { orAborted } from '../or-aborted.ts';
import type { SecretKeyRef, StoreReferences } from '../references.ts';
import { kekFrom, type Kek } from './envelope.ts';

/** A row that names a key we don't know has the Secret looked at again, at most this often. */
const LOOK_AGAIN_MS = 5_000;
/** How long it may take to read the Secret. Milliseconds. */
const LOAD_MS = 10_000;

/**
 * The key-encryption keys of a store: all keys of one Secret, each known by the name of its data key. New values are
 * sealed with the one that the spec names; the others open what was sealed before.
 */
export class KeyRing {
  readonly #references: StoreReferences;
  readonly #ref: SecretKeyRef;
  #keys: ReadonlyMap<string, KeyObject> | undefined;
  #loadedAt = 0;
  #learning: Promise<unknown> | undefined;

  constructor(references: StoreReferences, ref: SecretKeyRef) {
    this.#references = references;
    this.#ref = ref;
  }

  get secretName(): string {
    return this.#ref.name;
  }

  /** Reads the Secret. Throws CredentialsMissing when the key that the spec names is not there, or is no key. */
  async load(signal: AbortSignal): Promise<Kek> {
    const { name, key: id } = this.#ref;
    const data = await this.#references.values(name, signal);
    const value = data.get(id);
    if (value === undefined)
      throw new OperatorError(
        'CredentialsMissing',
        `Secret ${name} has no key ${id}: put the key-encryption key there`,
      );
    const key = kekFrom(value);
    if (key === undefined)
      throw new OperatorError(
        'CredentialsMissing',
        `key ${id} of Secret ${name} must hold a key-encryption key of 32 bytes, as they are or in base64 (openssl rand -base64 32); it has ${value.byteLength} bytes`,
      );
    // Other things may lie in the Secret too: what is no key, opens no row.
    const keys = [...data].flatMap(([each, text]) => {
      const parsed = kekFrom(text);
      return parsed === undefined ? [] : [[each, parsed] as const];
    });
    this.#keys = new Map(keys);
    this.#loadedAt = performance.now();
    return { id, key };
  }

  /** The key to seal with. */
  async present(signal: AbortSignal): Promise<Kek> {
    return this.find(this.#ref.key) ?? (await this.load(signal));
  }

  /** Looks for keys that are not known. Does not throw: what can't be opened then, is told of each row. */
  async learn(ids: Iterable<string>, signal: AbortSignal): Promise<void> {
    if ([...ids].every((id) => this.#keys?.has(id))) return;
    if (this.#learning === undefined && performance.now() - this.#loadedAt < LOOK_AGAIN_MS) return;
    // For all that wonder: none goes on without it, and none ends it for others.
    this.#learning ??= this.load(AbortSignal.timeout(LOAD_MS))
      .catch(() => undefined)
      .finally(() => {
        this.#learning = undefined;
        this.#loadedAt = performance.now();
      });
    await orAborted(this.#learning, signal);
  }

  find(id: string): Kek | undefined {
    const key = this.#keys?.get(id);
    return key && { id, key };
  }
}
