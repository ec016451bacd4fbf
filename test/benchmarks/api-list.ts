import { say, waitUntil } from '../../deploy/local/progress.ts';
import { LABELS } from '../../operator/api/group.ts';
import { SECRET } from '../../operator/api/kinds.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { HttpsClient } from '../webhook/https-client.ts';
import { webhookAuthority } from './admission.ts';
import { callers } from './api.ts';
import { type Bench, withOperator } from './bench.ts';
import type { Values } from './figures.ts';
import {
  bindingOf,
  createBindings,
  declareStore,
  deleteNamespaces,
  secretOf,
  storeIsReady,
  storeNamespace,
} from './objects.ts';
import { percentile } from './percentile.ts';
import { databaseServer, type StoreServer } from './store-servers.ts';

const KEYS = 10_000;
const GROUP = 'many';
const LOOKS = 5;
/** Changes of the database at a time. */
const AT_ONCE = 16;

/** What somebody who looks for keys waits for. */
interface Listing {
  readonly page: number;
  readonly all: number;
  readonly search: number;
}

/** 10,000 keys in one group of a Kubernetes store, listed through the API. */
export async function kubernetesList(bench: Bench): Promise<Values> {
  const name = `iomete-secret-store.${GROUP}`;
  const values = Object.fromEntries(Array.from({ length: KEYS }, (_, index) => [nameOf(index), 'x']));
  const { page, all, search } = await onStore(bench, { spec: { type: 'kubernetes' }, secrets: {} }, async () => {
    const made = secretOf(storeNamespace(bench), name, values) as KubeObject;
    const labels = { [LABELS.store]: 'iomete-secret-store' };
    const secret = { ...made, metadata: { ...made.metadata, labels } };
    await bench.client.create(SECRET, secret, AbortSignal.timeout(30_000));
  });
  return { 'kubernetes-page': page, 'kubernetes-all': all, 'kubernetes-search': search };
}

/** The same in PostgreSQL. */
export async function databaseList(bench: Bench): Promise<Values> {
  const server = await databaseServer();
  try {
    const { page, all, search } = await onStore(bench, server, async () => {
      const waiting = Array.from({ length: KEYS }, (_, index) => `${GROUP}/${nameOf(index)}`);
      const worker = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await server.change(next, 'x');
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    });
    return { 'database-page': page, 'database-all': all, 'database-search': search };
  } finally {
    await server.stop();
  }
}

async function onStore(
  bench: Bench,
  { spec, secrets }: Pick<StoreServer, 'spec' | 'secrets'>,
  fill: () => Promise<void>,
): Promise<Listing> {
  try {
    await declareStore(bench, [bench.name], spec, secrets);
    // Without a binding there is no webhook, which shows whose the certificate is.
    await createBindings(bench, [bindingOf(bench, storeNamespace(bench), 0, { env: 1, sparkConf: 0 })]);
    say(`${KEYS} keys in a store of type ${spec.type}…`);
    await fill();
    return await withOperator(bench, async () => {
      await storeIsReady(bench);
      return await look(bench);
    });
  } finally {
    await deleteNamespaces(bench, [storeNamespace(bench)]);
  }
}

async function look(bench: Bench): Promise<Listing> {
  const [token = ''] = await callers(bench, 1);
  let ca = '';
  await waitUntil('the certificates are made', 30_000, async () => (ca = await webhookAuthority(bench)) !== '');
  const client = new HttpsClient(bench.launch.apiPort, ca, { servername: '', checkServerIdentity: () => undefined });
  interface Page {
    readonly items: readonly object[];
    readonly continue?: string;
  }
  const ask = async (query: string): Promise<Page> => {
    const path = `/api/v1/namespaces/${storeNamespace(bench)}/stores/default/keys?${query}`;
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await client.post('', { reuse: true, method: 'GET', path, headers });
    if (status !== 200) throw new Error(`the API answered ${status}: ${body}`);
    return JSON.parse(body) as Page;
  };
  const all = async (): Promise<void> => {
    let seen = 0;
    for (let after = ''; ;) {
      const { items, continue: next } = await ask(`group=${GROUP}&limit=1000${after}`);
      seen += items.length;
      if (next === undefined) break;
      after = `&continue=${encodeURIComponent(next)}`;
    }
    if (seen !== KEYS) throw new Error(`${seen} keys were listed`);
  };
  await ask('limit=1');
  return {
    page: await slowest(() => ask(`group=${GROUP}`)),
    all: await slowest(all),
    search: await slowest(() => ask('search=key_07777')),
  };
}

/** Milliseconds. */
async function slowest(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < LOOKS; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return percentile(times, 1);
}

function nameOf(index: number): string {
  return `KEY_${String(index).padStart(5, '0')}`;
}
