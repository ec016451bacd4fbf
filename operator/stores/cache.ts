import { durationMs } from '../api/duration.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import { keyFilter, type Consumer } from './access.ts';
import { SharedReads, type Reading } from './shared-reads.ts';
import type { SecretStore, StoreHealth } from './store.ts';

export type { Consumer } from './access.ts';
export type { Reading, StoreFailure } from './shared-reads.ts';

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

export interface StoreCacheOptions {
  /** Makes the driver for a store: stores/registry.ts. */
  readonly open: (config: SecretStoreConfig) => SecretStore;
  readonly onChange: (readers: ReadonlySet<string>) => void;
  /** Told of a store, `namespace/name`, whose content changed. */
  readonly onPush?: (store: string) => void;
  readonly onRequest?: (type: string, operation: string, ok: boolean) => void;
}

interface OpenStore {
  /** What the driver was made from. Another one means another driver. */
  readonly identity: string;
  readonly reads: SharedReads;
}

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

  /** What the store has of the wanted keys. A store that fails is told in the answer, not thrown. */
  async read(config: SecretStoreConfig, request: ReadRequest): Promise<Answer> {
    const allowed = keyFilter(config, request);
    const store = nameOf(config);
    if (this.#readers.get(request.reader) !== store) this.forget(request.reader);
    this.#readers.set(request.reader, store);
    const reading = await this.#open(config).read(request.reader, { ...request, allowed });
    const refused = (keys: readonly SecretKey[]): SecretKey[] => keys.filter((key) => !allowed(key));
    return { ...reading, denied: refused(request.keys), withdrawn: refused(request.held ?? []) };
  }

  /** Asks the store how it is. Throws what it throws: StoreUnreachable, AuthenticationFailed. */
  async check(config: SecretStoreConfig): Promise<StoreHealth> {
    return this.#open(config).check();
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
    await store?.reads.close();
  }

  async closeAll(): Promise<void> {
    const stores = [...this.#stores.values()];
    this.#stores.clear();
    await Promise.allSettled(stores.map(({ reads }) => reads.close()));
  }

  #open(config: SecretStoreConfig): SharedReads {
    const key = nameOf(config);
    const identity = identityOf(config);
    const present = this.#stores.get(key);
    if (present?.identity === identity) return present.reads;
    const { type, refreshInterval } = config.spec;
    const { onChange, onPush, onRequest } = this.#options;
    const reads = new SharedReads(this.#options.open(config), {
      refreshMs: durationMs(refreshInterval ?? '30s'),
      onChange,
      onPush: () => onPush?.(key),
      onRequest: (operation, ok) => onRequest?.(type, operation, ok),
    });
    this.#stores.set(key, { identity, reads });
    // Its readers look again by themselves: the store's new generation enqueues them.
    present?.reads.close().catch(() => undefined);
    return reads;
  }
}

function nameOf({ metadata }: SecretStoreConfig): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** All that a driver is made from: of the spec everything but the grants, which are looked up at each read. */
function identityOf(config: SecretStoreConfig): string {
  const driver = { ...config.spec, access: undefined };
  return JSON.stringify([config.metadata.uid, driver]);
}
