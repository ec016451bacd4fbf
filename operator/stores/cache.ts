import { leaseFieldOf, leasePathOf, type DynamicReference } from '../api/dynamic-reference.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { keyFilter, type Consumer } from './access.ts';
import { leaseProblems } from './lease-access.ts';
import { keyOf, OpenStores, type StoreCacheOptions, type StoreName } from './open-stores.ts';
import type { Reading, StoreFailure } from './reading.ts';
import type { HeldLease, Lease, Leases, StoreHealth } from './store.ts';
import { StoreDesk } from './store-desk.ts';

export type { Consumer } from './access.ts';
export type { StoreCacheOptions, StoreName } from './open-stores.ts';
export type { Reading, StoreFailure } from './reading.ts';
export type { HeldLease, Lease } from './store.ts';
export type {
  ChangeOptions,
  KeyAccess,
  ListOptions,
  RemovalOptions,
  SearchOptions,
  StoreDesk,
  Who,
  Written,
} from './store-desk.ts';

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

/** How an open store is, without asking it. */
export interface StoreState extends StoreName {
  readonly isWell: boolean;
  /** When it last answered anything; undefined: never since it was opened. */
  readonly lastGood: Date | undefined;
}

/**
 * The one place where values leave stores. Opens a store at its first use, shares it among all bindings, and hands out
 * only keys that the store grants to the namespace that asks: checked at each read, with the grants of that moment.
 */
export class StoreCache {
  readonly #stores: OpenStores;
  /** Reader → store that it reads. */
  readonly #readers = new Map<string, string>();
  /** Single keys for people and programs that ask the API. */
  readonly desk: StoreDesk;

  constructor(options: StoreCacheOptions) {
    this.#stores = new OpenStores(options);
    this.desk = new StoreDesk(this.#stores);
  }

  /** What the store has of the wanted keys. A store that fails, or can't be opened, is told in the answer, not thrown. */
  async read(config: SecretStoreConfig, request: ReadRequest): Promise<Answer> {
    const allowed = keyFilter(config, request);
    const refused = (keys: readonly SecretKey[]): SecretKey[] => keys.filter((key) => !allowed(key));
    const [denied, withdrawn] = [refused(request.keys), refused(request.held ?? [])];
    const store = keyOf(config);
    if (this.#readers.get(request.reader) !== store) this.forget(request.reader);
    this.#readers.set(request.reader, store);
    const open = this.#stores.stay(config);
    if (open instanceof OperatorError) return { ...unopened(open, request.keys.filter(allowed)), denied, withdrawn };
    return { ...(await open.reads.read(request.reader, { ...request, allowed })), denied, withdrawn };
  }

  /** Asks the store how it is, but waits for none that fails. Throws what it throws: StoreUnreachable, AuthenticationFailed. */
  async check(config: SecretStoreConfig): Promise<StoreHealth> {
    const open = this.#stores.stay(config);
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
    return this.#stores.all().map(({ name, reads }) => ({
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

  /** Reads all keys anew that are read of a store, unless it tells by itself what changed: another process changed some. */
  async refresh(namespace: string, name: string): Promise<void> {
    await this.#stores.get(`${namespace}/${name}`)?.reads.refresh();
  }

  /** The store's object is gone. */
  async close(namespace: string, name: string): Promise<void> {
    await this.#stores.close(namespace, name);
  }

  async closeAll(): Promise<void> {
    await this.#stores.closeAll();
  }

  async #onLease<T>(
    config: SecretStoreConfig,
    operation: 'lease' | 'keep' | 'revoke',
    work: (leases: Leases, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const open = this.#stores.stay(config);
    if (open instanceof OperatorError) throw open;
    const { reads, store } = open;
    const { leases } = store;
    if (leases === undefined) throw new OperatorError('KeyRefused', 'the store makes no credentials');
    return reads.request(operation, (own) => work(leases, AbortSignal.any([own, signal])));
  }
}

function unopened(error: OperatorError, unknown: readonly SecretKey[]): Reading {
  const [values, groups] = [new Map(), new Map()];
  const failure = { error, lastGood: undefined };
  return { values, groups, unknown, failed: new Map(), failedGroups: new Map(), failure };
}
