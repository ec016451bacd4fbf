import { leaseFieldOf, leasePathOf, type DynamicReference } from '../api/dynamic-reference.ts';
import { durationMs } from '../api/duration.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { keyFilter, type Consumer } from './access.ts';
import { leaseProblems } from './lease-access.ts';
import type { LineTimes } from './line-times.ts';
import type { Reading, StoreFailure } from './reading.ts';
import { SharedReads } from './shared-reads.ts';
import type { HeldLease, Lease, Leases, SecretStore, StoreHealth } from './store.ts';

export type { Consumer } from './access.ts';
export type { Reading, StoreFailure } from './reading.ts';
export type { HeldLease, Lease } from './store.ts';

/** What a binding asks of a store. */
export interface ReadRequest extends Consumer {
  /** Who asks, `namespace/name`: told by `onChange` when the answer would be another one. */
  readonly reader: string;
  readonly keys: readonly SecretKey[];
  readonly groups: readonly SecretGroup[];
  /** Keys that the reader got earlier: those that it may no longer have are told as withdrawn. */
  readonly held?: readonly SecretKey[];
}

/** Credentials that somebody wants. */
export interface LeaseRequest extends Consumer {
  /** Fields of one path. */
  readonly references: readonly DynamicReference[];
  /** For whom they are made: only who names the same owner may keep or revoke them. */
  readonly owner: string;
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
  readonly leases: Leases | undefined;
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
    const open = this.#open(config);
    if (open instanceof OperatorError) return { ...unopened(open, request.keys.filter(allowed)), denied, withdrawn };
    return { ...(await open.reads.read(request.reader, { ...request, allowed })), denied, withdrawn };
  }

  /** Asks the store how it is, but waits for none that fails. Throws what it throws: StoreUnreachable, AuthenticationFailed. */
  async check(config: SecretStoreConfig): Promise<StoreHealth> {
    const open = this.#open(config);
    if (open instanceof OperatorError) throw open;
    return open.reads.check();
  }

  /** Everything that keeps a namespace from these credentials on lease, by what the store's spec grants now. */
  leaseProblems(
    config: SecretStoreConfig,
    consumer: Consumer,
    references: readonly DynamicReference[],
  ): readonly Problem[] {
    return leaseProblems(config, consumer, references);
  }

  /**
   * Makes credentials and hands out the fields that were asked for and are there. Throws KeyRefused when the store does not
   * grant them, or has none; StoreUnreachable at once while it fails.
   */
  async lease(config: SecretStoreConfig, request: LeaseRequest, signal: AbortSignal): Promise<Lease> {
    const { references, owner } = request;
    const [problem] = leaseProblems(config, request, references);
    const [first] = references;
    if (problem || first === undefined) throw new OperatorError('KeyRefused', problem?.message);
    const path = leasePathOf(first);
    const lease = await this.#onLease(config, 'lease', (leases, both) => leases.lease(path, owner, both), signal);
    const wanted = new Set(references.map(leaseFieldOf));
    return { ...lease, values: new Map([...lease.values].filter(([field]) => wanted.has(field))) };
  }

  /** Confirms or renews. Throws KeyRefused when they are gone; StoreUnreachable at once while the store fails. */
  async keep(config: SecretStoreConfig, held: HeldLease, signal: AbortSignal): Promise<{ readonly ttlMs: number }> {
    return this.#onLease(config, 'keep', (leases, both) => leases.keep(held, both), signal);
  }

  /** Ends credentials; those that are gone are fine. Throws StoreUnreachable at once while the store fails. */
  async revoke(config: SecretStoreConfig, held: HeldLease, signal: AbortSignal): Promise<void> {
    await this.#onLease(config, 'revoke', (leases, both) => leases.revoke(held, both), signal);
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

  async #onLease<T>(
    config: SecretStoreConfig,
    operation: 'lease' | 'keep' | 'revoke',
    work: (leases: Leases, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const open = this.#open(config);
    if (open instanceof OperatorError) throw open;
    const { reads, leases } = open;
    if (leases === undefined) throw new OperatorError('KeyRefused', 'the store makes no credentials');
    return reads.request(operation, (own) => work(leases, AbortSignal.any([own, signal])));
  }

  /** The open store, or why there is none. */
  #open(config: SecretStoreConfig): OpenStore | OperatorError {
    const key = keyOf(config);
    const identity = identityOf(config);
    const present = this.#stores.get(key);
    if (present?.identity === identity) return present;
    // Its readers look again by themselves: the store's new generation enqueues them.
    this.#stores.delete(key);
    present?.reads.close().catch(() => undefined);
    const { namespace = '', name: storeName } = config.metadata;
    const name = { namespace, store: storeName, type: config.spec.type };
    try {
      const open = { identity, name, ...this.#parts(config, key, name) };
      this.#stores.set(key, open);
      return open;
    } catch (error) {
      if (error instanceof OperatorError) return error;
      return new OperatorError('StoreUnreachable', 'its spec can not be used: look at its fields', { cause: error });
    }
  }

  #parts(config: SecretStoreConfig, key: string, name: StoreName): Pick<OpenStore, 'reads' | 'leases'> {
    const { refreshInterval, requestBudget } = config.spec;
    const { onChange, onPush, onRequest, times } = this.#options;
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
    return { reads, leases: store.leases };
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

/** All that a driver is made from: of the spec everything but what is granted, which is looked up each time. */
function identityOf(config: SecretStoreConfig): string {
  const { vault } = config.spec;
  const driver = { ...config.spec, access: undefined, vault: vault && { ...vault, dynamicPaths: undefined } };
  return JSON.stringify([config.metadata.uid, driver]);
}
