import { SECRET, type Secret } from '../../api/kinds.ts';
import { ANNOTATIONS, LEASE_FINALIZER } from '../../api/group.ts';
import { OperatorError } from '../../errors.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { whyNotSeen } from '../../runtime/watch-scope.ts';
import { leaseOwner, type Taken } from './lease-taker.ts';
import { left, lost, notRenewed, notRevoked, type LeaseNews } from './lease-news.ts';
import type { LeasedRun, Observed, Sources } from './observe.ts';

/** What the tender of leases needs. */
export interface LeaseTenderOptions {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly sources: Pick<Sources, 'cache'>;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** When a lease is renewed, in parts of the time it has: between these two, so that many don't come at once. */
const EARLIEST = 0.4;
const LATEST = 0.5;
/** Shortest and longest time between two renewals of a lease, and until the next try when the store fails. Milliseconds. */
const MIN_MS = 1_000;
const MAX_MS = 3_600_000;
const AGAIN_MS = 5_000;
/** A store whose object is not seen may come back. Milliseconds. */
const GONE_AGAIN_MS = 60_000;

/**
 * Keeps the credentials of runs while their drivers are there, and ends them afterwards. What is to be renewed and revoked
 * stands on the runs' Secrets; here is only remembered when: after a restart everything is renewed at once.
 */
export class LeaseTender {
  readonly #options: LeaseTenderOptions;
  /** Binding → handle → when it is to be renewed, by `performance.now()`; Infinity: it is lost. */
  readonly #due = new Map<string, Map<string, number>>();

  constructor(options: LeaseTenderOptions) {
    this.#options = options;
  }

  /** Confirms what was just made and noted, so that it does not end by itself. What fails is tried again by `tend`. */
  async confirm(title: string, { store, owner, leases }: Taken, signal: AbortSignal): Promise<void> {
    const { cache } = this.#options.sources;
    const due = this.#dueOf(title);
    const keep = async (handle: string): Promise<void> => {
      const { ttlMs } = await cache.keep(store, { handle, owner }, signal);
      due.set(handle, performance.now() + pauseOf(ttlMs));
    };
    await Promise.allSettled([...leases.values()].map(({ handle }) => keep(handle)));
  }

  /** Renews what is due and revokes what nobody uses any more. Returns when to look again, in milliseconds. */
  async tend({ title, leased }: Observed, signal: AbortSignal): Promise<number | undefined> {
    const due = this.#dueOf(title);
    const waits = await Promise.allSettled(
      leased.map((run) => (isOver(run) ? this.#release(run, signal) : this.#keepAll(run, due, signal))),
    );
    const handles = new Set(leased.flatMap((run) => (isOver(run) ? [] : Object.values(run.note.leases))));
    // What was confirmed a moment ago may not be seen yet: it is forgotten when it would be due.
    for (const [handle, dueAt] of due)
      if (!handles.has(handle) && (dueAt < performance.now() || dueAt === Infinity)) due.delete(handle);
    if (due.size === 0) this.#due.delete(title);
    const failed = waits.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const soonest = Math.min(...waits.map((each) => (each.status === 'fulfilled' ? each.value : Infinity)));
    return soonest === Infinity ? undefined : soonest;
  }

  #dueOf(title: string): Map<string, number> {
    const due = this.#due.get(title) ?? new Map<string, number>();
    this.#due.set(title, due);
    return due;
  }

  async #keepAll(run: LeasedRun, due: Map<string, number>, signal: AbortSignal): Promise<number> {
    const waits = Object.entries(run.note.leases).map(async ([path, handle]) => {
      const wait = (due.get(handle) ?? 0) - performance.now();
      if (wait > 0) return wait;
      const next = await this.#keep(run, path, signal);
      due.set(handle, performance.now() + next);
      return next;
    });
    return Math.min(Infinity, ...(await Promise.all(waits)));
  }

  /** Returns in how many milliseconds the lease is to be renewed. */
  async #keep(run: LeasedRun, path: string, signal: AbortSignal): Promise<number> {
    const { secret, note, store, storeNamespace } = run;
    if (store === undefined) {
      const why = whyNotSeen(note.store.namespace, storeNamespace, 'create it again');
      this.#tell(run, notRenewed(note.store, path, `it ${why}`));
      return GONE_AGAIN_MS;
    }
    try {
      const held = { handle: note.leases[path] ?? '', owner: ownerOf(secret) };
      const { ttlMs } = await this.#options.sources.cache.keep(store, held, signal);
      return pauseOf(ttlMs);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperatorError)) throw error;
      const isLost = error.code === 'KeyRefused';
      this.#tell(run, isLost ? lost(path) : notRenewed(note.store, path, error.message));
      return isLost ? Infinity : AGAIN_MS;
    }
  }

  /** Revokes and lets the Secret go. Returns in how many milliseconds to try again what failed; Infinity: it is done. */
  async #release(run: LeasedRun, signal: AbortSignal): Promise<number> {
    const { secret, note, store, storeNamespace } = run;
    const entries = Object.entries(note.leases);
    if (store === undefined) {
      // It may be there, and could revoke them once it is seen.
      if (storeNamespace === 'unknown') return GONE_AGAIN_MS;
      for (const [path] of entries) this.#tell(run, left(note.store, path));
    } else {
      const owner = ownerOf(secret);
      const revoke = ([, handle]: readonly [string, string]): Promise<void> =>
        this.#options.sources.cache.revoke(store, { handle, owner }, signal);
      const outcomes = await Promise.allSettled(entries.map(revoke));
      signal.throwIfAborted();
      const failed = outcomes.flatMap((outcome, at) =>
        outcome.status === 'rejected' ? [{ path: entries[at]?.[0] ?? '', reason: outcome.reason as unknown }] : [],
      );
      for (const { path, reason } of failed)
        this.#tell(run, notRevoked(note.store, path, reason instanceof OperatorError ? reason.message : 'it failed'));
      if (failed.length > 0) return AGAIN_MS;
    }
    await this.#letGo(secret.metadata.namespace, secret.metadata.name, signal);
    return Infinity;
  }

  async #letGo(namespace: string | undefined, name: string, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const present = await client.get(SECRET, namespace, name, signal);
    if (present === undefined) return;
    const { [ANNOTATIONS.leases]: note, ...annotations } = present.metadata.annotations ?? {};
    const { finalizers = [] } = present.metadata;
    const others = finalizers.filter((each) => each !== LEASE_FINALIZER);
    if (note === undefined && others.length === finalizers.length) return;
    const secret: Secret = { ...present, metadata: { ...present.metadata, annotations, finalizers: others } };
    try {
      await client.replace(SECRET, secret, signal);
    } catch (error) {
      // It went meanwhile.
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  }

  /** On the driver's pod, which may be gone: events outlive what they are about. */
  #tell({ secret }: LeasedRun, { reason, message }: LeaseNews): void {
    const { namespace = '', ownerReferences = [] } = secret.metadata;
    const owner = ownerReferences.find(({ kind }) => kind === 'Pod');
    if (owner === undefined) return;
    const { name, uid } = owner;
    this.#options.events.record({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, 'Warning', reason, message);
  }
}

/**
 * Nobody uses the credentials any more: the driver has ended, or its pod is gone and the garbage collector has come for the
 * Secret. A pod that is only not seen may still run.
 */
function isOver({ driver, secret }: LeasedRun): boolean {
  if (driver === undefined) return secret.metadata.deletionTimestamp !== undefined;
  return ['Succeeded', 'Failed'].includes(driver.status?.phase ?? '');
}

function ownerOf({ metadata }: LeasedRun['secret']): string {
  return leaseOwner(metadata.namespace, metadata.name);
}

function pauseOf(ttlMs: number): number {
  const part = EARLIEST + Math.random() * (LATEST - EARLIEST);
  return Math.min(MAX_MS, Math.max(MIN_MS, ttlMs * part));
}
