import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../deploy/local/progress.ts';
import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { apiMetrics, countWrites, writesBetween } from './api-writes.ts';
import { type Bench, withOperator } from './bench.ts';
import type { Values } from './figures.ts';
import {
  bindingOf,
  createBindings,
  createNamespaces,
  createStore,
  deleteBindings,
  deleteNamespaces,
  namespacesOf,
  storeIsReady,
  storeNamespace,
} from './objects.ts';
import type { OperatorProcess } from '../support/operator/operator-process.ts';
import { percentile } from './percentile.ts';
import { sumOf } from '../support/prometheus.ts';
import { ReadyWatch } from './ready-watch.ts';

const BINDINGS = 1_000;
const NAMESPACES = 10;
const MORE = 100;
const GIFT = { env: 3, sparkConf: 0 };
const MINUTE_MS = 60_000;
/** Until what is still under way has settled: a store counts its bindings a second later. */
const SETTLE_MS = 5_000;
/** Between two single bindings: they come one at a time, into a cluster that is at rest. */
const PAUSE_MS = 50;

/** 1,000 bindings on one store: how they come, what they cost at rest, and a restart among them. */
export async function thousand(bench: Bench): Promise<Values> {
  const namespaces = namespacesOf(bench, 'team', NAMESPACES);
  await createNamespaces(bench, namespaces);
  await createStore(bench, namespaces);
  const control = await nobodyThere(bench, namespaces);
  const watch = new ReadyWatch(bench);
  try {
    const values = await withOperator(bench, async (operator) => {
      await storeIsReady(bench);
      await watch.start();
      await sleep(SETTLE_MS);
      const arrival = await arrive({ bench, operator, watch, namespaces });
      await sleep(2 * SETTLE_MS);
      const rss = await operator.rss();
      const growth = { ...arrival, 'rss-1000': rss, ...(await oneMore(bench, watch, namespaces)) };
      await sleep(SETTLE_MS);
      return growth;
    });
    return { ...control, ...values, ...(await rest(bench)) };
  } finally {
    await watch.stop();
    await deleteNamespaces(bench, [...namespaces, storeNamespace(bench)]);
  }
}

/** What the machine takes for the objects alone; the client is warm afterwards, as that of the next figures is to be. */
async function nobodyThere(bench: Bench, namespaces: readonly string[]): Promise<Values> {
  say(`${BINDINGS} bindings without an operator…`);
  const start = performance.now();
  await createBindings(bench, bindingsIn(bench, namespaces));
  const end = performance.now();
  await deleteBindings(bench, namespaces);
  await sleep(SETTLE_MS);
  return { 'control-1000': (end - start) / 1000 };
}

function bindingsIn(bench: Bench, namespaces: readonly string[]): SparkJobSecretBinding[] {
  return Array.from({ length: BINDINGS }, (_, i) => bindingOf(bench, namespaces[i % NAMESPACES] ?? '', i, GIFT));
}

interface Arrival {
  readonly bench: Bench;
  readonly operator: OperatorProcess;
  readonly watch: ReadyWatch;
  readonly namespaces: readonly string[];
}

async function arrive({ bench, operator, watch, namespaces }: Arrival): Promise<Values> {
  say(`${BINDINGS} bindings of three keys each, in ${NAMESPACES} namespaces…`);
  const bindings = bindingsIn(bench, namespaces);
  const [api, own] = [await apiMetrics(bench.connection), await operator.metrics()];
  const start = performance.now();
  const ready = watch.count(BINDINGS, 180_000);
  const created = createBindings(bench, bindings).then(() => performance.now());
  const [createdAt, readyAt] = await Promise.all([created, ready]);
  const [apiAfter, ownAfter] = [await apiMetrics(bench.connection), await operator.metrics()];
  const cpu = (before: string, after: string): string =>
    (sumOf(after, 'process_cpu_seconds_total') - sumOf(before, 'process_cpu_seconds_total')).toFixed(1);
  say(`  CPU time: operator ${cpu(own, ownAfter)} s, API server ${cpu(api, apiAfter)} s`);
  for (const [what, count] of writesBetween(countWrites(api), countWrites(apiAfter))) say(`  ${count} × ${what}`);
  return { 'created-1000': (createdAt - start) / 1000, 'ready-1000': (readyAt - start) / 1000 };
}

async function oneMore(bench: Bench, watch: ReadyWatch, namespaces: readonly string[]): Promise<Values> {
  say(`One more binding, ${MORE} times…`);
  const samples: number[] = [];
  for (let i = 0; i < MORE; i += 1) {
    const namespace = namespaces[i % NAMESPACES] ?? '';
    const binding = bindingOf(bench, namespace, BINDINGS + i, GIFT);
    const start = performance.now();
    const ready = watch.one(namespace, binding.metadata.name, 30_000);
    await createBindings(bench, [binding]);
    samples.push((await ready) - start);
    await sleep(PAUSE_MS);
  }
  say(`  slowest ${Math.max(...samples).toFixed(0)} ms`);
  return { 'one-more-p50': percentile(samples, 0.5), 'one-more-p99': percentile(samples, 0.99) };
}

/** A restart with nothing changed, and the minute after the first one. The operator before must be gone already. */
async function rest(bench: Bench): Promise<Values> {
  const before = countWrites(await apiMetrics(bench.connection));
  say('A restart, and a minute…');
  return withOperator(bench, async (operator) => {
    await sleep(MINUTE_MS);
    const writes = writesBetween(before, countWrites(await apiMetrics(bench.connection)));
    for (const [what, count] of writes) say(`  written: ${count} × ${what}`);
    const reads = sumOf(await operator.metrics(), 'spark_secrets_store_requests_total');
    say('A quiet minute…');
    return {
      'restart-writes': [...writes.values()].reduce((sum, count) => sum + count, 0),
      'restart-reads': reads,
      'quiet-cpu': await cpuOfMinute(operator),
    };
  });
}

async function cpuOfMinute(operator: OperatorProcess): Promise<number> {
  const seconds = async (): Promise<number> => sumOf(await operator.metrics(), 'process_cpu_seconds_total');
  const before = await seconds();
  await sleep(MINUTE_MS);
  return (await seconds()) - before;
}
