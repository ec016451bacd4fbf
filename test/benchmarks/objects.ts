import { API_VERSION } from '../../operator/api/group.ts';
import {
  SECRET_STORE_CONFIG,
  SPARK_JOB_SECRET_BINDING,
  type SparkJobSecretBinding,
  type StoreSpec,
} from '../../operator/api/kinds.ts';
import { pathOf } from '../../operator/runtime/kube-object.ts';
import { answerOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { apply } from '../support/operator/installation.ts';
import { waitUntil } from '../../deploy/local/progress.ts';

/** Label of every binding of a run, with the run's name: what a `ReadyWatch` follows. */
export const RUN_LABEL = 'benchmark';

/** Keys in the store. */
export const KEYS = 200;

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
  await declareStore(bench, granted, { type: 'kubernetes' }, { 'iomete-secret-store': storeValues() });
}

/** A store in the namespace of stores, with the Secrets that it needs: name → key → value. */
export async function declareStore(
  bench: Bench,
  granted: readonly string[],
  spec: StoreSpec,
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<void> {
  const namespace = storeNamespace(bench);
  await createNamespaces(bench, [namespace]);
  const access = [{ namespaces: { matchNames: [...granted] }, keys: ['KEY_*'] }];
  const store = {
    apiVersion: API_VERSION,
    kind: SECRET_STORE_CONFIG.kind,
    metadata: { name: 'default', namespace },
    spec: { ...spec, access },
  };
  const needed = Object.entries(secrets).map(([name, stringData]) => secretOf(namespace, name, stringData));
  await apply(bench.cluster, [...needed, store]);
}

/** A Secret as `kubectl create secret generic` makes it. */
export function secretOf(namespace: string, name: string, values: Readonly<Record<string, string>>): object {
  const entries = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: Object.fromEntries(entries) };
}

/** Key → value of all keys of a store. */
export function storeValues(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [keyOf(i), valueOf(i)] as const));
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
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await create(bench, next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** As kubectl does: the API server checks the fields of what a person writes. */
async function create({ connection }: Bench, binding: SparkJobSecretBinding): Promise<void> {
  const path = `${pathOf(SPARK_JOB_SECRET_BINDING, binding.metadata.namespace)}?fieldValidation=Strict`;
  await answerOf(connection, { method: 'POST', path, body: JSON.stringify(binding), contentType: 'application/json' });
}

/** Removes all bindings of namespaces. */
export async function deleteBindings({ connection }: Bench, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces)
    await answerOf(connection, { method: 'DELETE', path: pathOf(SPARK_JOB_SECRET_BINDING, namespace) });
}

/** Removes namespaces and all in them. */
export async function deleteNamespaces(bench: Bench, names: readonly string[]): Promise<void> {
  await bench.cluster.kubectl(['delete', 'namespace', ...names, '--ignore-not-found']);
}

/** The namespace of `createStore`. */
export function storeNamespace(bench: Bench): string {
  return `${bench.name}-store`;
}

/** Key number `index`: of 1,000 bindings of three keys, 15 use it. */
export function keyOf(index: number): string {
  return `KEY_${index}`;
}

function valueOf(index: number): string {
  return `a value of some length, number ${index}`;
}
