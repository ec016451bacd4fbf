import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity } from 'node:tls';
import { Pool } from 'undici';

// A program: reads a Load from its standard input, puts that load on the webhook at 127.0.0.1, prints a LoadReport.

/** What to send. */
export interface Load {
  readonly port: number;
  /** The name (or address) that the webhook's certificate must have. */
  readonly serverName: string;
  /** PEM: who must have signed it. */
  readonly ca: string;
  readonly namespace: string;
  /** How many bindings there are; the pods are for each of them in turn. */
  readonly bindings: number;
  /** Requests a second. */
  readonly rate: number;
  /** Requests that are sent first and not counted. */
  readonly warmUp: number;
  readonly count: number;
}

/** What came of it; times in milliseconds. */
export interface LoadReport {
  /** From the moment at which a request was due to the last byte of its answer. */
  readonly latencies: readonly number[];
  /** How long after that moment it was sent: the part that is this program's own. */
  readonly lateness: readonly number[];
  /** Answers that were no patch. */
  readonly refused: readonly string[];
  /** How many connections that took. */
  readonly connections: number;
}

/**
 * As the API server calls webhooks (`k8s.io/apiserver/pkg/util/webhook/client.go`): HTTP/1.1 though it knows HTTP/2,
 * connections that are kept and not limited by themselves, each with a full handshake. What limits them is how many
 * requests it has in flight: `--max-mutating-requests-inflight` is 200.
 */
const likeApiServer = { allowH2: false, pipelining: 1, connections: 200 } as const;

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}

interface Answer {
  readonly response?: { readonly allowed?: boolean; readonly patch?: string; readonly status?: object };
}

const goldenPod = join(import.meta.dirname, '..', 'injection', 'golden', 'spark-3.5-python-proxy-user.json');

/** Makes the body of request number `index`: an AdmissionReview as the API server sends it. */
async function reviews({ namespace, bindings }: Load): Promise<(index: number) => string> {
  const pod = JSON.parse(await readFile(goldenPod, 'utf8')) as Pod;
  const userInfo = { username: 'system:serviceaccount:spark:spark', groups: ['system:authenticated'] };
  return (index) => {
    const name = `orders-${index.toString(16).padStart(16, '0')}-driver`;
    const labels = { ...pod.metadata.labels, app: `app-${index % bindings}` };
    const request = {
      uid: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      name,
      namespace,
      operation: 'CREATE',
      userInfo,
      object: { ...pod, metadata: { ...pod.metadata, name, namespace, labels } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    };
    return JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
  };
}

/**
 * An open loop: a request is sent when it is due, whatever became of those before, and its latency counts from when it
 * was due. A slow answer therefore can't hide the ones that queue behind it.
 */
async function putLoad(load: Load): Promise<LoadReport> {
  const bodyOf = await reviews(load);
  let connections = 0;
  const pool = new Pool(`https://127.0.0.1:${load.port}`, {
    ...likeApiServer,
    connect: {
      ca: load.ca,
      checkServerIdentity: (_, certificate) => checkServerIdentity(load.serverName, certificate),
      maxCachedSessions: 0,
    },
  });
  const latencies: number[] = [];
  const lateness: number[] = [];
  const refused: string[] = [];
  const send = async (index: number, due: number): Promise<void> => {
    const sent = performance.now();
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/mutate-pod?timeout=10s',
      headers: { 'content-type': 'application/json', accept: 'application/json, */*' },
      body: bodyOf(index),
    });
    const answer = await body.text();
    if (index >= load.warmUp) {
      latencies.push(performance.now() - due);
      lateness.push(sent - due);
    }
    const { response } = JSON.parse(answer) as Answer;
    if (statusCode !== 200 || response?.allowed !== true || response.patch === undefined)
      refused.push(answer.slice(0, 500));
  };
  pool.on('connect', () => (connections += 1));
  const total = load.warmUp + load.count;
  const gap = 1000 / load.rate;
  const start = performance.now() + 100;
  const sending: Promise<void>[] = [];
  for (let index = 0; index < total; index += 1) {
    const due = start + index * gap;
    const wait = due - performance.now();
    if (wait > 0) await sleep(Math.ceil(wait));
    const failed = (error: unknown): number =>
      refused.push(`${String(error)} ${Math.round(performance.now() - due)} ms after request ${index} was due`);
    sending.push(
      send(index, due)
        .catch(failed)
        .then(() => undefined),
    );
  }
  await Promise.all(sending);
  await pool.close();
  return { latencies, lateness, refused, connections };
}

const load = JSON.parse(await text(process.stdin)) as Load;
process.stdout.write(JSON.stringify(await putLoad(load)));
