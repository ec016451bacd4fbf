import { withoutContent } from '../../../operator/api/binding-secret.ts';
import { ANNOTATIONS, LABELS } from '../../../operator/api/group.ts';
import { POD, SECRET, SPARK_JOB_SECRET_BINDING, type DriverPod, type Secret } from '../../../operator/api/kinds.ts';
import { withoutValues } from '../../../operator/api/run-secret.ts';
import { sparkApplicationKind } from '../../../operator/api/spark-applications.ts';
import { RestartReconciler, RESTARTS } from '../../../operator/controllers/rotation-restart/reconciler.ts';
import { podVersionsNote, versionsNote, versionsOf } from '../../../operator/injection/versions.ts';
import { specDigest } from '../../../operator/injection/spec-digest.ts';
import type { EventSubject } from '../../../operator/runtime/events.ts';
import { apiVersionOf, type OwnerReference } from '../../../operator/runtime/kube-object.ts';
import type { Result } from '../../../operator/runtime/reconciler.ts';
import { FakeCluster } from '../../doubles/fake-cluster.ts';
import { binding } from '../../support/objects.ts';

export const NAMESPACE = 'analytics';
export const KUBEFLOW = sparkApplicationKind('sparkoperator.k8s.io', 'v1beta2');
export const APACHE = sparkApplicationKind('spark.apache.org', 'v1');

type Spec = Parameters<typeof binding>[0];

interface DriverOptions {
  readonly kind?: typeof KUBEFLOW;
  readonly bindings?: string[];
  /** With a Secret of its run's own. */
  readonly run?: string;
}

/** The reconciler of restarts over a fake cluster with a clock, run by hand. */
export class RestartWorld {
  readonly cluster = new FakeCluster();
  readonly events: string[] = [];
  readonly messages: string[] = [];
  now = new Date('2026-01-01T12:00:00Z');
  /** What the next evictions answer, instead of letting the pod go. */
  refuse: Error | undefined;
  /** The same of one driver. */
  readonly refuseOf = new Map<string, Error>();
  #reconciler = this.#start();

  constructor() {
    this.cluster.subresources.set('pods/eviction', ({ namespace, name }, eviction) => {
      const refusal = this.refuse ?? this.refuseOf.get(name);
      if (refusal) throw refusal;
      const pod = this.cluster.find(POD, namespace, name)!;
      const { deleteOptions } = eviction as unknown as { deleteOptions: { preconditions: { uid: string } } };
      if (deleteOptions.preconditions.uid !== pod.metadata.uid) throw new Error('another pod');
      const metadata = { ...pod.metadata, deletionTimestamp: this.now.toISOString() };
      this.cluster.put(POD, { ...pod, metadata });
      return eviction;
    });
  }

  /** As another process that takes over. */
  restartOperator(): void {
    this.#reconciler = this.#start();
  }

  reconcile(): Promise<Result> {
    return this.#reconciler.reconcile(RESTARTS, new AbortController().signal);
  }

  later(minutes: number): void {
    this.now = new Date(this.now.getTime() + minutes * 60_000);
  }

  /** A binding of these keys at these versions, with its Secret. */
  bind(versions: Record<string, string>, spec: Spec = {}, name = 'orders'): void {
    const env = Object.keys(versions).map((key) => ({ name: key.replaceAll('/', '_'), key }));
    const bound = binding({ env, rotation: { onChange: 'Restart' }, ...spec }, { name });
    const before = this.cluster.find(SPARK_JOB_SECRET_BINDING, NAMESPACE, name)?.status?.keys ?? [];
    const keys = Object.entries(versions).map(([key, version]) => {
      const old = before.find((each) => each.key === key);
      return old?.version === version ? old : { key, version, lastChangeTime: this.now.toISOString() };
    });
    const conditions = [
      { type: 'Resolved', status: 'True', reason: 'AllKeysResolved', message: '', observedGeneration: 1 },
    ];
    this.cluster.put(SPARK_JOB_SECRET_BINDING, {
      ...bound,
      status: { observedGeneration: 1, keys, conditions },
    } as never);
    this.share(name, specDigest(bound.spec));
  }

  share(name: string, digest: string): void {
    const metadata = {
      name: `spark-secrets-${name}`,
      namespace: NAMESPACE,
      labels: { [LABELS.binding]: name },
      annotations: { [ANNOTATIONS.specDigest]: digest },
    };
    this.cluster.put(SECRET, { metadata });
  }

  /** A running driver as the webhook patched it just now, of a SparkApplication of its name where `kind` says so. */
  drive(name: string, options: DriverOptions = {}): DriverPod {
    const { bindings = ['orders'], run } = options;
    const bound = bindings.map((each) => this.cluster.find(SPARK_JOB_SECRET_BINDING, NAMESPACE, each)!);
    if (run !== undefined) for (const each of bound) this.#runSecret(each, run);
    const versions =
      run === undefined ? podVersionsNote(bound.map((each) => ({ binding: each, secret: undefined }))) : '';
    const pod: DriverPod = {
      metadata: {
        name: `${name}-driver`,
        namespace: NAMESPACE,
        creationTimestamp: this.now.toISOString(),
        annotations: { [ANNOTATIONS.bindings]: bindings.join(','), [ANNOTATIONS.versions]: versions ?? '' },
        ownerReferences: this.#ownersOf(name, options),
      },
      status: { phase: 'Running' },
      runs: run === undefined ? [] : bindings.map((each) => ({ binding: each, run, secret: `run-of-${each}` })),
    };
    return this.cluster.put(POD, pod);
  }

  /** A SparkApplication of Kubeflow's operator with a running driver. */
  kubeflow(
    name: string,
    restartPolicy: object = { type: 'Always' },
    more: { bindings?: string[]; run?: string } = {},
  ): void {
    const status = { driverInfo: { podName: `${name}-driver` }, executionAttempts: 1 };
    this.cluster.put(KUBEFLOW, { metadata: { name, namespace: NAMESPACE }, spec: { restartPolicy }, status } as never);
    this.drive(name, { kind: KUBEFLOW, ...more });
  }

  /** A SparkApplication of Apache's operator with a running driver. */
  apache(name: string, restartConfig: object | undefined, attemptInfo: object = {}): void {
    const metadata = { name, namespace: NAMESPACE };
    const spec = { applicationTolerations: restartConfig && { restartConfig } };
    this.cluster.put(APACHE, { metadata, spec, status: { currentAttemptSummary: { attemptInfo } } } as never);
    this.drive(name, { kind: APACHE });
  }

  /** Applications `app-0` and so on, each younger than the one before, whose drivers have run for an hour when the key `A` changes. */
  rotate(count: number): void {
    this.bind({ A: '1' });
    for (let at = 0; at < count; at += 1) {
      this.kubeflow(`app-${at}`);
      this.later(0.1);
    }
    this.later(60);
    this.bind({ A: '2' });
  }

  /** The evicted driver is gone, and its operator has made another. */
  comeBack(name: string, more: { bindings?: string[] } = {}): void {
    this.cluster.remove(POD, NAMESPACE, `${name}-driver`);
    this.drive(name, { kind: KUBEFLOW, ...more });
  }

  /** Names of the drivers that were evicted so far, without `-driver`. */
  evicted(): string[] {
    const evictions = this.cluster.writes.filter((write) => write.startsWith('POST pods/eviction'));
    return evictions.map((write) => write.replace(/^.* /, '').replace(/-driver$/, ''));
  }

  #ownersOf(name: string, { kind }: DriverOptions): OwnerReference[] {
    if (kind === undefined) return [];
    const { uid = '' } = this.cluster.find(kind, NAMESPACE, name)?.metadata ?? {};
    return [{ apiVersion: apiVersionOf(kind), kind: kind.kind, name, uid }];
  }

  #runSecret(bound: NonNullable<ReturnType<typeof binding>>, run: string): void {
    const note = versionsNote(versionsOf(bound, undefined))!;
    const metadata = {
      name: `run-of-${bound.metadata.name}`,
      namespace: NAMESPACE,
      labels: { [LABELS.run]: run },
      annotations: { [ANNOTATIONS.versions]: note },
    };
    this.cluster.put(SECRET, { metadata });
  }

  #start(): RestartReconciler {
    const { cluster, events, messages } = this;
    const secrets = cluster.lister(SECRET);
    const kept = <T>(keep: (secret: Secret) => T) => ({
      get: (namespace: string | undefined, name: string) => {
        const secret = secrets.get(namespace, name);
        return secret && keep(secret);
      },
    });
    const drivers = cluster.lister(POD);
    const byIndex = (_: string, key: string): readonly DriverPod[] =>
      drivers
        .list(NAMESPACE)
        .filter(({ metadata }) =>
          metadata.annotations?.[ANNOTATIONS.bindings]?.split(',').some((each) => `${NAMESPACE}/${each}` === key),
        );
    return new RestartReconciler({
      client: cluster,
      sources: {
        bindings: cluster.lister(SPARK_JOB_SECRET_BINDING),
        secrets: kept(withoutContent),
        runs: kept(withoutValues),
        drivers: { list: () => drivers.list(), byIndex },
      },
      events: {
        record: ({ kind, name }: EventSubject, _type, reason, message) => {
          events.push(`${reason} ${kind} ${name}`);
          messages.push(message);
        },
      },
      now: () => this.now,
    });
  }
}
