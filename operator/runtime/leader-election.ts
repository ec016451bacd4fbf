import { setTimeout as sleep } from 'node:timers/promises';
import { AlreadyExistsError, ApiError, ConflictError } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeKind, KubeObject } from './kube-object.ts';
import { quietly } from './quietly.ts';

/** coordination.k8s.io/v1; the times are MicroTime. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export const LEASE: KubeKind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** Who takes part, for which lease, and whom to tell. Times in milliseconds. */
export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly leaseName: string;
  /** Unique per process: the pod's name. */
  readonly identity: string;
  /** Called once. */
  readonly onStartedLeading: () => void;
  /** Leadership was lost and not given back: the caller must end the process. Called at most once. */
  readonly onStoppedLeading: () => void;
  /** A try failed; the next one follows by itself. */
  readonly onError?: (error: unknown) => void;
  /** How long the others wait for a leader that says nothing; default 15 s. Whole seconds. */
  readonly leaseMs?: number;
  /** A leader that could not renew for so long gives up; default 10 s. Must be below `leaseMs`. */
  readonly renewDeadlineMs?: number;
  /** Between tries; default 2 s. */
  readonly retryMs?: number;
}

type Attempt = 'ours' | 'theirs' | 'unknown';

/**
 * Takes part in the election of the one process that runs the controllers, by client-go's rules.
 *
 * Clocks of different nodes are never compared: a lease has expired when *we* have not seen it change for as long as it
 * lasts, on our own monotonic clock. A write that meets a newer version (409) has lost the race. The leader stops
 * (10 s) before anyone else may start (15 s). It renews with one request, a PUT over the version that its last write
 * made; it reads the lease only when that can not be done.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  readonly #abort = new AbortController();
  #seen: Lease | undefined;
  #seenAt = 0;
  /** The lease as our last write left it; undefined: that write failed, or may have, or was not ours. */
  #written: Lease | undefined;
  #renewedAt = -Infinity;
  #leading = false;
  #running: Promise<void> | undefined;

  /** Throws if the times don't leave the leader room to stop before the next one starts. */
  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2_000;
    if (this.#renewDeadlineMs >= this.#leaseMs || this.#retryMs >= this.#renewDeadlineMs) {
      throw new Error('Leader election needs retryMs < renewDeadlineMs < leaseMs.');
    }
  }

  /** True while we lead for sure: also false when the deadline passed and the loop has not noticed yet. */
  get leading(): boolean {
    return this.#leading && performance.now() - this.#renewedAt < this.#renewDeadlineMs;
  }

  /** Who holds the lease, as last seen; undefined: nobody, or not known yet. */
  get leader(): string | undefined {
    const holder = this.#seen?.spec?.holderIdentity;
    return holder === '' ? undefined : holder;
  }

  /** Begins to take part; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends taking part; gives the lease back if it is ours, so that the next one need not wait for it to expire. */
  async release(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    if (!this.#leading || this.#seen === undefined) return;
    this.#leading = false;
    const { leaseTransitions = 0 } = this.#seen.spec ?? {};
    const now = microTime();
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    try {
      await this.#options.client.replace(LEASE, { ...this.#seen, spec }, AbortSignal.timeout(this.#renewDeadlineMs));
    } catch (error) {
      quietly(this.#options.onError, error);
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      const startedAt = performance.now();
      const attempt = await this.#attempt(startedAt);
      if (this.#isStopped()) return;
      if (attempt === 'ours') this.#lead(startedAt);
      else if (this.#leading && (attempt === 'theirs' || !this.leading)) {
        this.#leading = false;
        quietly(this.#options.onStoppedLeading);
        return;
      }
      await this.#pause();
    }
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  #lead(renewedAt: number): void {
    this.#renewedAt = renewedAt;
    if (this.#leading) return;
    this.#leading = true;
    quietly(this.#options.onStartedLeading);
  }

  /** A follower's pause varies, so that followers don't fall over each other; a leader's ends at its deadline. */
  async #pause(): Promise<void> {
    const leftMs = this.#renewedAt + this.#renewDeadlineMs - performance.now();
    const ms = this.#leading ? Math.min(this.#retryMs, leftMs) : this.#retryMs * (1 + Math.random() * 0.2);
    await sleep(Math.max(ms, 0), undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  async #attempt(now: number): Promise<Attempt> {
    const leftMs = this.#leading ? this.#renewedAt + this.#renewDeadlineMs - now : this.#renewDeadlineMs;
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(Math.max(Math.ceil(leftMs), 1))]);
    try {
      return await this.#acquireOrRenew(signal);
    } catch (error) {
      const raced = error instanceof ConflictError || error instanceof AlreadyExistsError;
      if (!raced && !this.#abort.signal.aborted) quietly(this.#options.onError, error);
      return 'unknown';
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<Attempt> {
    const written = this.#written;
    // Whatever goes wrong from here on, the next try looks first.
    this.#written = undefined;
    if (written !== undefined && (await this.#renew(written, signal))) return 'ours';
    return this.#lookAndAcquire(signal);
  }

  /** False: the lease is not as we left it, or gone. (A server that creates by PUT says 409 of one that is gone.) */
  async #renew(written: Lease, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#write(written, signal);
      return true;
    } catch (error) {
      if (error instanceof ConflictError || (error instanceof ApiError && error.code === 404)) return false;
      throw error;
    }
  }

  async #lookAndAcquire(signal: AbortSignal): Promise<Attempt> {
    const { client, namespace, leaseName, identity } = this.#options;
    const lease = await client.get(LEASE, namespace, leaseName, signal);
    if (lease === undefined) {
      const spec = this.#specAfter(undefined);
      this.#wrote(await client.create(LEASE, { metadata: { namespace, name: leaseName }, spec }, signal));
      return 'ours';
    }
    this.#see(lease);
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && !this.#hasExpired(lease)) return 'theirs';
    await this.#write(lease, signal);
    return 'ours';
  }

  /** Over exactly this version of the lease: else a ConflictError. */
  async #write(lease: Lease, signal: AbortSignal): Promise<void> {
    const after = { ...lease, spec: this.#specAfter(lease.spec) };
    this.#wrote(await this.#options.client.replace(LEASE, after, signal));
  }

  #wrote(lease: Lease): void {
    this.#see(lease);
    this.#written = lease;
  }

  #see(lease: Lease): void {
    if (this.#seen?.metadata.resourceVersion !== lease.metadata.resourceVersion) this.#seenAt = performance.now();
    this.#seen = lease;
  }

  #hasExpired(lease: Lease): boolean {
    const seconds = lease.spec?.leaseDurationSeconds;
    const leaseMs = seconds === undefined ? this.#leaseMs : seconds * 1000;
    return performance.now() - this.#seenAt >= leaseMs;
  }

  #specAfter(before: LeaseSpec | undefined): LeaseSpec {
    const { identity } = this.#options;
    const now = microTime();
    const ours = before?.holderIdentity === identity;
    const transitions = before?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseMs / 1000),
      acquireTime: ours ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: ours || before === undefined ? transitions : transitions + 1,
    };
  }
}

/** MicroTime has exactly six digits of a second; the API server refuses another number of them. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
