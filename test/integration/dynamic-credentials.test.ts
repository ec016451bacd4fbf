import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_FINALIZER, LABELS } from '../../operator/api/group.ts';
import { NAMESPACE, POD, SECRET, type Secret } from '../../operator/api/kinds.ts';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { eventually } from '../../tools/spark/kube.ts';
import { OpenBao } from '../servers/openbao.ts';
import { enableDatabase, LEASE_POLICY, leasesAt, readers } from '../servers/openbao-database.ts';
import { PostgresServer } from '../servers/postgres.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { sumOf } from '../support/prometheus.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const PATH = 'database/creds/readonly';
const API = 'secrets.iomete.com/v1alpha1';
const DRIVERS = 50;
/** Of the role: longer than another operator takes to lead after one was killed. Seconds. */
const TTL = 60;
const BACK_MS = 60_000;
/** Time to revoke what has ended. */
const REVOKED_MS = 5_000;
/** Credentials that were made, but not noted yet, when the operator was killed. */
const UNDER_WAY = 2;

/** A driver's pod as spark-submit makes it. No scheduler takes it, so that tests say themselves how it fares. */
function driverPod(name: string, namespace: string): KubeObject & { readonly spec: object } {
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'main.jar'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { 'spark-role': 'driver', 'spark-app-name': 'orders' } },
    spec: {
      schedulerName: 'nobody',
      restartPolicy: 'Never',
      containers: [{ name: 'spark-kubernetes-driver', image: 'spark', args }],
    },
  };
}

/** The same numbers from 0 to 1 at each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('credentials on lease, with the operator killed in between', function () {
  this.timeout(600_000);
  const { signal } = new AbortController();
  const namespace = `dynamic-${randomBytes(4).toString('hex')}`;
  const roll = dice(20_261_124);
  /** Drivers that were admitted and have not ended. */
  const live = new Set<string>();
  /** Of each that has ended: when. */
  const ended = new Map<string, number>();
  let cluster: Cluster;
  let operator: OperatorBeside;
  let bao: OpenBao;
  let postgres: PostgresServer;

  const apply = async (...items: object[]): Promise<void> => {
    await cluster.kubectl(['apply', '--server-side', '--filename=-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  };
  const wait = (what: string, condition: string): Promise<string> =>
    cluster.kubectl(['wait', what, `--for=${condition}`, `--namespace=${namespace}`, '--timeout=60s']);

  async function declare(): Promise<void> {
    const { auth } = (await bao.must('POST', 'auth/token/create', { policies: ['operator'], ttl: '2h' })) as {
      auth?: { client_token: string };
    };
    const at = (name: string): object => ({ name, namespace });
    const vault = {
      endpoint: bao.url,
      path: '/v1/secret/data/app',
      auth: { tokenSecretRef: { name: 'bao', key: 'token' } },
      dynamicPaths: ['database/creds/*'],
    };
    await apply(
      { apiVersion: 'v1', kind: 'Secret', metadata: at('bao'), stringData: { token: auth?.client_token } },
      { apiVersion: API, kind: 'SecretStoreConfig', metadata: at('vault'), spec: { type: 'vault', vault } },
      {
        apiVersion: API,
        kind: 'SparkJobSecretBinding',
        metadata: at('orders'),
        spec: {
          storeRef: { name: 'vault' },
          selector: { applications: ['orders'] },
          scope: 'Application',
          env: [
            { name: 'HOST', key: 'HOST' },
            { name: 'DB_USER', key: `${PATH}#username` },
            { name: 'DB_PASSWORD', key: `${PATH}#password` },
          ],
          sparkConf: [{ name: 'spark.orders.url', template: `jdbc://\${HOST}?user=\${${PATH}#username}` }],
        },
      },
    );
    await wait('sjsb/orders', 'condition=Ready');
  }

  /** Resolves once the webhook admitted it: while no operator runs it refuses every driver. */
  async function start(name: string): Promise<void> {
    await eventually(`driver ${name} is admitted`, BACK_MS, async () => {
      try {
        await operator.client.create(POD, driverPod(name, namespace), signal);
        return true;
      } catch {
        return undefined;
      }
    });
    live.add(name);
  }

  async function setPhase(name: string, phase: string): Promise<void> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status: { phase } };
    await operator.client.apply(POD, pod, { signal, subresource: 'status', force: true });
  }

  async function end(name: string, how: 'Succeeded' | 'Failed' | 'deleted'): Promise<void> {
    if (how === 'deleted') await operator.client.delete(POD, namespace, name, { signal });
    else await setPhase(name, how);
    live.delete(name);
    ended.set(name, performance.now());
  }

  /** The Secret of a driver's run, once it is there. */
  async function secretOf(name: string): Promise<Secret> {
    return eventually(`the Secret of ${name}`, BACK_MS, async () => {
      const text = await cluster.kubectl(['get', 'secrets', '-n', namespace, '-l', LABELS.run, '-o', 'json']);
      const { items } = JSON.parse(text) as { items: readonly Secret[] };
      return items.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === name));
    });
  }

  function loginIn({ data }: Secret): string {
    const [user = '', password = ''] = ['DB_USER', 'DB_PASSWORD'].map((name) =>
      Buffer.from(data?.[name] ?? '', 'base64').toString(),
    );
    return postgres.url({ user, password, database: 'postgres' });
  }

  const works = (url: string): Promise<boolean> =>
    postgres.query('SELECT 1', [], url).then(
      () => true,
      () => false,
    );

  const nothingLeft = (what: string): Promise<true> =>
    eventually(what, 60_000, async () => {
      const [leases, users] = await Promise.all([leasesAt(bao, PATH), readers(postgres)]);
      return leases.length === live.size && users.length === live.size ? true : undefined;
    });

  before(async () => {
    cluster = await testCluster();
    [bao, postgres, operator] = await Promise.all([
      OpenBao.start(),
      PostgresServer.start(),
      OperatorBeside.open(cluster),
    ]);
    await enableDatabase(bao, postgres, { readonly: { default_ttl: `${TTL}s`, max_ttl: '24h' } });
    await bao.must('PUT', 'sys/policies/acl/operator', { policy: LEASE_POLICY });
    await bao.must('POST', 'secret/data/app/HOST', { data: { value: 'db.test' } });
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl(['wait', `-n=${namespace}`, '--for=create', '--timeout=20s', 'serviceaccount/default']);
    await operator.start();
    await declare();
  });

  after(async () => {
    await operator.client.delete(NAMESPACE, undefined, namespace, { signal });
    await operator.close();
    await Promise.all([bao.stop(), postgres.remove()]);
  });

  it('work for a driver and its executors, and its Secret names its own leases but shows no value outside its data', async () => {
    await start('first');
    const secret = await secretOf('first');
    expect(await works(loginIn(secret))).to.be.true;
    const text = (name: string): string => Buffer.from(secret.data?.[name] ?? '', 'base64').toString();
    expect(text('spark.properties')).to.include(`spark.orders.url=jdbc\\://db.test?user\\=${text('DB_USER')}\n`);
    const reference = `secretKeyRef.DB_PASSWORD=${secret.metadata.name}\\:DB_PASSWORD`;
    expect(text('spark.properties')).to.include(reference);
    expect(JSON.stringify(secret.metadata)).not.to.include(text('DB_PASSWORD')).and.not.include(text('DB_USER'));
    expect(secret.metadata.finalizers).to.deep.equal([LEASE_FINALIZER]);
    const shared = await operator.client.get(SECRET, namespace, 'spark-secrets-orders', signal);
    const own = ['executor-references.txt', 'leased.json', 'redaction.regex', 'references.txt', 'spark.properties'];
    expect(shared?.data).to.have.all.keys('HOST', keyIndexName('orders'), ...own);
    expect(await leasesAt(bao, PATH)).to.have.length(1);
    const metrics = await operator.metrics();
    expect(sumOf(metrics, 'spark_secrets_leases')).to.equal(1);
    await end('first', 'Succeeded');
    await nothingLeft('a lease is revoked when its driver succeeds');
    expect(await works(loginIn(secret))).to.be.false;
    const after = await operator.client.get(SECRET, namespace, secret.metadata.name, signal);
    expect(after?.metadata.finalizers ?? []).to.deep.equal([]);
  });

  it('leave nothing behind when drivers come and go at random and the operator is killed twice', async () => {
    await start('keeper');
    await setPhase('keeper', 'Running');
    const login = loginIn(await secretOf('keeper'));
    const since = performance.now();
    const counts: { readonly leases: number; readonly most: number }[] = [];
    const pending = new Set<string>();
    let downSince = Infinity;
    let kills = 0;
    const sampling = new AbortController();
    const sampled = (async () => {
      while (!sampling.signal.aborted) {
        // What ended while no operator ran is revoked when one does; what was under way at a kill ends by itself.
        const since = Math.min(downSince, performance.now()) - REVOKED_MS;
        const recent = [...ended.values()].filter((at) => at > since).length;
        const most = live.size + recent + pending.size + UNDER_WAY * kills;
        counts.push({ leases: (await leasesAt(bao, PATH)).length, most });
        await sleep(200);
      }
    })();
    const drive = async (at: number): Promise<void> => {
      const name = `driver-${at}`;
      await sleep(roll() * 20_000);
      pending.add(name);
      await start(name);
      pending.delete(name);
      if (roll() < 0.7) await setPhase(name, 'Running');
      await sleep(roll() * 8_000);
      const how = (['Succeeded', 'Failed', 'deleted', 'deleted'] as const)[Math.floor(roll() * 4)];
      await end(name, how ?? 'deleted');
    };
    const all = Promise.all(Array.from({ length: DRIVERS }, (_, at) => drive(at)));
    for (const pause of [6_000, 9_000]) {
      await sleep(pause);
      downSince = performance.now();
      kills += 1;
      await operator.kill();
      await operator.start();
      await sleep(REVOKED_MS);
      downSince = Infinity;
    }
    await all;
    expect(live).to.deep.equal(new Set(['keeper']));
    const quiet = performance.now();
    await nothingLeft('no lease and no user but the one of the driver that runs');
    const tookMs = performance.now() - quiet;
    sampling.abort();
    await sampled;
    expect(counts.filter(({ leases, most }) => leases > most)).to.deep.equal([]);
    expect(Math.max(...counts.map(({ leases }) => leases))).to.be.greaterThan(3);
    expect(tookMs).to.be.lessThan(60_000);
    // One for each driver, and once more for those that were under way when the operator was killed.
    const made = (await bao.audited()).filter(({ request }) => request.path === PATH).length;
    expect(made).to.be.within(DRIVERS / 2, DRIVERS + 12);
    // Its first time is over: it was renewed, by three operators.
    await sleep(Math.max(0, since + (TTL + 5) * 1000 - performance.now()));
    expect(await works(login)).to.be.true;
    await end('keeper', 'deleted');
    await nothingLeft('nothing at all');
    expect(await works(login)).to.be.false;
  });

  it('are revoked also when their driver ends while no operator runs', async () => {
    for (const name of ['gone', 'done']) {
      await start(name);
      await secretOf(name);
    }
    await operator.kill();
    await end('gone', 'deleted');
    await end('done', 'Failed');
    await sleep(2_000);
    expect(await leasesAt(bao, PATH)).to.have.length(2);
    await operator.start();
    await nothingLeft('what ended meanwhile');
  });

  it('of which a path is not listed, or the store is not granted, are refused with the reason at the webhook', async () => {
    await cluster.kubectl([
      'patch',
      'ssc',
      'vault',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"vault":{"dynamicPaths":["other/*"]}}}',
    ]);
    await wait('sjsb/orders', 'condition=Ready=false');
    await sleep(1_000); // The webhook's own watch may bring it some milliseconds after kubectl's.
    const refusal = await operator.client.create(POD, driverPod('refused', namespace), signal).then(
      () => 'admitted',
      (error: unknown) => String(error),
    );
    expect(refusal).to.include('NotLeasable').and.to.include(`does not list ${PATH} in spec.vault.dynamicPaths`);
    expect(await leasesAt(bao, PATH)).to.deep.equal([]);
  });
});
