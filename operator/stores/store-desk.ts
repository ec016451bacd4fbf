import type { SecretStoreConfig } from '../api/kinds.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { OperatorError } from '../errors.ts';
import { groupFilter, keyFilter, type Consumer } from './access.ts';
import { entriesOf, walk, type WalkLimits } from './listing-walk.ts';
import { placeOf } from './listing.ts';
import { keyOf, type OpenStores } from './open-stores.ts';
import type { Found, History, PastVersion, SecretEntry, SecretStore, SecretVersion } from './store.ts';

/** For whom: the store's owner, who has every key, or a namespace, which has those that the store grants to it. */
export type Who = 'owner' | Consumer;

/** Keys of which store, and for whom. */
export interface KeyAccess {
  readonly config: SecretStoreConfig;
  readonly who: Who;
}

export interface ListOptions {
  readonly group: SecretGroup;
  /** Begin behind this one, of an earlier answer; it need not be there any more. */
  readonly after?: SecretEntry | undefined;
}

export interface SearchOptions extends ListOptions {
  /** Part of the key with its groups, in capitals or not. */
  readonly text: string;
}

export interface ChangeOptions {
  readonly signal: AbortSignal;
  /** As `WriteOptions.ifVersion`. */
  readonly ifVersion?: string | null | undefined;
}

export interface RemovalOptions {
  readonly signal: AbortSignal;
  /** As `RemoveOptions.ifVersion`. */
  readonly ifVersion?: string | undefined;
}

/** What became of a write. */
export interface Written {
  readonly version: string;
  /** The key was not there before. */
  readonly created: boolean;
  /** The value was there already: nothing was written. */
  readonly unchanged: boolean;
}

/** Of one search. */
const SEARCH_LIMITS: WalkLimits = { groups: 500, entries: 100_000 };

/**
 * Single keys, for people and programs: asked of the store itself, never of what was read before. A failing store is not
 * waited for. Every method throws KeyNotGranted for a key that is not granted, before the store is asked, else what the
 * store throws; a caller's own signal rejects with its reason.
 */
export class StoreDesk {
  readonly #stores: OpenStores;
  readonly #limits: WalkLimits;

  constructor(stores: OpenStores, limits = SEARCH_LIMITS) {
    this.#stores = stores;
    this.#limits = limits;
  }

  /**
   * What lies directly in a group, in order of name: granted keys, and groups below which a key could be granted. Throws
   * KeyRefused when the store does not let the operator list the group.
   */
  async *list(access: KeyAccess, { group, after }: ListOptions, signal: AbortSignal): AsyncGenerator<SecretEntry> {
    const isVisible = visibility(access);
    if (!isVisible({ group })) return;
    const from = after === undefined ? '' : placeOf(after);
    for await (const entry of this.#entries(access, group, signal))
      if (placeOf(entry) > from && isVisible(entry)) yield entry;
  }

  /**
   * The granted keys in a group and in those below it whose path has the text in it, in order. Groups below that the store
   * does not let the operator list are passed over. Throws SearchTooWide when there is too much to look through.
   */
  async *search(access: KeyAccess, options: SearchOptions, signal: AbortSignal): AsyncGenerator<SecretEntry> {
    const isVisible = visibility(access);
    if (!isVisible({ group: options.group })) return;
    const text = options.text.toLowerCase();
    const list = (group: SecretGroup): AsyncGenerator<SecretEntry> => this.#entries(access, group, signal);
    for await (const key of walk({ list, isVisible, limits: this.#limits }, options))
      if (key.toLowerCase().includes(text)) yield { key };
  }

  /** The present value; undefined: not there. */
  async read(access: KeyAccess, key: SecretKey, signal: AbortSignal): Promise<SecretVersion | undefined> {
    const found = await this.#find(access, key, signal);
    if (found instanceof OperatorError) throw found;
    return found;
  }

  /** The present version; undefined: not there. */
  async version(access: KeyAccess, key: SecretKey, signal: AbortSignal): Promise<string | undefined> {
    return (await this.read(access, key, signal))?.version;
  }

  /**
   * Creates or changes a key; one that has the value already stays as it is. Throws VersionConflict, ValueTooLarge,
   * InvalidKey. Whoever reads the key in this process learns of it at once.
   */
  async write(access: KeyAccess, key: SecretKey, value: SecretValue, options: ChangeOptions): Promise<Written> {
    const before = await this.#find(access, key, options.signal);
    if (before instanceof OperatorError && before.code !== 'ValueUnreadable') throw before;
    const former = before instanceof OperatorError ? undefined : before?.version;
    // The driver compares again, at the moment of the write: it is the one that knows a value that is there already.
    const { ifVersion } = options;
    const version = await this.#change(access, key, options.signal, {
      operation: 'write',
      work: async (store, signal) => {
        const written = await store.write(key, value, { signal, ...(ifVersion === undefined ? {} : { ifVersion }) });
        return written.version;
      },
      isChange: (now) => now !== former,
    });
    return { version, created: before === undefined, unchanged: version === former };
  }

  /** Removes a key; one that is not there is fine. Throws VersionConflict. Its readers learn of it as after a write. */
  async remove(access: KeyAccess, key: SecretKey, options: RemovalOptions): Promise<void> {
    grant(access, key);
    const { ifVersion } = options;
    await this.#change(access, key, options.signal, {
      operation: 'remove',
      work: (store, signal) => store.remove(key, { signal, ...(ifVersion === undefined ? {} : { ifVersion }) }),
      isChange: () => true,
    });
  }

  /** The versions that the store keeps of a key, newest first. Throws NoHistory when it keeps none of any. */
  async history(access: KeyAccess, key: SecretKey, signal: AbortSignal): Promise<readonly PastVersion[]> {
    grant(access, key);
    return this.#ask(access, 'versions', signal, (store, both) => historyOf(store).versions(key, both));
  }

  /**
   * Writes the value that a key had at a version as its new one. Throws VersionNotKept, NoHistory, and what a write does.
   */
  async rollback(access: KeyAccess, key: SecretKey, version: string, options: ChangeOptions): Promise<Written> {
    grant(access, key);
    const past = await this.#ask(access, 'readVersion', options.signal, (store, both) =>
      historyOf(store).readVersion(key, version, both),
    );
    if (past === undefined) throw new OperatorError('VersionNotKept', key);
    return this.write(access, key, past.value, options);
  }

  async #find(access: KeyAccess, key: SecretKey, signal: AbortSignal): Promise<Found | undefined> {
    grant(access, key);
    return this.#ask(access, 'readMany', signal, async (store, both) => (await store.readMany([key], both)).get(key));
  }

  #entries(access: KeyAccess, group: SecretGroup, signal: AbortSignal): AsyncGenerator<SecretEntry> {
    const start = (store: SecretStore, both: AbortSignal): AsyncIterable<SecretEntry> => store.list(group, both);
    return entriesOf(start, (page) => this.#ask(access, 'list', signal, page), signal);
  }

  /** A change, and its news to the readers: also when its answer was lost. */
  async #change<T>(access: KeyAccess, key: SecretKey, signal: AbortSignal, change: Change<T>): Promise<T> {
    let isChange = true;
    try {
      const answer = await this.#ask(access, change.operation, signal, change.work);
      isChange = change.isChange(answer);
      return answer;
    } catch (error) {
      isChange = !(error instanceof OperatorError) || error.code === 'StoreUnreachable';
      throw error;
    } finally {
      if (isChange) this.#tell(access, key);
    }
  }

  /** A store that fails is asked by its line alone, which reads everything anew when it is well again. */
  #tell({ config }: KeyAccess, key: SecretKey): void {
    const reads = this.#stores.get(keyOf(config))?.reads;
    if (reads?.failure === undefined) void reads?.changed([key]);
  }

  /** One request in the store's line. */
  async #ask<T>(
    { config }: KeyAccess,
    operation: string,
    signal: AbortSignal,
    work: (store: SecretStore, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await this.#stores.visit(config, ({ reads, store }) =>
        reads.request(operation, (own) => work(store, AbortSignal.any([own, signal]))),
      );
    } catch (error) {
      // The line takes it for a failure of the store.
      signal.throwIfAborted();
      throw error;
    }
  }
}

interface Change<T> {
  readonly operation: string;
  readonly work: (store: SecretStore, signal: AbortSignal) => Promise<T>;
  /** Whether that answer means that something is other than before. */
  readonly isChange: (answer: T) => boolean;
}

/** Throws KeyNotGranted. It says nothing of whether the key is there. */
function grant({ config, who }: KeyAccess, key: SecretKey): void {
  if (who === 'owner' || keyFilter(config, who)(key)) return;
  const { namespace = '', name } = config.metadata;
  throw new OperatorError(
    'KeyNotGranted',
    `SecretStoreConfig ${namespace}/${name} does not grant ${key} to namespace ${who.namespace}: its owner can add it to its spec.access`,
  );
}

function visibility({ config, who }: KeyAccess): (entry: SecretEntry) => boolean {
  if (who === 'owner') return () => true;
  const [hasKey, hasGroup] = [keyFilter(config, who), groupFilter(config, who)];
  return (entry) => ('key' in entry ? hasKey(entry.key) : hasGroup(entry.group));
}

function historyOf({ history }: SecretStore): History {
  if (history === undefined) throw new OperatorError('NoHistory');
  return history;
}
