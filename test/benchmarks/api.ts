import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { say } from '../../deploy/local/progress.ts';
import { run } from '../../deploy/local/run.ts';
import { SERVICE_ACCOUNT } from '../../operator/api/kinds.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import { apply } from '../support/operator/installation.ts';
import type { OperatorProcess } from '../support/operator/operator-process.ts';
import { HttpsClient } from '../webhook/https-client.ts';
import { putAdmissionLoad, webhookAuthority, withHundredBindings } from './admission.ts';
import type { Load, LoadReport } from './api-load.ts';
import type { Bench } from './bench.ts';
import type { Values } from './figures.ts';
import { storeNamespace } from './objects.ts';
import { sumOf } from '../support/prometheus.ts';
import { percentile } from './percentile.ts';

const CALLERS = 50;
const RATE = 1_000;
const SECONDS = 10;
/** As of the webhook's load. */
const WARM_UP_S = 3;
/** What a caller may see of the store's 200 keys. */
const PATH = '/keys?limit=50';
const REFUSED = ['429', '503'];
/** As long as somebody would wait. */
const BACK_MS = 5_000;

/** The API under 1,000 requests a second, while the webhook of the same process answers 200 pods a second. */
export function api(bench: Bench): Promise<Values> {
  return withHundredBindings(bench, 'api', (namespace, operator) => measure(bench, namespace, operator));
}

async function measure(bench: Bench, namespace: string, operator: OperatorProcess): Promise<Values> {
  const tokens = await callers(bench, CALLERS);
  const ca = await webhookAuthority(bench);
  await back(bench, ca, tokens);
  const before = await operator.rss();
  const parts = { bench, namespace, operator };
  const control = await controlled(parts);
  say(`API: ${CALLERS} callers, ${RATE} requests a second in all, for ${SECONDS} s…`);
  const crowd = await both(parts, loadOf(bench, ca, tokens));
  const [one = ''] = tokens;
  say('The same by one caller, by one whom the cluster does not know, and by nobody…');
  const flood = await both(parts, loadOf(bench, ca, [one, one, 'unknown-to-the-cluster', '']));
  const again = await back(bench, ca, tokens);
  const { latencies } = crowd.report;
  return {
    'api-served': latencies.length / SECONDS,
    'api-p50': percentile(latencies, 0.5),
    'api-p99': percentile(latencies, 0.99),
    'api-broken': brokenOf(crowd.report, []) + brokenOf(flood.report, ['401']),
    'control-admission': control.admission,
    'api-admission': crowd.admission,
    'flood-admission': flood.admission,
    'api-delay': Math.max(crowd.admission, flood.admission) - control.admission,
    'api-rss': (await operator.rss()) - before,
    'api-back': again,
  };
}

interface Parts {
  readonly bench: Bench;
  readonly namespace: string;
  readonly operator: OperatorProcess;
}

interface Both {
  readonly report: LoadReport;
  /** The webhook's slowest of a hundred meanwhile, in milliseconds. */
  readonly admission: number;
}

async function both({ bench, namespace, operator }: Parts, load: Load): Promise<Both> {
  const cpu = async (): Promise<number> => sumOf(await operator.metrics(), 'process_cpu_seconds_total');
  const before = await cpu();
  const [report, pods] = await Promise.all([putLoad(load), putAdmissionLoad(bench, namespace, SECONDS)]);
  // Two loads and the API server share the cores with the operator: how late the sender was is not the operator's doing.
  const admission = percentile(
    pods.latencies.map((latency, index) => latency - (pods.lateness[index] ?? 0)),
    0.99,
  );
  const told = Object.entries(report.statuses).map(([status, count]) => `${count} × ${status}`);
  const seconds = (await cpu()) - before;
  say(`  answered: ${told.join(', ')}`);
  say(`  the webhook's p99 meanwhile ${admission.toFixed(1)} ms, the operator's CPU time ${seconds.toFixed(1)} s`);
  return { report, admission };
}

/** The same load on a server that is none of the operator's, and refuses all: what the machine makes of it. */
async function controlled(parts: Parts): Promise<Both> {
  say(`For scale: ${RATE} requests a second to another server…`);
  const authority = await createAuthority(new Date());
  const { cert, key } = await createServing(authority, ['control'], new Date());
  const server = createServer({ cert, key }, (_request, response) => response.writeHead(429).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await both(parts, { ...loadOf(parts.bench, authority.cert, ['']), port });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function putLoad(load: Load): Promise<LoadReport> {
  const program = join(import.meta.dirname, 'api-load.ts');
  const output = await run(process.execPath, [program], { input: JSON.stringify(load), timeoutMs: 120_000 });
  return JSON.parse(output) as LoadReport;
}

function loadOf(bench: Bench, ca: string, tokens: readonly string[]): Load {
  const path = `/api/v1/namespaces/${storeNamespace(bench)}/stores/default${PATH}`;
  return {
    port: bench.launch.apiPort,
    ca,
    path,
    tokens,
    rate: RATE,
    seconds: SECONDS,
    warmUp: WARM_UP_S,
    connections: 100,
  };
}

/** Answers that are neither good nor "come later". */
function brokenOf({ statuses }: LoadReport, others: readonly string[]): number {
  const fine = ['200', ...REFUSED, ...others];
  const broken = Object.entries(statuses).filter(([status]) => !fine.includes(status));
  return broken.reduce((sum, [, count]) => sum + count, 0);
}

/** Milliseconds until somebody who was not part of the load is answered. */
async function back(bench: Bench, ca: string, tokens: readonly string[]): Promise<number> {
  const { path } = loadOf(bench, ca, []);
  const client = new HttpsClient(bench.launch.apiPort, ca, { servername: '', checkServerIdentity: () => undefined });
  const headers = { authorization: `Bearer ${tokens.at(-1) ?? ''}` };
  const start = performance.now();
  while (performance.now() < start + BACK_MS) {
    const { status } = await client.post('', { method: 'GET', path, headers });
    if (status === 200) return performance.now() - start;
    if (!REFUSED.includes(String(status))) throw new Error(`the API answered ${status}`);
  }
  throw new Error(`the API did not answer within ${BACK_MS} ms`);
}

/** Tokens of ServiceAccounts that may list the store's keys. */
export async function callers(bench: Bench, count: number): Promise<string[]> {
  const namespace = storeNamespace(bench);
  const names = Array.from({ length: count }, (_, index) => `caller-${index}`);
  const group = 'rbac.authorization.k8s.io';
  const role = `${bench.name}-spark-secrets-operator-viewer`;
  await apply(bench.cluster, [
    ...names.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } })),
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name: 'callers' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects: names.map((name) => ({ kind: 'ServiceAccount', namespace, name })),
    },
  ]);
  return Promise.all(names.map((name) => tokenOf(bench, namespace, name)));
}

async function tokenOf({ client }: Bench, namespace: string, name: string): Promise<string> {
  interface TokenRequest extends KubeObject {
    readonly status?: { readonly token: string };
  }
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name }, spec: {} };
  const of = { namespace, name, subresource: 'token' };
  const signal = AbortSignal.timeout(30_000);
  const { status } = await client.createSubresource<TokenRequest>(SERVICE_ACCOUNT, of, request, signal);
  return status?.token ?? '';
}
