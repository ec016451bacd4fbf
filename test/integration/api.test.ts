import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { API_VERSION } from '../../operator/api/group.ts';
import { SECRET } from '../../operator/api/kinds.ts';
import type { AuditEvent } from '../../operator/http/audit.ts';
import { apply } from '../../tools/spark/kube.ts';
import { eventually } from '../doubles/eventually.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import type { HttpsClient } from '../webhook/https-client.ts';
import { account, apiClient, callApi, sparkPod, tokenOf, type Answered } from './api-scene.ts';

const id = randomBytes(3).toString('hex');
const platform = `api-platform-${id}`;
const analytics = `api-analytics-${id}`;
const STORE = `/api/v1/namespaces/${platform}/stores/default`;
const CANARY = `canary-${randomBytes(6).toString('hex')}`;

interface Call {
  readonly as?: string;
  readonly method?: string;
  readonly body?: object;
}

describe('the API, on a real API server', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorBeside;
  let client: HttpsClient;
  const tokens = new Map<string, string>();

  before(async () => {
    cluster = await testCluster();
    operator = await OperatorBeside.open(cluster);
    const namespaces = [platform, analytics].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    await apply(cluster, namespaces);
    await operator.start();
    const role = (name: string): string => `${operator.namespace}-spark-secrets-operator-${name}`;
    await apply(cluster, [
      ...[platform, analytics].flatMap((namespace) =>
        ['viewer', 'editor', 'admin'].flatMap((name) => account(namespace, name, role(name))),
      ),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: analytics, name: 'spark' } },
      {
        apiVersion: API_VERSION,
        kind: 'SecretStoreConfig',
        metadata: { namespace: platform, name: 'default' },
        spec: {
          type: 'kubernetes',
          kubernetes: { secretName: 'values' },
          access: [{ namespaces: { matchNames: [analytics] }, keys: ['orders/*'] }],
        },
      },
      {
        apiVersion: API_VERSION,
        kind: 'SparkJobSecretBinding',
        metadata: { namespace: analytics, name: 'orders' },
        spec: {
          storeRef: { namespace: platform, name: 'default' },
          selector: { matchLabels: { team: 'orders' } },
          env: [{ name: 'TOKEN', key: 'orders/TOKEN' }],
        },
      },
    ]);
    for (const namespace of [platform, analytics])
      for (const name of ['viewer', 'editor', 'admin'])
        tokens.set(`${namespace === platform ? '' : 'analytics-'}${name}`, await tokenOf(cluster, namespace, name));
    client = await apiClient(cluster, operator.namespace, operator.apiPort);
  });

  after(async () => {
    client.close();
    await cluster.kubectl(['delete', 'namespace', platform, analytics, '--wait=false']);
    await operator.close();
  });

  async function call(path: string, { as = 'admin', ...more }: Call = {}): Promise<Answered> {
    const answer = await callApi(client, path, { token: tokens.get(as) ?? as, ...more });
    if (answer.status >= 400) expect(answer.text).not.to.contain(CANARY);
    return answer;
  }

  async function put(key: string, body: object, as = 'editor'): Promise<Answered> {
    const [path = '', query = ''] = key.split('?');
    return call(`${STORE}/keys/${path}${query && `?${query}`}`, { as, method: 'PUT', body });
  }

  /** What the binding's Secret has for the variable. */
  async function given(): Promise<string | undefined> {
    const secret = await operator.client.get(SECRET, analytics, 'spark-secrets-orders', new AbortController().signal);
    const values = Object.values(secret?.data ?? {}).map((data) => Buffer.from(data, 'base64').toString('utf8'));
    return values.find((value) => value.startsWith(CANARY) && !value.includes('\n'));
  }

  /** Long before the store would be asked again. */
  async function untilGiven(value: string): Promise<void> {
    await eventually(async () => (await given()) === value);
  }

  it('has a value that is written in the Secret of its binding soon', async () => {
    const created = await put('orders/TOKEN', { value: `${CANARY}-1`, ifVersion: null });
    expect([created.status, created.json['created']]).to.deep.equal([201, true]);
    await untilGiven(`${CANARY}-1`);
    await cluster.kubectl([
      'wait',
      `--namespace=${analytics}`,
      '--for=condition=Ready',
      '--timeout=30s',
      'sjsb/orders',
    ]);
    const changed = await put('orders/TOKEN', { value: `${CANARY}-2`, ifVersion: created.json['version'] });
    expect(changed.status).to.equal(200);
    await untilGiven(`${CANARY}-2`);
    const again = await put('orders/TOKEN', { value: `${CANARY}-2` });
    expect(again.json).to.include({ unchanged: true, version: changed.json['version'] });
    expect((await put('orders/TOKEN', { value: 'x', ifVersion: created.json['version'] })).status).to.equal(409);
  });

  it('lets each of the chart’s roles do what it is for, there where it is bound', async () => {
    await put('sales/TOKEN', { value: CANARY });
    const statuses = async (as: string, query = ''): Promise<number[]> => {
      const steps = [
        await call(`${STORE}/keys${query}`, { as }),
        await put(`orders/MORE${query}`, { value: as }, as),
        await call(`${STORE}/keys/orders/MORE${query}`, { as, method: 'DELETE' }),
        await call(`${STORE}/values/orders/TOKEN${query}`, { as }),
        await call(`${STORE}/values/sales/TOKEN${query}`, { as }),
      ];
      return steps.map(({ status }) => status);
    };
    expect(await statuses('viewer')).to.deep.equal([200, 403, 403, 403, 403]);
    expect(await statuses('editor')).to.deep.equal([200, 201, 204, 403, 403]);
    expect(await statuses('admin')).to.deep.equal([200, 201, 204, 200, 200]);
    expect(await statuses('analytics-admin')).to.deep.equal([403, 403, 403, 403, 403]);
    const consumer = `?consumer=${analytics}`;
    expect(await statuses('analytics-viewer', consumer)).to.deep.equal([200, 403, 403, 403, 403]);
    expect(await statuses('analytics-editor', consumer)).to.deep.equal([200, 201, 204, 403, 403]);
    expect(await statuses('analytics-admin', consumer)).to.deep.equal([200, 201, 204, 200, 403]);
    expect(await statuses('admin', consumer)).to.deep.equal([403, 403, 403, 403, 403]);
    expect(await statuses(`${CANARY}-token`)).to.deep.equal([401, 401, 401, 401, 401]);
  });

  it('lists stores, keys and bindings, as far as each may see them', async () => {
    const stores = async (as: string, query = ''): Promise<unknown[]> =>
      ((await call(`/api/v1/stores${query}`, { as })).json['items'] as { name: string; namespace: string }[]).map(
        ({ namespace, name }) => `${namespace}/${name}`,
      );
    expect(await stores('viewer')).to.deep.equal([`${platform}/default`]);
    expect(await stores('analytics-viewer')).to.deep.equal([]);
    expect(await stores('analytics-viewer', `?consumer=${analytics}`)).to.deep.equal([`${platform}/default`]);
    const own = await call(`${STORE}/keys?search=token`, { as: 'viewer' });
    expect(own.json['items']).to.deep.equal([{ key: 'orders/TOKEN' }, { key: 'sales/TOKEN' }]);
    const granted = await call(`${STORE}/keys?search=token&consumer=${analytics}`, { as: 'analytics-viewer' });
    expect(granted.json['items']).to.deep.equal([{ key: 'orders/TOKEN' }]);
    const bindings = await call(`/api/v1/namespaces/${analytics}/bindings`, { as: 'analytics-viewer' });
    const [binding] = bindings.json['items'] as { name: string; keys: string[]; ready: { status: string } }[];
    expect([binding?.name, binding?.keys, binding?.ready.status]).to.deep.equal(['orders', ['orders/TOKEN'], 'True']);
  });

  it('gives a pod, by its own token, what a binding that selects it covers', async () => {
    const labels = { 'spark-role': 'driver', team: 'orders', 'spark-app-name': 'etl' };
    await apply(cluster, [sparkPod(analytics, 'etl-driver', labels)]);
    const uid = await cluster.kubectl([
      ...['get', 'pod', 'etl-driver', `--namespace=${analytics}`, '--output=jsonpath={.metadata.uid}'],
    ]);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'etl-driver', uid: uid.trim() }];
    await apply(cluster, [
      sparkPod(analytics, 'etl-exec-1', { 'spark-role': 'executor' }, { ownerReferences }),
      sparkPod(analytics, 'web', { 'spark-role': 'driver', team: 'web' }),
    ]);
    for (const name of ['etl-driver', 'etl-exec-1', 'web'])
      tokens.set(name, await tokenOf(cluster, analytics, 'spark', name));
    tokens.set('spark', await tokenOf(cluster, analytics, 'spark'));
    const read = (as: string, key = 'orders/TOKEN'): Promise<Answered> => call(`/api/v1/self/keys/${key}`, { as });
    for (const as of ['etl-driver', 'etl-exec-1']) {
      const { status, json } = await read(as);
      expect([as, status, json['value'], json['binding']]).to.deep.equal([as, 200, `${CANARY}-2`, 'orders']);
    }
    const refused = { 'etl-driver': 'sales/TOKEN', web: 'orders/TOKEN', spark: 'orders/TOKEN', admin: 'orders/TOKEN' };
    for (const [as, key] of Object.entries(refused)) {
      const { status, json } = await read(as, key);
      expect([as, status, json['code']]).to.deep.equal([
        as,
        403,
        ['spark', 'admin'].includes(as) ? 'NoPod' : 'NoBinding',
      ]);
    }
  });

  it('tells who uses a key, and does not remove it under a running application', async () => {
    const usage = await call(`${STORE}/usage/orders/TOKEN`, { as: 'viewer' });
    const { bindings, applications } = usage.json as Record<string, { name: string; as: object; driver: string }[]>;
    expect(bindings?.map(({ name, as }) => [name, as])).to.deep.equal([
      ['orders', [{ what: 'variable', name: 'TOKEN' }]],
    ]);
    expect(applications?.map(({ driver }) => driver)).to.deep.equal(['etl-driver']);
    const { status, json } = await call(`${STORE}/keys/orders/TOKEN`, { as: 'editor', method: 'DELETE' });
    expect([status, json['code']]).to.deep.equal([409, 'InUse']);
    await cluster.kubectl(['delete', 'pod', 'etl-driver', `--namespace=${analytics}`, '--now']);
    // The API server may still take the token for a moment; the pod is looked for, too.
    expect((await call('/api/v1/self/keys/orders/TOKEN', { as: 'etl-driver' })).status).to.be.oneOf([401, 403]);
  });

  it('takes no token that was made for somebody else, and no right that is gone', async () => {
    const create = ['create', 'token', 'viewer', `--namespace=${platform}`, '--audience=elsewhere'];
    const token = (await cluster.kubectl(create)).trim();
    expect((await call(`${STORE}/keys`, { as: token })).status).to.equal(401);
    expect((await call(`${STORE}/keys`, { as: 'analytics-editor' })).status).to.equal(403);
    const own = `${STORE}/keys?consumer=${analytics}`;
    expect((await call(own, { as: 'analytics-editor' })).status).to.equal(200);
    await cluster.kubectl(['delete', 'rolebinding', 'editor', `--namespace=${analytics}`]);
    // The API server knows it within moments; nothing is remembered here.
    await eventually(async () => (await call(own, { as: 'analytics-editor' })).status === 403);
  });

  it('stands a thousand requests at once of one caller, and answers others meanwhile', async () => {
    const statuses: number[] = [];
    // Known to be good: from then on it is sent away without a question to the API server.
    expect((await call(`${STORE}/keys`, { as: 'analytics-viewer' })).status).to.equal(403);
    const all = Array.from({ length: 1_000 }, async () =>
      statuses.push((await call(`${STORE}/keys`, { as: 'analytics-viewer' })).status),
    );
    const other = await call(`${STORE}/keys`, { as: 'viewer' });
    await Promise.all(all);
    expect(other.status).to.equal(200);
    expect([403, 429, 503]).to.include.members(statuses);
    expect(statuses.filter((status) => status === 429).length).to.be.above(700);
  });

  it('has audited all of it, in its log and for who asks, without any value', async () => {
    const log = await readFile(operator.logFile, 'utf8');
    const tokenParts = [...tokens.values()].map((token) => token.split('.').at(-1) ?? token);
    for (const secret of [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 20), ...tokenParts])
      expect(log.includes(secret)).to.equal(false);
    const lines = log.split('\n').filter((line) => line.includes('"audit":true'));
    const events = lines.map((line) => JSON.parse(line) as AuditEvent);
    const results = new Set(events.map(({ operation, result }) => `${operation} ${result}`));
    expect([...results]).to.include.members([
      ...['created', 'ok', 'unchanged', 'VersionConflict', 'denied'].map((result) => `writeKey ${result}`),
      ...['ok', 'denied'].map((result) => `revealValue ${result}`),
      ...['ok', 'denied', 'InUse'].map((result) => `removeKey ${result}`),
      ...['ok', 'denied'].map((result) => `readOwnValue ${result}`),
    ]);
    const reads = events.filter(({ operation, result }) => operation === 'readOwnValue' && result === 'ok');
    expect(reads.map(({ caller }) => caller?.pod)).to.deep.equal([
      `${analytics}/etl-driver`,
      `${analytics}/etl-exec-1`,
    ]);
    const { json } = await call(`${STORE}/audit?limit=1000&key=orders/TOKEN`, { as: 'viewer' });
    const items = json['items'] as AuditEvent[];
    expect(items.at(-1)).to.include({ operation: 'writeKey', result: 'created' });
    expect(JSON.stringify(json)).not.to.contain(CANARY);
  });
});
