import type { Cluster } from '../../../deploy/local/cluster.ts';
import { apply, eventually, getOne, type KubeObject } from '../../../tools/spark/kube.ts';
import { example } from '../../../tools/spark/quickstart.ts';

const apiVersion = 'secrets.iomete.com/v1alpha1';

/** A condition of a status. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A namespace in which Spark can run, as that of the quickstart. One of an earlier run that is going is waited for. */
export async function sparkNamespace(cluster: Cluster, name: string): Promise<void> {
  const present = await getOne<KubeObject>(cluster, 'namespace', name);
  if (present?.metadata.deletionTimestamp !== undefined) await namespaceGone(cluster, name);
  await apply(cluster, (await example('analytics.yaml')).replaceAll('analytics', name));
}

/** Has namespaces removed with all that is in them, and does not wait until they are gone. */
export async function removeNamespaces(cluster: Cluster, ...names: string[]): Promise<void> {
  await cluster.kubectl(['delete', 'namespace', ...names, '--ignore-not-found', '--wait=false'], { timeoutMs: 30_000 });
}

/** Waits until a namespace that is being removed is gone. */
export async function namespaceGone(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl(['wait', '--for=delete', `namespace/${name}`, '--timeout=120s'], { timeoutMs: 130_000 });
}

/** A store of type kubernetes. */
export function store(namespace: string, name = 'default', spec: object = {}): object {
  const metadata = { name, namespace };
  return { apiVersion, kind: 'SecretStoreConfig', metadata, spec: { type: 'kubernetes', ...spec } };
}

/** The Secret of the store's keys outside of groups, or of a group (`orders/s3`). */
export function storeSecret(namespace: string, values: Readonly<Record<string, string>>, group?: string): object {
  const root = 'iomete-secret-store';
  const name = group === undefined ? root : `${root}.${group.replaceAll('/', '.')}`;
  const metadata = { name, namespace, labels: { 'secrets.iomete.com/store': root } };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: values };
}

/** A binding to the store `default` of its own namespace, unless the spec names another. */
export function binding(namespace: string, name: string, spec: object): object {
  const metadata = { name, namespace };
  return { apiVersion, kind: 'SparkJobSecretBinding', metadata, spec: { storeRef: { name: 'default' }, ...spec } };
}

/** Waits until a binding is Ready, or is not for the reason that is given. @returns the condition */
export function readiness(cluster: Cluster, namespace: string, name: string, reason = 'Injecting'): Promise<Condition> {
  return eventually(`${namespace}/${name} is ${reason}`, 60_000, async () => {
    const conditions = await conditionsOf(cluster, namespace, name);
    return conditions.find((condition) => condition.type === 'Ready' && condition.reason === reason);
  });
}

/** Conditions of a binding; none while it has no status. */
export async function conditionsOf(cluster: Cluster, namespace: string, name: string): Promise<readonly Condition[]> {
  type Binding = KubeObject & { status?: { conditions?: readonly Condition[] } };
  const found = await getOne<Binding>(cluster, 'sparkjobsecretbinding', name, `--namespace=${namespace}`);
  return found?.status?.conditions ?? [];
}

/** Data of the Secret that the operator keeps for a binding, in clear; undefined when there is none. */
export async function bindingData(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  type Secret = KubeObject & { data?: Readonly<Record<string, string>> };
  const secret = await getOne<Secret>(cluster, 'secret', `spark-secrets-${name}`, `--namespace=${namespace}`);
  if (secret === undefined) return undefined;
  const entries = Object.entries(secret.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}
