import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_VERSION } from '../../operator/api/group.ts';
import { SECRET, SECRET_STORE_CONFIG } from '../../operator/api/kinds.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { OpenBao } from '../servers/openbao.ts';
import { freePort } from '../support/free-port.ts';
import { tokenConfig } from '../support/kubeconfig.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import type { HttpsClient } from '../webhook/https-client.ts';
import { account, apiClient, callApi, tokenOf, type Answered } from './api-scene.ts';

const namespace = `api-replicas-${randomBytes(3).toString('hex')}`;
const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const STORE = `/api/v1/namespaces/${namespace}/stores/vault`;
const main = join(import.meta.dirname, '..', '..', 'operator', 'main.ts');
/** The store is read anew once an hour otherwise. */
const IN_TIME_MS = 20_000;

describe('a write by a replica that does not lead', function () {
  this.timeout(120_000);
  const { signal } = new AbortController();
  let cluster: Cluster;
  let leader: OperatorBeside;
  let bao: OpenBao;
  let folder: string;
  let second: ChildProcess;
  let client: HttpsClient;
  let token: string;

  before(async () => {
    cluster = await testCluster();
    folder = await mkdtemp(join(tmpdir(), 'api-replicas-'));
    bao = await OpenBao.start();
    leader = await OperatorBeside.open(cluster);
    await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await leader.start();
    const apiPort = await startSecond();
    const auth = { tokenSecretRef: { name: 'bao', key: 'token' } };
    await apply(cluster, [
      ...account(namespace, 'admin', `${leader.namespace}-spark-secrets-operator-admin`),
      { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'bao' }, stringData: { token: bao.rootToken } },
      {
        apiVersion: API_VERSION,
        kind: 'SecretStoreConfig',
        metadata: { namespace, name: 'vault' },
        spec: { type: 'vault', vault: { endpoint: bao.url, path: '/v1/secret/data/app', auth }, refreshInterval: '1h' },
      },
      {
        apiVersion: API_VERSION,
        kind: 'SparkJobSecretBinding',
        metadata: { namespace, name: 'orders' },
        spec: {
          storeRef: { name: 'vault' },
          selector: { applications: ['orders'] },
          env: [{ name: 'TOKEN', key: 'orders/TOKEN' }],
        },
      },
    ]);
    token = await tokenOf(cluster, namespace, 'admin');
    client = await apiClient(cluster, leader.namespace, apiPort);
  });

  after(async () => {
    client.close();
    second.kill('SIGTERM');
    if (second.exitCode === null) await once(second, 'exit');
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await leader.close();
    await bao.stop();
    await rm(folder, { recursive: true });
  });

  /** Another replica, with the rights of the chart. Resolves to the port of its API when it is ready. */
  async function startSecond(): Promise<number> {
    const name = `${leader.namespace}-spark-secrets-operator`;
    const file = join(folder, 'kubeconfig');
    await writeFile(file, await kubeconfig(name), { mode: 0o600 });
    const [webhook, api, health] = [await freePort(), await freePort(), await freePort()];
    const log = openSync(join(folder, 'log'), 'a');
    second = spawn(process.execPath, [main], {
      env: {
        ...{ PATH: process.env['PATH'], KUBECONFIG: file, POD_NAMESPACE: leader.namespace, POD_NAME: 'second' },
        ...{ WEBHOOK_SERVICE: name, WEBHOOK_CONFIGURATION: name, LEASE_NAME: name, SERVICE_ACCOUNT: name },
        ...{
          CERTIFICATE_SECRET: `${name}-certificate`,
          CA_CONFIG_MAP: `${name}-ca`,
          WEBHOOK_URL: `https://127.0.0.1:${webhook}`,
        },
        ...{ WEBHOOK_PORT: String(webhook), API_PORT: String(api), HEALTH_PORT: String(health) },
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await eventually('the second replica is ready', 30_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${health}/readyz`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    });
    return api;
  }

  async function kubeconfig(serviceAccount: string): Promise<string> {
    return tokenConfig(cluster, await tokenOf(cluster, leader.namespace, serviceAccount));
  }

  function call(path: string, method = 'GET', body?: object): Promise<Answered> {
    return callApi(client, path, { token, method, body });
  }

  async function given(value: string, limitMs: number): Promise<void> {
    await eventually('the binding has it', limitMs, async () => {
      const secret = await leader.client.get(SECRET, namespace, 'spark-secrets-orders', signal);
      const values = Object.values(secret?.data ?? {}).map((data) => Buffer.from(data, 'base64').toString('utf8'));
      return values.includes(value) ? true : undefined;
    });
  }

  it('reaches the bindings at once, also where the store does not tell by itself', async () => {
    expect((await call(`${STORE}/keys/orders/TOKEN`, 'PUT', { value: `${CANARY}-1` })).status).to.equal(201);
    await given(`${CANARY}-1`, 30_000);
    const start = performance.now();
    expect((await call(`${STORE}/keys/orders/TOKEN`, 'PUT', { value: `${CANARY}-2` })).status).to.equal(200);
    await given(`${CANARY}-2`, IN_TIME_MS);
    expect(performance.now() - start).to.be.below(IN_TIME_MS);
    const store = await leader.client.get(SECRET_STORE_CONFIG, namespace, 'vault', signal);
    expect(Date.parse(store?.metadata.annotations?.['secrets.iomete.com/refresh'] ?? '')).to.be.closeTo(
      Date.now(),
      30_000,
    );
    expect(store?.metadata.generation).to.equal(1);
  });

  it('can be rolled back, and is in that replica’s audit, without any value', async () => {
    const { json } = await call(`${STORE}/versions/orders/TOKEN`);
    const [, former] = json['items'] as { version: string }[];
    const back = await call(`${STORE}/rollback/orders/TOKEN`, 'POST', { version: former?.version });
    expect(back.status).to.equal(200);
    await given(`${CANARY}-1`, IN_TIME_MS);
    const log = await readFile(join(folder, 'log'), 'utf8');
    expect(log).to.contain('"operation":"rollBackKey"').and.not.contain(CANARY);
    expect(log).not.to.contain(token);
  });
});
