import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../../deploy/local/cluster.ts';

/** What the chart set up in a cluster for an operator that runs on this machine. */
export interface Installation {
  readonly namespace: string;
  /** Name of the operator's ServiceAccount. */
  readonly serviceAccount: string;
  /** The environment of the chart's container. */
  readonly env: Readonly<Record<string, string>>;
  /** The container's memory limit in bytes. */
  readonly memoryLimit: number;
  /** A token of the operator's ServiceAccount: it has the rights that it has in production, and no others. */
  readonly token: string;
  /** What the chart has for namespaces that were not there. */
  readonly withheld: readonly object[];
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits: { readonly memory: string } };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

const repository = join(import.meta.dirname, '..', '..', '..');
/** What the chart makes for pods: the operator is a process of this machine here. */
const onlyForPods = ['Deployment', 'Service', 'PodDisruptionBudget'];

/**
 * Applies the CRDs and the chart without its pods, under names of its own: `release` is also the namespace. With
 * `namespaces` the operator watches these alone.
 */
export async function install(
  cluster: Cluster,
  release: string,
  namespaces: readonly string[] = [],
): Promise<Installation> {
  await refuseCompany(cluster);
  const crds = join(repository, 'crds');
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', crds]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '--filename', crds]);
  await cluster.kubectl(['create', 'namespace', release]);
  const manifests = await render(cluster, release, namespaces);
  const items = manifests.filter(({ kind }) => !onlyForPods.includes(kind));
  const there = await cluster.kubectl(['get', 'namespaces', '--output=jsonpath={.items[*].metadata.name}']);
  const known = new Set<string | undefined>([undefined, ...there.split(' ')]);
  await apply(
    cluster,
    items.filter(({ metadata }) => known.has(metadata.namespace)),
  );
  const [container] = manifests.find(({ kind }) => kind === 'Deployment')?.spec?.template?.spec.containers ?? [];
  const account = manifests.find(({ kind }) => kind === 'ServiceAccount');
  if (container === undefined || account === undefined) throw new Error('the chart has no operator in it');
  const token = ['create', 'token', account.metadata.name, '--namespace', release, '--duration=6h'];
  return {
    namespace: release,
    serviceAccount: account.metadata.name,
    env: Object.fromEntries(container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    memoryLimit: bytesOf(container.resources.limits.memory),
    token: (await cluster.kubectl(token)).trim(),
    withheld: items.filter(({ metadata }) => !known.has(metadata.namespace)),
  };
}

/** Removes what `install` made, the CRDs excepted: in a cluster that is not ours they may be in use. */
export async function uninstall(cluster: Cluster, release: string): Promise<void> {
  const selector = `--selector=app.kubernetes.io/instance=${release}`;
  await cluster.kubectl(['delete', 'mutatingwebhookconfiguration,clusterrole,clusterrolebinding', selector]);
  await cluster.kubectl(['delete', 'namespace', release, '--ignore-not-found']);
}

/** Applies objects, as JSON. */
export async function apply(cluster: Cluster, items: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await cluster.kubectl(['apply', '--server-side', '--filename=-'], { input: list });
}

async function render(cluster: Cluster, release: string, namespaces: readonly string[]): Promise<Manifest[]> {
  const chart = join(repository, 'deploy', 'chart');
  const list = ['--set-json', `namespaces=${JSON.stringify(namespaces)}`];
  const text = await cluster.helm(['template', release, chart, '--namespace', release, '--skip-tests', ...list]);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** A second operator would do the same work: nothing that is measured would be true. */
async function refuseCompany(cluster: Cluster): Promise<void> {
  interface Lease {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
  }
  const text = await cluster.kubectl(['get', 'leases', '--all-namespaces', '--output=json']);
  const { items } = JSON.parse(text) as { items: readonly Lease[] };
  const other = items.find(
    ({ metadata, spec }) =>
      metadata.name.endsWith('spark-secrets-operator') &&
      (spec?.holderIdentity ?? '') !== '' &&
      Date.now() - Date.parse(spec?.renewTime ?? '') < 30_000,
  );
  if (other === undefined) return;
  const { namespace, name } = other.metadata;
  throw new Error(
    `another operator runs in this cluster (lease ${namespace}/${name}): stop it, or use another cluster`,
  );
}

/** A quantity of memory as the chart writes it: `512Mi`, `1Gi`. */
function bytesOf(quantity: string): number {
  const [, amount = '', unit = ''] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (unit === '') throw new Error(`the chart's memory limit is no number of Mi or Gi: ${quantity}`);
  return Number(amount) * (unit === 'Gi' ? 1024 : 1) * 1_048_576;
}
