import { durationMs } from '../api/duration.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { keyFilter, type Consumer } from './access.ts';
import type { LineTimes } from './line-times.ts';
import type { Reading, StoreFailure } from './reading.ts';
import { SharedReads } from './shared-reads.ts';
import type { SecretStore, StoreHealth } from './store.ts';

export type { Consumer } from './access.ts';
export type { Reading, StoreFailure } from './reading.ts';

/** What a binding asks of a store. */
export interface ReadRequest extends Consumer {
  /** Who asks, `namespace/name`: told by `onChange` when the answer would be another one. */
  readonly reader: string;
  readonly keys: readonly SecretKey[];
  readonly groups: readonly SecretGroup[];
  /** Keys that the reader got earlier: those that it may no longer have are told as withdrawn. */
  readonly held?: readonly SecretKey[];
}

/** What is known, and which of the wanted keys the store does not grant. */
export interface Answer extends Reading {
  readonly denied: readonly SecretKey[];
  readonly withdrawn: readonly SecretKey[];
}

/** Which store, for figures. */
export interface StoreName {
  readonly namespace: string;
  readonly store: string;
  readonly type: string;
}

/** How an open store is, without asking it. */
export interface StoreState extends StoreName {
  readonly isWell: boolean;
  /** When it last answered anything; undefined: never since it was opened. */
  readonly lastGood: Date | undefined;
}

export interface StoreCacheOptions {
  /** Makes the driver for a store: stores/registry.ts. May throw: that is a failure of the store. */
  readonly open: (config: SecretStoreConfig) => SecretStore;
  readonly onChange: (readers: ReadonlySet<string>) => void;
  /** Told of a store, `namespace/name`, that has news of its own: its content changed, it fails, it is well again. */
  readonly onPush?: (store: string) => void;
  /** `operation` is the method of the driver. */
  readonly onRequest?: (store: StoreName, operation: string, ok: boolean) => void;
  /** The store's object is gone. */
  readonly onClose?: (namespace: string, store: string) => void;
  /** For tests: shorter times than those of line-times.ts. */
  readonly times?: Partial<LineTimes>;
}

interface OpenStore {
  /** What the driver was made from. Another one means another driver. */
  readonly identity: string;
  readonly name: StoreName;
  readonly reads: SharedReads;
}

/** Of a second's budget: a request for many keys is done within a second. */
const PIECE_SIZE = 50;

/**
 * The one place where values leave stores. Opens a store at its first use, shares it among all bindings, and hands out
 * only keys that the store grants to the namespace that asks: checked at each read, with the grants of that moment.
 */
export class StoreCache {
  readonly #options: StoreCacheOptions;
  readonly #stores = new Map<string, OpenStore>();
  /** Reader → store that it reads. */
  readonly #readers = new Map<string, string>();

  constructor(options: StoreCacheOptions) {
    this.#options = options;
  }

  /** What the store has of the wanted keys. A store that fails, or can't be opened, is told in the answer, not thrown. */
  async read(config: SecretStoreConfig, request: ReadRequest): Promise<Answer> {
    const allowed = keyFilter(config, request);
    const refused = (keys: readonly SecretKey[]): SecretKey[] => keys.filter((key) => !allowed(key));
    const [denied, withdrawn] = [refused(request.keys), refused(request.held ?? [])];
    const store = keyOf(config);
    if (this.#readers.get(request.reader) !== store) this.forget(request.reader);
    this.#readers.set(request.reader, store);
    const reads = this.#open(config);
    if (reads instanceof OperatorError) return { ...unopened(reads, request.keys.filter(allowed)), denied, withdrawn };
    return { ...(await reads.read(request.reader, { ...request, allowed })), denied, withdrawn };
  }

  /** Asks the store how it is, but waits for none that fails. Throws what it throws: StoreUnreachable, AuthenticationFailed. */
  async check(config: SecretStoreConfig): Promise<StoreHealth> {
    const reads = this.#open(config);
    if (reads instanceof OperatorError) throw reads;
    return reads.check();
  }

  /** Why a store can't tell at present, in words and times that stay the same while that lasts; undefined: it can. */
  failureOf(namespace: string, name: string): StoreFailure | undefined {
    return this.#stores.get(`${namespace}/${name}`)?.reads.failure;
  }

  /** How every open store is. */
  states(): StoreState[] {
    return [...this.#stores.values()].map(({ name, reads }) => ({
      ...name,
      isWell: reads.failure === undefined,
      lastGood: reads.lastGood,
    }));
  }

  /** The reader is gone, or reads nothing any more. */
  forget(reader: string): void {
    const store = this.#readers.get(reader);
    if (store === undefined) return;
    this.#readers.delete(reader);
    this.#stores.get(store)?.reads.forget(reader);
  }

  /** The store's object is gone. */
  async close(namespace: string, name: string): Promise<void> {
    const key = `${namespace}/${name}`;
    const store = this.#stores.get(key);
    this.#stores.delete(key);
    try {
      await store?.reads.close();
    } finally {
      this.#options.onClose?.(namespace, name);
    }
  }

  async closeAll(): Promise<void> {
    const stores = [...this.#stores.values()];
    this.#stores.clear();
    await Promise.allSettled(stores.map(({ reads }) => reads.close()));
  }

  /** The store's reads, or why there are none. */
  #open(config: SecretStoreConfig): SharedReads | OperatorError {
    const key = keyOf(config);
    const identity = identityOf(config);
    const present = this.#stores.get(key);
    if (present?.identity === identity) return present.reads;
    // Its readers look again by themselves: the store's new generation enqueues them.
    this.#stores.delete(key);
    present?.reads.close().catch(() => undefined);
    const { namespace = '', name: store } = config.metadata;
    const name = { namespace, store, type: config.spec.type };
    try {
      const reads = this.#reads(config, key, name);
      this.#stores.set(key, { identity, name, reads });
      return reads;
    } catch (error) {
      if (error instanceof OperatorError) return error;
      return new OperatorError('StoreUnreachable', 'its spec can not be used: look at its fields', { cause: error });
    }
  }

  #reads(config: SecretStoreConfig, key: string, name: StoreName): SharedReads {
    const { refreshInterval, requestBudget } = config.spec;
    const { open, onChange, onPush, onRequest, times } = this.#options;
    const refreshMs = durationMs(refreshInterval ?? '30s');
    return new SharedReads(open(config), {
      refreshMs,
      onChange,
      onNews: () => onPush?.(key),
      onRequest: (operation, ok) => onRequest?.(name, operation, ok),
      pieceSize: Math.min(PIECE_SIZE, requestBudget?.perSecond ?? PIECE_SIZE),
      ...(times === undefined ? {} : { times }),
    });
  }
}

function unopened(error: OperatorError, unknown: readonly SecretKey[]): Reading {
  const [values, groups] = [new Map(), new Map()];
  const failure = { error, lastGood: undefined };
  return { values, groups, unknown, failed: new Map(), failedGroups: new Map(), failure };
}

function keyOf({ metadata }: SecretStoreConfig): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** All that a driver is made from: of the spec everything but the grants, which are looked up at each read. */
function identityOf(config: SecretStoreConfig): string {
  const driver = { ...config.spec, access: undefined };
  return JSON.stringify([config.metadata.uid, driver]);
}
