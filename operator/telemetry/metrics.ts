import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from './process-metrics.ts';

/** What became of one run of a reconciler; `terminal`: trying again can't help. */
export type ReconcileOutcome = 'success' | 'error' | 'terminal';
/** What the webhook did with a pod; `error`: it could not tell, and the API server refuses the pod. */
export type InjectionOutcome = 'patched' | 'unchanged' | 'denied' | 'error';
export type StoreOutcome = 'success' | 'error';

// A reconcile is anything from a cache hit to a store that times out; an admission is cut off at 10 s by the API server.
const RECONCILE_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ADMISSION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A store, as labels have it. */
export interface StoreLabels {
  readonly namespace: string;
  readonly store: string;
  /** As in the SecretStoreConfig. */
  readonly type: string;
}

/** How a store is at a scrape. */
export interface StoreFigures extends StoreLabels {
  readonly isWell: boolean;
  readonly lastGood: Date | undefined;
}

/** A namespace of the list that is watched. */
export interface NamespaceFigures {
  readonly namespace: string;
  readonly isReadable: boolean;
}

/** Credentials on lease of one store. */
export interface LeaseFigures {
  readonly namespace: string;
  readonly store: string;
  readonly count: number;
}

/** A metric as it is registered. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * The figures of one process, in a registry of its own. Names and labels are stable: dashboards and alerts use them.
 * No label ever holds the name of a key or of an object, as their number is not bounded; stores are few, and the series
 * of one that is gone go with it.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #queues = new Map<string, () => number>();
  /** Label sets of requests, by store, so that they can go with it. */
  readonly #requested = new Map<string, Map<string, Record<string, string>>>();
  #stores: () => Iterable<StoreFigures> = () => [];
  #leases: () => Iterable<LeaseFigures> = () => [];
  #namespaces: () => Iterable<NamespaceFigures> = () => [];
  #certificateEnds: Date | undefined;

  readonly #reconcileSeconds = new Histogram({
    name: 'spark_secrets_reconcile_duration_seconds',
    help: 'Duration of one run of a reconciler.',
    labelNames: ['controller'],
    buckets: RECONCILE_BUCKETS,
    registers: this.#registers,
  });
  readonly #reconciles = new Counter({
    name: 'spark_secrets_reconcile_total',
    help: 'Runs of a reconciler by outcome: success, error (comes back with backoff), terminal (does not).',
    labelNames: ['controller', 'outcome'],
    registers: this.#registers,
  });
  readonly #storeRequests = new Counter({
    name: 'spark_secrets_store_requests_total',
    help: 'Requests to secret stores by store, its type, operation (the method of its driver) and outcome.',
    labelNames: ['namespace', 'store', 'type', 'operation', 'outcome'],
    registers: this.#registers,
  });
  readonly #injections = new Counter({
    name: 'spark_secrets_injections_total',
    help: 'Pods that the webhook was asked about, by outcome: patched, unchanged, denied, error.',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly #admissionSeconds = new Histogram({
    name: 'spark_secrets_admission_duration_seconds',
    help: 'How long the API server waited for an answer of the webhook, which may have waited for a binding.',
    buckets: ADMISSION_BUCKETS,
    registers: this.#registers,
  });
  readonly #missedInjections = new Counter({
    name: 'spark_secrets_missed_injections_total',
    help: 'Pods that were created without the secrets of a binding that selects them, as the webhook was not called.',
    registers: this.#registers,
  });
  readonly #bindings = new Gauge({
    name: 'spark_secrets_bindings',
    help: 'Bindings by readiness (ready: true or false). Only the leader counts them.',
    labelNames: ['ready'],
    registers: this.#registers,
  });
  readonly #role = new Gauge({
    name: 'spark_secrets_role',
    help: '1 for each role of this process: controller, webhook, api.',
    labelNames: ['role'],
    registers: this.#registers,
  });
  readonly #leader = new Gauge({
    name: 'spark_secrets_leader',
    help: '1 on the replica that reconciles, 0 on the others.',
    registers: this.#registers,
  });

  constructor() {
    collectProcessMetrics(this.#registry);
    const queues = this.#queues;
    new Gauge({
      name: 'spark_secrets_queue_depth',
      help: 'Requests that wait for a reconciler or are with it.',
      labelNames: ['controller'],
      registers: this.#registers,
      collect() {
        for (const [controller, depth] of queues) this.set({ controller }, depth());
      },
    });
    this.#addStoreGauges();
    this.#addLeaseGauge();
    this.#addNamespaceGauge();
    const secondsLeft = (): number | undefined => this.#secondsLeft();
    new Gauge({
      name: 'spark_secrets_certificate_expiry_seconds',
      help: 'Seconds until the certificate that the webhook serves expires; absent while it has none.',
      labelNames: ['use'],
      registers: this.#registers,
      collect() {
        const seconds = secondsLeft();
        if (seconds !== undefined) this.set({ use: 'webhook' }, seconds);
      },
    });
  }

  /** One run of a reconciler that ended; `ms` is its duration. */
  reconciled(controller: string, outcome: ReconcileOutcome, ms: number): void {
    this.#reconciles.inc({ controller, outcome });
    this.#reconcileSeconds.observe({ controller }, ms / 1000);
  }

  /** `depth` is asked at each scrape. */
  watchQueue(controller: string, depth: () => number): void {
    this.#queues.set(controller, depth);
  }

  /** One request to a store; `operation` is the name of the driver's method. */
  storeRequest({ namespace, store, type }: StoreLabels, operation: string, outcome: StoreOutcome): void {
    const labels = { namespace, store, type, operation, outcome };
    this.#storeRequests.inc(labels);
    const key = `${namespace}/${store}`;
    const sets = this.#requested.get(key) ?? new Map<string, Record<string, string>>();
    this.#requested.set(key, sets.set(`${type} ${operation} ${outcome}`, labels));
  }

  /** `stores` is asked at each scrape how every open store is. */
  watchStores(stores: () => Iterable<StoreFigures>): void {
    this.#stores = stores;
  }

  /** `leases` is asked at each scrape. */
  watchLeases(leases: () => Iterable<LeaseFigures>): void {
    this.#leases = leases;
  }

  /** `namespaces` is asked at each scrape; none for an operator of the whole cluster. */
  watchNamespaces(namespaces: () => Iterable<NamespaceFigures>): void {
    this.#namespaces = namespaces;
  }

  /** The store is gone, and its series with it. */
  forgetStore(namespace: string, store: string): void {
    const key = `${namespace}/${store}`;
    for (const labels of this.#requested.get(key)?.values() ?? []) this.#storeRequests.remove(labels);
    this.#requested.delete(key);
  }

  /** One answer of the webhook; `ms` is the time from the parsed request to the answer. */
  admitted(outcome: InjectionOutcome, ms: number): void {
    this.#injections.inc({ outcome });
    this.#admissionSeconds.observe(ms / 1000);
  }

  /** A pod was found without secrets that it should have. */
  missedInjection(): void {
    this.#missedInjections.inc();
  }

  setBindings(count: { readonly ready: number; readonly notReady: number }): void {
    this.#bindings.set({ ready: 'true' }, count.ready);
    this.#bindings.set({ ready: 'false' }, count.notReady);
  }

  /** The webhook serves a certificate that ends then. */
  setCertificateEnd(notAfter: Date): void {
    this.#certificateEnds = notAfter;
  }

  setRoles(roles: Iterable<string>): void {
    for (const role of roles) this.#role.set({ role }, 1);
  }

  setLeader(leading: boolean): void {
    this.#leader.set(leading ? 1 : 0);
  }

  /** Content type of `text()`, with the version of the format. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** What there is to be scraped, Node's own figures left out: docs/metrics.md is made of it. */
  get definitions(): readonly MetricDefinition[] {
    // What prom-client's types do not tell of a metric.
    const all = this.#registry.getMetricsAsArray() as unknown as (MetricDefinition & {
      readonly labelNames: string[];
    })[];
    const ours = all.filter(({ name }) => name.startsWith('spark_secrets_'));
    return ours.map(({ name, type, help, labelNames }) => ({ name, type, help, labels: labelNames }));
  }

  #addStoreGauges(): void {
    const stores = (): Iterable<StoreFigures> => this.#stores();
    const labelNames = ['namespace', 'store', 'type'];
    new Gauge({
      name: 'spark_secrets_store_up',
      help: '1 while the store answers, 0 while bindings have the values of the last good read. Only the leader asks regularly: join with spark_secrets_leader.',
      labelNames,
      registers: this.#registers,
      collect() {
        this.reset();
        for (const { namespace, store, type, isWell } of stores()) this.set({ namespace, store, type }, isWell ? 1 : 0);
      },
    });
    new Gauge({
      name: 'spark_secrets_store_last_answer_age_seconds',
      help: 'Seconds since the store last answered; absent while it never did.',
      labelNames,
      registers: this.#registers,
      collect() {
        this.reset();
        for (const { namespace, store, type, lastGood } of stores())
          if (lastGood) this.set({ namespace, store, type }, Math.max(0, Date.now() - lastGood.getTime()) / 1000);
      },
    });
  }

  #addLeaseGauge(): void {
    const leases = (): Iterable<LeaseFigures> => this.#leases();
    new Gauge({
      name: 'spark_secrets_leases',
      help: 'Credentials on lease that runs of applications have, by the store that made them.',
      labelNames: ['namespace', 'store'],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const { namespace, store, count } of leases()) this.set({ namespace, store }, count);
      },
    });
  }

  #addNamespaceGauge(): void {
    const namespaces = (): Iterable<NamespaceFigures> => this.#namespaces();
    new Gauge({
      name: 'spark_secrets_namespace_readable',
      help: 'Of an operator with a list of namespaces, for each: 1 while it may read it, 0 while its Role there is missing.',
      labelNames: ['namespace'],
      registers: this.#registers,
      collect() {
        for (const { namespace, isReadable } of namespaces()) this.set({ namespace }, isReadable ? 1 : 0);
      },
    });
  }

  #secondsLeft(): number | undefined {
    return this.#certificateEnds === undefined ? undefined : (this.#certificateEnds.getTime() - Date.now()) / 1000;
  }
}
