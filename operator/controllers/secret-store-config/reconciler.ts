import { findCondition } from '../../api/conditions.ts';
import { API_VERSION } from '../../api/group.ts';
import { SECRET_STORE_CONFIG, type StoreStatus } from '../../api/kinds.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import type { Reconciler, Request, Result } from '../../runtime/reconciler.ts';
import { observe, type Observed, type Sources } from './observe.ts';
import { plan } from './plan.ts';

/** What the reconciler of stores needs. */
export interface StoreReconcilerOptions {
  readonly client: KubeClient;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly now: () => Date;
}

/** Keeps the status of a store: whether it answers, how many keys it has, how many bindings use it. */
export class StoreReconciler implements Reconciler {
  readonly #options: StoreReconcilerOptions;

  constructor(options: StoreReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    const observed = await observe(request, this.#options.sources);
    if (observed === undefined) return undefined;
    const { status, requeueAfterMs } = plan(observed, this.#options.now());
    if (status) await this.#write(observed, status, signal);
    return { requeueAfterMs };
  }

  async #write({ store }: Observed, status: StoreStatus, signal: AbortSignal): Promise<void> {
    const { name, namespace = '', uid = '' } = store.metadata;
    const { kind } = SECRET_STORE_CONFIG;
    const body = { apiVersion: API_VERSION, kind, metadata: { name, namespace, uid }, status };
    await this.#options.client.apply(SECRET_STORE_CONFIG, body, { signal, subresource: 'status', force: true });
    const before = findCondition(store.status?.conditions, 'Ready');
    const after = findCondition(status.conditions, 'Ready');
    if (after === undefined || after.reason === before?.reason || (before === undefined && after.status === 'True'))
      return;
    const subject = { apiVersion: API_VERSION, kind, namespace, name, uid };
    this.#options.events.record(subject, after.status === 'True' ? 'Normal' : 'Warning', after.reason, after.message);
  }
}
