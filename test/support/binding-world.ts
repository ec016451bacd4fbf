import { withoutContent } from '../../operator/api/binding-secret.ts';
import {
  NAMESPACE,
  SECRET,
  SECRET_STORE_CONFIG,
  SPARK_JOB_SECRET_BINDING,
  storeRefOf,
  type DriverPod,
  type SecretStoreConfig,
  type SparkJobSecretBinding,
} from '../../operator/api/kinds.ts';
import { BindingReconciler } from '../../operator/controllers/spark-job-secret-binding/reconciler.ts';
import type { Coverage } from '../../operator/controllers/spark-job-secret-binding/observe.ts';
import { StoreReconciler } from '../../operator/controllers/secret-store-config/reconciler.ts';
import { OwnWrites } from '../../operator/runtime/own-writes.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import type { LineTimes } from '../../operator/stores/line-times.ts';
import { FakeCluster } from '../doubles/fake-cluster.ts';
import { ScopeDouble } from './scope.ts';
import { INDEX } from '../injection/bindings.ts';
import { StoreDouble } from './store-double.ts';

/** The two controllers over a fake cluster and a store in memory, run by hand. */
export class BindingWorld {
  readonly cluster = new FakeCluster();
  readonly store: StoreDouble;
  /** `type reason` of each event. */
  readonly events: string[] = [];
  readonly told: string[] = [];
  readonly scope = new ScopeDouble();
  readonly ownWrites = new OwnWrites();
  coverage: Coverage = 'covered';
  /** Pods that got secrets of the binding. */
  drivers: DriverPod[] = [];
  now = new Date('2026-01-01T00:00:00Z');
  readonly cache: StoreCache;
  readonly #bindings: BindingReconciler;
  readonly #stores: StoreReconciler;
  readonly #signal = new AbortController().signal;

  constructor(store = new StoreDouble(), times: Partial<LineTimes> = {}) {
    this.store = store;
    this.cache = new StoreCache({ open: () => store, onChange: (readers) => this.told.push(...readers), times });
    const { cluster, cache } = this;
    const list = cluster.lister(SPARK_JOB_SECRET_BINDING);
    const secrets = cluster.lister(SECRET);
    const noIndex = { byIndex: () => [] };
    const sources = {
      bindings: {
        ...list,
        byIndex: (_index: string, store: string) =>
          list.list().filter((each) => `${storeRefOf(each).namespace}/${storeRefOf(each).name}` === store),
      },
      stores: { ...cluster.lister(SECRET_STORE_CONFIG), ...noIndex },
      secrets: {
        ...noIndex,
        list: () => [],
        // As the informer: only what has the label.
        get: (namespace: string | undefined, name: string) => {
          const secret = secrets.get(namespace, name);
          return secret?.metadata.labels?.['secrets.iomete.com/binding'] === undefined
            ? undefined
            : withoutContent(secret);
        },
      },
      namespaces: { ...cluster.lister(NAMESPACE), ...noIndex },
      drivers: { get: () => undefined, list: () => [], byIndex: () => this.drivers },
      cache,
      coverage: { covers: () => this.coverage },
      scope: this.scope,
    };
    const events = {
      record: (_subject: unknown, type: string, reason: string) => {
        this.events.push(`${type} ${reason}`);
      },
    };
    const options = { client: cluster, sources, events, ownWrites: this.ownWrites, now: () => this.now };
    this.#bindings = new BindingReconciler(options);
    this.#stores = new StoreReconciler(options);
  }

  put(object: SecretStoreConfig | SparkJobSecretBinding): void {
    const kind: { plural: string } =
      object.kind === 'SecretStoreConfig' ? SECRET_STORE_CONFIG : SPARK_JOB_SECRET_BINDING;
    this.cluster.put(kind as typeof SECRET_STORE_CONFIG, object);
  }

  async reconcile(name = 'orders'): Promise<unknown> {
    return this.#bindings.reconcile({ namespace: 'analytics', name }, this.#signal);
  }

  async reconcileStore(): Promise<unknown> {
    return this.#stores.reconcile({ namespace: 'iomete-system', name: 'default' }, this.#signal);
  }

  binding(): SparkJobSecretBinding | undefined {
    return this.cluster.find(SPARK_JOB_SECRET_BINDING, 'analytics', 'orders');
  }

  storeStatus(): SecretStoreConfig['status'] {
    return this.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')?.status;
  }

  /** `status reason` of the binding's condition Ready. */
  ready(): string {
    const condition = this.binding()?.status?.conditions?.find(({ type }) => type === 'Ready');
    return `${condition?.status} ${condition?.reason}`;
  }

  /** Variables in the binding's Secret, but for the index of its keys; undefined: there is none. */
  variables(): Record<string, string> | undefined {
    const data = this.cluster.find(SECRET, 'analytics', 'spark-secrets-orders')?.data;
    const entries = Object.entries(data ?? {}).filter(([name]) => !name.includes('.') && !INDEX.test(name));
    return data && Object.fromEntries(entries.map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]));
  }
}
