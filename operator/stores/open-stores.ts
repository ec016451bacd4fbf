import { durationMs } from '../api/duration.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import { OperatorError } from '../errors.ts';
import type { LineTimes } from './line-times.ts';
import { SharedReads } from './shared-reads.ts';
import type { SecretStore } from './store.ts';
import { Visits } from './visits.ts';

/** Which store, for figures. */
export interface StoreName {
  readonly namespace: string;
  readonly store: string;
  readonly type: string;
}

export interface StoreCacheOptions {
  /** Makes the driver for a store: stores/registry.ts. May throw: that is a failure of the store. */
  readonly open: (config: SecretStoreConfig) => SecretStore;
  readonly onChange: (readers: ReadonlySet<string>) => void;
  /** Told of a store, `namespace/name`, that has news of its own: its content changed, it fails, it is well again. */
  readonly onPush?: (store: string) => void;
  /** `operation` is the method of the driver. */
  readonly onRequest?: (store: StoreName, operation: string, ok: boolean) => void;
  /** The store's object is gone, or nobody needed the store for a while. */
  readonly onClose?: (namespace: string, store: string) => void;
  /** For tests: shorter times than those of line-times.ts. */
  readonly times?: Partial<LineTimes>;
  /** For tests: for how many milliseconds an object counts as older than one that was seen. */
  readonly lateMs?: number;
  /** For tests: after how many milliseconds without a visit a store is closed that is open for visits only. */
  readonly idleMs?: number;
}

export interface OpenStore {
  /** What the driver was made from. Another one means another driver. */
  readonly identity: string;
  readonly name: StoreName;
  readonly store: SecretStore;
  readonly reads: SharedReads;
  /** Of those who come and go; over as soon as somebody stays. */
  readonly visits: Visits;
}

/** Of a second's budget: a request for many keys is done within a second. */
const PIECE_SIZE = 50;
/** Longer than any request that began before a store changed. */
const LATE_MS = 60_000;
/** How long a store stays open after the last visit: a replica that does not lead keeps no login for longer. */
const IDLE_MS = 300_000;

/** The stores that are open, one driver each: opened at the first use, anew when what it is made from changed. */
export class OpenStores {
  readonly #options: StoreCacheOptions;
  readonly #stores = new Map<string, OpenStore>();
  /** By key: the newest object of each store since it was last closed, and when it was last seen, by `performance.now()`. */
  readonly #newest = new Map<string, { readonly metadata: SecretStoreConfig['metadata']; readonly at: number }>();

  constructor(options: StoreCacheOptions) {
    this.#options = options;
  }

  /** The store, for one who goes on using it until it is closed; or why it can't be opened. */
  stay(config: SecretStoreConfig): OpenStore | OperatorError {
    const open = this.#open(config);
    if (!(open instanceof OperatorError)) open.visits.end();
    return open;
  }

  /** The store for the time of `visit`. Throws when it can't be opened. Nobody stays: some time later it is closed. */
  async visit<T>(config: SecretStoreConfig, visit: (open: OpenStore) => Promise<T>): Promise<T> {
    const open = this.#open(config);
    if (open instanceof OperatorError) throw open;
    return open.visits.during(() => visit(open));
  }

  /** `key` is `namespace/name`. */
  get(key: string): OpenStore | undefined {
    return this.#stores.get(key);
  }

  all(): OpenStore[] {
    return [...this.#stores.values()];
  }

  /** Closes a store, whether it is open or not: it is forgotten. */
  async close(namespace: string, name: string): Promise<void> {
    const key = `${namespace}/${name}`;
    const open = this.#stores.get(key);
    this.#stores.delete(key);
    this.#newest.delete(key);
    try {
      await closed(open);
    } finally {
      this.#options.onClose?.(namespace, name);
    }
  }

  async closeAll(): Promise<void> {
    const stores = this.all();
    this.#stores.clear();
    await Promise.allSettled(stores.map(closed));
  }

  #open(config: SecretStoreConfig): OpenStore | OperatorError {
    const key = keyOf(config);
    const identity = identityOf(config);
    const present = this.#stores.get(key);
    const isLate = this.#isLate(key, config);
    if (!isLate) this.#newest.set(key, { metadata: config.metadata, at: performance.now() });
    if (present?.identity === identity) return present;
    // Who began before a change still has the object of then; the store of all others must not go back to it.
    if (isLate) return new OperatorError('StoreUnreachable', 'its SecretStoreConfig has changed meanwhile: try again');
    // Its readers look again by themselves: the store's new generation enqueues them.
    this.#stores.delete(key);
    const somebodyStays = present?.visits.isOver === true;
    closed(present).catch(() => undefined);
    try {
      const open = this.#made(config, key, identity);
      if (somebodyStays) open.visits.end();
      this.#stores.set(key, open);
      return open;
    } catch (error) {
      if (error instanceof OperatorError) return error;
      return new OperatorError('StoreUnreachable', 'its spec can not be used: look at its fields', { cause: error });
    }
  }

  /** Of a cluster that was restored from a backup an older object is the present one: so it is when nobody has a newer one. */
  #isLate(key: string, { metadata }: SecretStoreConfig): boolean {
    const newest = this.#newest.get(key);
    const { lateMs = LATE_MS } = this.#options;
    return newest !== undefined && performance.now() - newest.at < lateMs && isOlder(metadata, newest.metadata);
  }

  #made(config: SecretStoreConfig, key: string, identity: string): OpenStore {
    const { refreshInterval, requestBudget, type } = config.spec;
    const { onChange, onPush, onRequest, times, idleMs = IDLE_MS } = this.#options;
    const { namespace = '', name: storeName } = config.metadata;
    const name = { namespace, store: storeName, type };
    const refreshMs = durationMs(refreshInterval ?? '30s');
    const store = this.#options.open(config);
    const reads = new SharedReads(store, {
      refreshMs,
      onChange,
      onNews: () => onPush?.(key),
      onRequest: (operation, ok) => onRequest?.(name, operation, ok),
      pieceSize: Math.min(PIECE_SIZE, requestBudget?.perSecond ?? PIECE_SIZE),
      ...(times === undefined ? {} : { times }),
    });
    const visits = new Visits(idleMs, () => {
      this.close(namespace, storeName).catch(() => undefined);
    });
    return { identity, name, store, reads, visits };
  }
}

async function closed(open: OpenStore | undefined): Promise<void> {
  open?.visits.end();
  await open?.reads.close();
}

/** `namespace/name`. */
export function keyOf({ metadata }: SecretStoreConfig): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Whether an object is from before another one of its name. */
function isOlder(one: SecretStoreConfig['metadata'], other: SecretStoreConfig['metadata']): boolean {
  if (one.uid === other.uid) return (one.generation ?? 0) < (other.generation ?? 0);
  return (one.creationTimestamp ?? '') < (other.creationTimestamp ?? '');
}

/** All that a driver is made from: of the spec everything but what is granted, which is looked up each time. */
function identityOf(config: SecretStoreConfig): string {
  const { vault } = config.spec;
  const driver = { ...config.spec, access: undefined, vault: vault && { ...vault, dynamicPaths: undefined } };
  return JSON.stringify([config.metadata.uid, driver]);
}
