import { SecretValue } from '../../operator/api/secret-value.ts';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { OperatorError } from '../../operator/errors.ts';
import type { HeldLease, Lease, Leases } from '../../operator/stores/store.ts';
import { QuietStore } from './store-double.ts';

interface Alive {
  readonly path: SecretKey;
  readonly owner: string;
  /** How often it was confirmed or renewed: 0 is what ends by itself within a minute. */
  kept: number;
}

/** Credentials on lease in memory: `user-1` with `hunter2-1` and so on. */
export class LeaseDouble implements Leases {
  /** By handle. */
  readonly alive = new Map<string, Alive>();
  /** What every call throws instead, while it is set. */
  failure: OperatorError | undefined;
  /** What `lease` throws for a path. */
  readonly refused = new Map<string, OperatorError>();
  ttlMs = 60_000;
  made = 0;
  calls = 0;

  async lease(path: SecretKey, owner: string, signal: AbortSignal): Promise<Lease> {
    await this.#answer(signal);
    const refusal = this.refused.get(path);
    if (refusal) throw refusal;
    this.made += 1;
    const handle = `accessor-${this.made} ${path}/${this.made}`;
    this.alive.set(handle, { path, owner, kept: 0 });
    const fields = { username: `user-${this.made}`, password: `hunter2-${this.made}` };
    const values = Object.entries(fields).map(([field, text]) => [field, SecretValue.fromText(text)] as const);
    return { handle, values: new Map(values), ttlMs: 45_000 };
  }

  async keep({ handle, owner }: HeldLease, signal: AbortSignal): Promise<{ readonly ttlMs: number }> {
    await this.#answer(signal);
    const lease = this.alive.get(handle);
    if (lease?.owner !== owner) throw new OperatorError('KeyRefused', 'the server no longer has the lease');
    lease.kept += 1;
    return { ttlMs: this.ttlMs };
  }

  async revoke({ handle, owner }: HeldLease, signal: AbortSignal): Promise<void> {
    await this.#answer(signal);
    if (this.alive.get(handle)?.owner === owner) this.alive.delete(handle);
  }

  async #answer(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.calls += 1;
    if (this.failure) throw this.failure;
  }
}

/** A store in memory that makes credentials. */
export class LeasingStore extends QuietStore {
  readonly leases = new LeaseDouble();
}
