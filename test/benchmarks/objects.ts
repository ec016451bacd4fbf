import { API_VERSION } from '../../operator/api/group.ts';
import { SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING, type SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import type { Bench } from './bench.ts';
import { apply } from '../support/operator/installation.ts';
import { waitUntil } from '../../deploy/local/progress.ts';

/** Label of every binding of a run, with the run's name: what a `ReadyWatch` follows. */
export const RUN_LABEL = 'benchmark';

/** Keys in the store. */
const KEYS = 200;

/** What a binding gives. */
export interface Gift {
  readonly env: number;
  readonly sparkConf: number;
}

/** Namespaces for bindings. They get a quiet moment afterwards, until the cluster's own controllers are done with them. */
export async function createNamespaces(bench: Bench, names: readonly string[]): Promise<void> {
  const kind = { apiVersion: 'v1', kind: 'Namespace' };
  await apply(
    bench.cluster,
    names.map((name) => ({ ...kind, metadata: { name } })),
  );
}

/** One kubernetes store of 200 keys, granted to these namespaces, in a namespace of its own. */
export async function createStore(bench: Bench, granted: readonly string[]): Promise<void> {
  const namespace = storeNamespace(bench);
  await createNamespaces(bench, [namespace]);
  const data = Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [keyOf(i), valueOf(i)]));
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'iomete-secret-store', namespace }, data };
  const access = [{ namespaces: { matchNames: granted }, keys: ['KEY_*'] }];
  const store = {
    apiVersion: API_VERSION,
    kind: SECRET_STORE_CONFIG.kind,
    metadata: { name: 'default', namespace },
    spec: { type: 'kubernetes', access },
  };
  await apply(bench.cluster, [secret, store]);
}

/** Waits until the operator calls the store Ready. */
export async function storeIsReady(bench: Bench): Promise<void> {
  await waitUntil('the store is Ready', 30_000, async () => {
    const signal = AbortSignal.timeout(10_000);
    const store = await bench.client.get(SECRET_STORE_CONFIG, storeNamespace(bench), 'default', signal);
    return store?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  });
}

/** The namespaces of a run: `count` of them. */
export function namespacesOf(bench: Bench, what: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${bench.name}-${what}-${i}`);
}

/** Binding number `index`, for applications with the label `app: app-INDEX`. */
export function bindingOf(bench: Bench, namespace: string, index: number, gift: Gift): SparkJobSecretBinding {
  const key = (i: number): string => keyOf((index * 3 + i) % KEYS);
  return {
    apiVersion: API_VERSION,
    kind: 'SparkJobSecretBinding',
    metadata: { name: `binding-${index}`, namespace, labels: { [RUN_LABEL]: bench.name } },
    spec: {
      storeRef: { name: 'default', namespace: storeNamespace(bench) },
      selector: { matchLabels: { app: `app-${index}` } },
      env: Array.from({ length: gift.env }, (_, i) => ({ name: `BENCH_${i}`, key: key(i) })),
      sparkConf: Array.from({ length: gift.sparkConf }, (_, i) => ({ name: `spark.bench.secret${i}`, key: key(i) })),
    },
  };
}

/** Creates bindings, `atOnce` at a time. */
export async function createBindings(
  bench: Bench,
  bindings: readonly SparkJobSecretBinding[],
  atOnce = 8,
): Promise<void> {
  const waiting = [...bindings];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await bench.client.create(SPARK_JOB_SECRET_BINDING, next, AbortSignal.timeout(60_000));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Removes namespaces and all in them. */
export async function deleteNamespaces(bench: Bench, names: readonly string[]): Promise<void> {
  await bench.cluster.kubectl(['delete', 'namespace', ...names, '--ignore-not-found']);
}

/** The namespace of `createStore`. */
export function storeNamespace(bench: Bench): string {
  return `${bench.name}-store`;
}

function keyOf(index: number): string {
  return `KEY_${index}`;
}

function valueOf(index: number): string {
  return Buffer.from(`a value of some length, number ${index}`).toString('base64');
}
