import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../deploy/local/progress.ts';
import { findCondition } from '../../operator/api/conditions.ts';
import { SECRET_STORE_CONFIG } from '../../operator/api/kinds.ts';
import type { OpenBao } from '../servers/openbao.ts';
import type { OperatorProcess } from '../support/operator/operator-process.ts';
import { sumOf } from '../support/prometheus.ts';
import { apiMetrics, countWrites, writesBetween } from './api-writes.ts';
import { type Bench, withOperator } from './bench.ts';
import type { Values } from './figures.ts';
import {
  bindingOf,
  createBindings,
  createNamespaces,
  declareStore,
  deleteNamespaces,
  keyOf,
  namespacesOf,
  storeIsReady,
  storeNamespace,
} from './objects.ts';
import { ReadyWatch } from './ready-watch.ts';
import { SecretWatch } from './secret-watch.ts';
import { databaseServer, kubernetesServer, type StoreServer, vaultServer } from './store-servers.ts';

const BINDINGS = 1_000;
const NAMESPACES = 10;
/** Bindings that use one of the 200 keys. */
const USERS = 15;
const GIFT = { env: 3, sparkConf: 0 };
const MINUTE_MS = 60_000;
const SETTLE_MS = 15_000;

interface Scene {
  readonly bench: Bench;
  readonly namespaces: readonly string[];
  readonly server: StoreServer;
  readonly operator: OperatorProcess;
  readonly ready: ReadyWatch;
  readonly secrets: SecretWatch;
}

/** 1,000 bindings on OpenBao: what it is asked for, how a change arrives, and an outage. */
export async function vaultStore(bench: Bench): Promise<Values> {
  const server = await vaultServer();
  return onStore(bench, server, async (scene) => {
    const reads = await valueReads(server.server);
    await declareStore(bench, scene.namespaces, { ...server.spec, refreshInterval: '10s' }, server.secrets);
    return {
      'vault-first-reads': reads,
      ...(await atRest(scene, server.server)),
      'vault-change': await change(scene, 60_000),
      ...(await outage(scene, server.server)),
    };
  });
}

/** How a change reaches 15 of 1,000 bindings when the store pushes it. */
export async function databaseStore(bench: Bench): Promise<Values> {
  return onStore(bench, await databaseServer(), async (scene) => ({ 'database-change': await change(scene, 60_000) }));
}

/** The same with a Kubernetes Secret. */
export async function kubernetesStore(bench: Bench): Promise<Values> {
  return onStore(bench, kubernetesServer(bench), async (scene) => ({
    'kubernetes-change': await change(scene, 60_000),
  }));
}

/** Declares the store and 1,000 bindings on it, and runs `work` when all are Ready. */
async function onStore(bench: Bench, server: StoreServer, work: (scene: Scene) => Promise<Values>): Promise<Values> {
  const namespaces = namespacesOf(bench, `on-${server.spec.type}`, NAMESPACES);
  const ready = new ReadyWatch(bench);
  const secrets = new SecretWatch(bench);
  try {
    await createNamespaces(bench, namespaces);
    await declareStore(bench, namespaces, server.spec, server.secrets);
    return await withOperator(bench, async (operator) => {
      await storeIsReady(bench);
      await Promise.all([ready.start(), secrets.start()]);
      say(`${BINDINGS} bindings on a store of type ${server.spec.type}…`);
      const where = (index: number): string => namespaces[index % NAMESPACES] ?? '';
      const bindings = Array.from({ length: BINDINGS }, (_, index) => bindingOf(bench, where(index), index, GIFT));
      const all = ready.count(BINDINGS, 180_000);
      await Promise.all([createBindings(bench, bindings), all]);
      return work({ bench, namespaces, server, operator, ready, secrets });
    });
  } finally {
    await Promise.all([ready.stop(), secrets.stop(), server.stop()]);
    await deleteNamespaces(bench, [...namespaces, storeNamespace(bench)]);
  }
}

/** Seconds from the change of a value to the last of the Secrets that hold it; the slowest of three. */
async function change({ server, secrets }: Scene, timeoutMs: number): Promise<number> {
  say('A value of 15 bindings changes, three times…');
  const times: number[] = [];
  for (const round of [1, 2, 3]) {
    await sleep(SETTLE_MS * Math.random());
    const value = `changed for the ${round}. time`;
    const arrived = secrets.holding(value, USERS, timeoutMs);
    await server.change(keyOf(round), value);
    const changed = performance.now();
    times.push(((await arrived) - changed) / 1000);
  }
  return Math.max(...times);
}

async function valueReads(server: OpenBao): Promise<number> {
  const requests = await server.audited();
  return requests.filter(({ request }) => request.operation === 'read' && request.path.includes('data/bench/')).length;
}

/** A minute in which nothing changes. */
async function atRest({ bench, operator }: Scene, server: OpenBao): Promise<Values> {
  // Until the first refreshes have spread over the interval.
  await sleep(2 * SETTLE_MS);
  say('A minute at rest, with a refresh every 10 s…');
  // Renewals of the token come on top.
  const requests = async (): Promise<number> =>
    (await server.audited()).filter(({ request }) => !request.path.startsWith('auth/token/')).length;
  const cpu = async (): Promise<number> => sumOf(await operator.metrics(), 'process_cpu_seconds_total');
  const before = {
    requests: await requests(),
    cpu: await cpu(),
    writes: countWrites(await apiMetrics(bench.connection)),
  };
  await sleep(MINUTE_MS);
  const after = {
    requests: await requests(),
    cpu: await cpu(),
    writes: countWrites(await apiMetrics(bench.connection)),
  };
  const writes = writesBetween(before.writes, after.writes);
  for (const [what, count] of writes) say(`  written: ${count} × ${what}`);
  return {
    'vault-requests': (after.requests - before.requests) / (MINUTE_MS / 1000),
    'vault-cpu': after.cpu - before.cpu,
    'vault-writes': [...writes.values()].reduce((sum, count) => sum + count, 0),
  };
}

/** OpenBao hangs, and comes back. */
async function outage({ bench, ready }: Scene, server: OpenBao): Promise<Values> {
  await sleep(SETTLE_MS);
  say('OpenBao hangs…');
  const start = performance.now();
  server.pause();
  try {
    const [told, store] = await Promise.all([ready.told(BINDINGS, 120_000), storeTold(bench)]);
    // Some refreshes long: nothing may change any more.
    await sleep(SETTLE_MS);
    say('OpenBao answers again…');
    const back = performance.now();
    server.resume();
    const well = await ready.count(BINDINGS, 120_000);
    return { 'outage-told': (Math.max(told, store) - start) / 1000, 'outage-over': (well - back) / 1000 };
  } finally {
    server.resume();
  }
}

async function storeTold(bench: Bench): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const signal = AbortSignal.timeout(10_000);
    const store = await bench.client.get(SECRET_STORE_CONFIG, storeNamespace(bench), 'default', signal);
    if (findCondition(store?.status?.conditions, 'Ready')?.status === 'False') return performance.now();
    await sleep(100);
  }
  throw new Error('the store never said that it does not answer');
}
