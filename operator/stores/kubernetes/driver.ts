import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, nameOf, type SecretGroup, type SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import { listing } from '../listing.ts';
import { orAborted } from '../or-aborted.ts';
import type {
  RemoveOptions,
  SecretEntry,
  SecretStore,
  SecretVersion,
  StoreHealth,
  VersionInfo,
  WriteOptions,
} from '../store.ts';
import { MAX_VALUE_BYTES } from '../value-limit.ts';
import type { SecretAccess, StoredSecret } from './secret-access.ts';
import { SecretNames } from './secret-names.ts';

/** How often a write starts again when another process changes the Secret under it, after a pause of up to so long each. */
const MAX_TRIES = 10;
const PAUSE_MS = 50;

/** Secrets without the store's label that are read at once. */
const GETS_AT_ONCE = 8;

type Listener = (keys: readonly SecretKey[]) => void;
type Edit = (present: StoredSecret | undefined) => ReadonlyMap<string, SecretValue> | undefined;

/**
 * Values in Kubernetes Secrets of one namespace: see SecretNames for which. Reads come from followed copies, so that
 * a thousand bindings cost no request; a group's Secret without the store's label is not followed and read each time.
 *
 * A version is an HMAC of key and value under the Secret's uid: it changes with the value alone, survives a restart, and
 * tells nothing to those who can't read the Secret anyway.
 */
export class KubernetesStore implements SecretStore {
  readonly #access: SecretAccess;
  readonly #names: SecretNames;
  readonly #listeners = new Set<Listener>();
  readonly #stopped = new AbortController();
  /** The last write to each Secret: the next one waits for it. */
  readonly #writes = new Map<string, Promise<unknown>>();
  #following: Promise<void> | undefined;
  /** The last answer was a failure: what is followed may be stale, so the next read asks first. */
  #failing = false;

  constructor(access: SecretAccess, secretName: string) {
    this.#access = access;
    this.#names = new SecretNames(secretName);
  }

  async readMany(keys: readonly SecretKey[], signal: AbortSignal): Promise<ReadonlyMap<SecretKey, SecretVersion>> {
    await this.#current(signal);
    const found = new Map<SecretKey, SecretVersion>();
    const groups = this.#bySecret(keys);
    const asked = await this.#getAll(
      [...groups.keys()].filter((name) => !this.#access.followed().has(name)),
      signal,
    );
    for (const [name, members] of groups) {
      const secret = this.#access.followed().get(name) ?? asked.get(name);
      for (const key of members) {
        const value = secret?.values.get(nameOf(key));
        if (secret && value) found.set(key, { value, version: versionOf(secret, key, value) });
      }
    }
    return found;
  }

  async write(key: SecretKey, value: SecretValue, { ifVersion, signal }: WriteOptions): Promise<VersionInfo> {
    const name = this.#names.forWriting(key);
    if (value.byteLength > MAX_VALUE_BYTES) throw tooLarge(key, value.byteLength);
    const secret = await this.#change(name, signal, (present) => {
      const before = versionIn(present, key);
      if (ifVersion !== undefined && (before ?? null) !== ifVersion) throw new OperatorError('VersionConflict', key);
      if (present?.values.get(nameOf(key))?.equals(value)) return undefined;
      const values = new Map(present?.values).set(nameOf(key), value);
      const size = [...values.values()].reduce((sum, each) => sum + each.byteLength, 0);
      if (size > MAX_VALUE_BYTES) throw tooLarge(key, size);
      return values;
    });
    return { version: versionIn(secret, key) ?? '' };
  }

  async remove(key: SecretKey, { ifVersion, signal }: RemoveOptions): Promise<void> {
    const name = this.#names.ofGroup(groupOf(key));
    if (name === undefined) return;
    await this.#change(name, signal, (present) => {
      const before = versionIn(present, key);
      if (before === undefined) return undefined;
      if (ifVersion !== undefined && before !== ifVersion) throw new OperatorError('VersionConflict', key);
      const values = new Map(present?.values);
      values.delete(nameOf(key));
      return values;
    });
  }

  async *list(group: SecretGroup, signal: AbortSignal): AsyncIterable<SecretEntry> {
    await this.#current(signal);
    const name = this.#names.ofGroup(group);
    if (name === undefined) return;
    const own = this.#access.followed().has(name) ? undefined : await this.#get(name, signal);
    const below = [...this.#access.followed().values()].filter((secret) => secret.name.startsWith(`${name}.`));
    const here = this.#access.followed().get(name) ?? own;
    const keys = [...below, ...(here ? [here] : [])].flatMap((secret) => this.#names.keysOf(secret));
    yield* listing(keys, group);
  }

  async watch(onChange: Listener, signal: AbortSignal): Promise<void> {
    this.#listeners.add(onChange);
    signal.addEventListener('abort', () => this.#listeners.delete(onChange), { once: true });
    try {
      await this.#follow(signal);
    } catch (error) {
      this.#listeners.delete(onChange);
      throw error;
    }
  }

  async check(signal: AbortSignal): Promise<StoreHealth> {
    await this.#follow(signal);
    const root = await this.#get(this.#names.root, signal);
    const keys = [...this.#access.followed().values()].flatMap((secret) => this.#names.keysOf(secret)).length;
    if (root === undefined && keys === 0)
      return { ready: false, message: `Secret ${this.#names.root} is not in this namespace: create it.`, keys };
    const followed = root
      ? `Secret ${this.#names.root} and its groups are followed.`
      : `The groups of Secret ${this.#names.root} are followed; it is not there itself.`;
    return { ready: true, message: followed + this.#strangers(), keys };
  }

  /** Secrets that say they are the store's, but are none of its groups: somebody misses their keys. */
  #strangers(): string {
    const names = [...this.#access.followed().keys()].filter((name) => this.#names.groupOf(name) === undefined).sort();
    if (names.length === 0) return '';
    const some = names.slice(0, 5).join(', ');
    return ` Ignored, because their names are not ${this.#names.root}.GROUP: ${some}${names.length > 5 ? ' and more' : ''}.`;
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('the store is closed'));
    this.#listeners.clear();
    await this.#access.close();
  }

  /** Begins to follow at the first use; a failure is for this caller, the next one tries anew. */
  async #follow(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#following ??= this.#begin();
    await orAborted(this.#following, signal);
  }

  #begin(): Promise<void> {
    const following = this.#access.follow((before, after) => {
      this.#tell(before, after);
    }, this.#stopped.signal);
    following.catch(() => {
      if (this.#following === following) this.#following = undefined;
    });
    return following;
  }

  /** As `#follow`; after a failure it asks the API server first, because what is followed may be stale. */
  async #current(signal: AbortSignal): Promise<void> {
    await this.#follow(signal);
    if (this.#failing) await this.#get(this.#names.root, signal);
  }

  #tell(before: StoredSecret | undefined, after: StoredSecret | undefined): void {
    const keys = [...new Set([...this.#names.keysOf(before), ...this.#names.keysOf(after)])];
    const changed = keys.filter((key) => versionIn(before, key) !== versionIn(after, key));
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  async #get(name: string, signal: AbortSignal): Promise<StoredSecret | undefined> {
    try {
      const secret = await this.#access.get(name, signal);
      this.#failing = false;
      return secret;
    } catch (error) {
      this.#failing = true;
      throw error;
    }
  }

  /** Secrets that are not followed, a few at once. */
  async #getAll(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, StoredSecret>> {
    const found = new Map<string, StoredSecret>();
    const waiting = names.values();
    const worker = async (): Promise<void> => {
      for (const name of waiting) {
        const secret = await this.#get(name, signal);
        if (secret) found.set(name, secret);
      }
    };
    await Promise.all(Array.from({ length: GETS_AT_ONCE }, worker));
    return found;
  }

  #bySecret(keys: readonly SecretKey[]): Map<string, SecretKey[]> {
    const named = keys.map((key) => [this.#names.ofGroup(groupOf(key)), key] as const);
    const groups = Map.groupBy(named, ([name]) => name);
    const known = [...groups].flatMap(([name, pairs]) =>
      name === undefined ? [] : [[name, pairs.map(([, key]) => key)] as const],
    );
    return new Map(known);
  }

  /** Read, change, write back; `edit` returns undefined when there is nothing to do. Writes of this process take turns. */
  async #change(name: string, signal: AbortSignal, edit: Edit): Promise<StoredSecret | undefined> {
    const last = this.#writes.get(name);
    const turn = (async (): Promise<StoredSecret | undefined> => {
      await last?.catch(() => undefined);
      return this.#tryChange(name, signal, edit);
    })();
    this.#writes.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#writes.get(name) === turn) this.#writes.delete(name);
    }
  }

  /** Starts again when another process was quicker. */
  async #tryChange(name: string, signal: AbortSignal, edit: Edit): Promise<StoredSecret | undefined> {
    for (let tries = 1; ; tries += 1) {
      const present = await this.#get(name, signal);
      const values = edit(present);
      if (values === undefined) return present;
      try {
        const version = present === undefined ? {} : { resourceVersion: present.resourceVersion };
        return await this.#access.put({ name, ...version, values }, signal);
      } catch (error) {
        if (tries === MAX_TRIES || !OperatorError.is(error, 'VersionConflict')) throw error;
      }
      await sleep(Math.random() * PAUSE_MS);
    }
  }
}

function versionOf(secret: StoredSecret, key: SecretKey, value: SecretValue): string {
  return value.fingerprint(secret.uid, key);
}

function versionIn(secret: StoredSecret | undefined, key: SecretKey): string | undefined {
  const value = secret?.values.get(nameOf(key));
  return secret && value && versionOf(secret, key, value);
}

function tooLarge(key: SecretKey, bytes: number): OperatorError {
  return new OperatorError(
    'ValueTooLarge',
    `with ${key} its Secret would have ${bytes} bytes of ${MAX_VALUE_BYTES}; use another group`,
  );
}
