import { withoutContent } from '../../../operator/api/binding-secret.ts';
import { ANNOTATIONS, LABELS } from '../../../operator/api/group.ts';
import {
  NAMESPACE as NAMESPACES,
  POD,
  SECRET,
  SECRET_STORE_CONFIG,
  SPARK_JOB_SECRET_BINDING,
  type DriverPod,
  type BindingSpec,
  type Secret,
  type SparkJobSecretBinding,
} from '../../../operator/api/kinds.ts';
import { withoutValues } from '../../../operator/api/run-secret.ts';
import { RunReconciler } from '../../../operator/controllers/spark-application-run/reconciler.ts';
import { filesSecretName, runSecretName } from '../../../operator/injection/secret-name.ts';
import { secretContent } from '../../../operator/injection/secret-content.ts';
import { specDigest } from '../../../operator/injection/spec-digest.ts';
import { leasedFor } from '../../../operator/watches.ts';
import { StoreCache } from '../../../operator/stores/cache.ts';
import type { Result } from '../../../operator/runtime/reconciler.ts';
import { FakeCluster } from '../../doubles/fake-cluster.ts';
import { LeasingStore } from '../../support/lease-double.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';
import { ScopeDouble } from '../../support/scope.ts';
import { spec, values } from '../../injection/bindings.ts';

export const NAMESPACE = 'analytics';
export const RUN = 'abcdefgh01';

/** The reconciler of runs over a fake cluster, run by hand. */
export class RunWorld {
  readonly cluster = new FakeCluster();
  /** `reason: message` of each event, and the pod that it is on. */
  readonly events: { readonly pod: string; readonly reason: string; readonly message: string }[] = [];
  readonly store = new LeasingStore();
  readonly scope = new ScopeDouble();
  readonly cache = new StoreCache({ open: () => this.store, onChange: () => undefined });

  /** A new one each time: as an operator that has just started. */
  get reconciler(): RunReconciler {
    const { cluster, events, cache } = this;
    const secrets = cluster.lister(SECRET);
    const labelled = <T>(label: string, keep: (secret: Secret) => T) => ({
      get: (namespace: string | undefined, name: string) => {
        const secret = secrets.get(namespace, name);
        return secret?.metadata.labels?.[label] === undefined ? undefined : keep(secret);
      },
      byIndex: (_index: string, key: string) => {
        const all = secrets.list(NAMESPACE).filter(({ metadata }) => metadata.labels?.[label] !== undefined);
        return all.filter((secret) => leasedFor(secret).includes(key)).map(keep);
      },
    });
    return new RunReconciler({
      client: cluster,
      sources: {
        cache,
        scope: this.scope,
        stores: cluster.lister(SECRET_STORE_CONFIG),
        namespaces: cluster.lister(NAMESPACES),
        bindings: cluster.lister(SPARK_JOB_SECRET_BINDING),
        secrets: labelled(LABELS.binding, withoutContent),
        runs: labelled(LABELS.run, withoutValues),
        drivers: {
          byIndex: (_index, key) =>
            cluster
              .lister(POD)
              .list(NAMESPACE)
              .filter(({ metadata }) =>
                metadata.annotations?.[ANNOTATIONS.bindings]?.split(',').some((name) => `${NAMESPACE}/${name}` === key),
              ),
        },
      },
      events: {
        record: ({ name: pod }, _type, reason, message) => {
          events.push({ pod, reason, message });
        },
      },
    });
  }

  reconcile(name = 'orders', reconciler = this.reconciler): Promise<Result> {
    return reconciler.reconcile({ namespace: NAMESPACE, name }, new AbortController().signal);
  }

  /** A binding of scope Application with a variable A, and the versions of its keys. */
  bind(name = 'orders', version = '1', spec: Partial<BindingSpec> = {}): SparkJobSecretBinding {
    const bound = binding({ ...SPEC, ...spec }, { name });
    const status = { keys: [{ key: 'A', version }] };
    return this.cluster.put(SPARK_JOB_SECRET_BINDING, { ...bound, status } as never) as SparkJobSecretBinding;
  }

  /** The binding's own Secrets with that value, as its reconciler writes them. */
  share(value: string, name = 'orders', digest?: string, more: Partial<BindingSpec> = {}): void {
    const secretName = `spark-secrets-${name}`;
    const spec = { ...SPEC, ...more };
    const content = secretContent({ spec, binding: name, secretName, values: values({ A: value }), groups: new Map() });
    if ('problems' in content) throw new Error(JSON.stringify(content.problems));
    const labels = { [LABELS.binding]: name };
    const annotations = { [ANNOTATIONS.specDigest]: digest ?? specDigest(spec) };
    const secret = { metadata: { name: secretName, namespace: NAMESPACE, labels, annotations }, data: content.data };
    if (content.files === undefined) {
      this.cluster.put(SECRET, secret);
      return;
    }
    // Only with files does it matter here which versions they are of.
    const noted = { ...annotations, [ANNOTATIONS.versions]: JSON.stringify({ A: `of-${value}` }) };
    const { data, keys } = content.files;
    const files = { ...noted, [ANNOTATIONS.fileKeys]: JSON.stringify(keys) };
    const named = { namespace: NAMESPACE, labels };
    this.cluster.put(SECRET, {
      metadata: { ...named, name: filesSecretName(name), annotations: files },
      data,
    } as Secret);
    this.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata, annotations: noted } });
  }

  /** A binding of `spec` with its Secret, and its store, which makes credentials at `database/creds/readonly`. */
  bindLeased(spec: Partial<BindingSpec> = LEASED): void {
    this.bind('orders', '1', spec);
    this.share('one', 'orders', undefined, spec);
    this.putStore();
  }

  putStore(access = GRANT_ALL): void {
    const auth = { tokenSecretRef: { name: 'bao', key: 'token' } };
    const path = '/v1/secret/data/app';
    const vault = { endpoint: 'http://bao', path, auth, dynamicPaths: ['database/creds/*'] };
    this.cluster.put(SECRET_STORE_CONFIG, storeConfig({ type: 'vault', vault, access }));
  }

  /** A driver of these bindings that refers to Secrets of its run. */
  drive(
    name = 'driver',
    run = RUN,
    more: Partial<DriverPod> = {},
    bindings: readonly string[] = ['orders'],
  ): DriverPod {
    const pod: DriverPod = {
      metadata: { name, namespace: NAMESPACE, annotations: { [ANNOTATIONS.bindings]: bindings.join(',') } },
      status: { phase: 'Pending' },
      runs: bindings.map((each) => ({ binding: each, run, secret: runSecretName(each, run) })),
      ...more,
    };
    return this.cluster.put(POD, pod);
  }

  secret(name = runSecretName('orders', RUN)): Secret | undefined {
    return this.cluster.find(SECRET, NAMESPACE, name);
  }

  /** Its data as text. */
  text(name?: string): Record<string, string> {
    const entries = Object.entries(this.secret(name)?.data ?? {});
    return Object.fromEntries(entries.map(([key, data]) => [key, Buffer.from(data, 'base64').toString()]));
  }
}

/** A user and a password that are made for each run. */
export const LEASED: Partial<BindingSpec> = {
  env: [
    { name: 'A', key: 'A' },
    { name: 'DB_USER', key: 'database/creds/readonly#username' },
  ],
  sparkConf: [
    {
      name: 'spark.url',
      template: 'jdbc:${A}?user=${database/creds/readonly#username}&password=${database/creds/readonly#password}',
    },
  ],
};

const SPEC = {
  ...spec({ selector: { applications: ['orders'] } }),
  storeRef: { name: 'default', namespace: 'iomete-system' },
  env: [{ name: 'A', key: 'A' }],
  sparkConf: [{ name: 'spark.a', key: 'A' }],
  scope: 'Application' as const,
};
