import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { clusterReader } from '../../cli/explain/cluster-reader.ts';
import { clientPrograms } from '../../deploy/local/binaries.ts';
import { API_VERSION } from '../../operator/api/group.ts';
import type { Explanation } from '../../operator/injection/explain/result.ts';
import { apply, getAll, type KubeObject } from '../../tools/spark/kube.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import { HttpsClient, type HttpAnswer } from '../webhook/https-client.ts';

const namespace = `explain-${randomBytes(3).toString('hex')}`;
const where = `--namespace=${namespace}`;
const bin = join(import.meta.dirname, '..', '..', 'cli', 'spark-secrets.mjs');
const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const LIMIT_MS = 60_000;

const at = (name: string): object => ({ name, namespace });

/** A driver that no scheduler takes. */
function driver(name: string, application: string): object {
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'main.jar'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { 'spark-role': 'driver', 'spark-app-name': application } },
    spec: { schedulerName: 'nobody', containers: [{ name: 'spark-kubernetes-driver', image: 'spark', args }] },
  };
}

const application = {
  apiVersion: 'sparkoperator.k8s.io/v1beta2',
  kind: 'SparkApplication',
  metadata: { name: 'orders-etl', namespace },
  spec: { mainClass: 'Main', sparkConf: { 'spark.orders.token': '${secrets.TOKEN}' } },
};

/** A ServiceAccount that may read what the lines say: `pods get`. */
function account(name: string, ...rules: readonly string[]): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const groups: Readonly<Record<string, string>> = { sparkjobsecretbindings: 'secrets.iomete.com' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: at(name) },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: at(name),
      rules: rules.map((rule) => {
        const [resource = '', ...verbs] = rule.split(' ');
        return { apiGroups: [groups[resource] ?? ''], resources: [resource], verbs };
      }),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: at(name),
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', ...at(name) }],
    },
  ];
}

describe('explain, on a real API server', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorBeside;
  let folder: string;
  let client: HttpsClient;

  before(async () => {
    cluster = await testCluster();
    folder = await mkdtemp(join(tmpdir(), 'explain-'));
    await symlink(bin, join(folder, 'kubectl-spark_secrets'));
    await writeFile(join(folder, 'job.json'), JSON.stringify(application));
    operator = await OperatorBeside.open(cluster);
    await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await cluster.kubectl(['wait', where, '--for=create', '--timeout=30s', 'serviceaccount/default']);
    await operator.start();
    const bind = (name: string, spec: object): object => ({
      apiVersion: API_VERSION,
      kind: 'SparkJobSecretBinding',
      metadata: at(name),
      spec: { storeRef: { name: 'default' }, ...spec },
    });
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'Secret', metadata: at('values'), stringData: { TOKEN: CANARY } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...at('values.db'), labels: { 'secrets.iomete.com/store': 'values' } },
        stringData: { USER: `${CANARY}-user`, PASSWORD: `${CANARY}-password` },
      },
      {
        apiVersion: API_VERSION,
        kind: 'SecretStoreConfig',
        metadata: at('default'),
        spec: { type: 'kubernetes', kubernetes: { secretName: 'values' } },
      },
      bind('orders', {
        selector: { applications: ['orders-*'] },
        env: [{ name: 'ORDERS_TOKEN', key: 'TOKEN' }],
        envFrom: [{ group: 'db', prefix: 'DB_' }],
        sparkConf: [{ name: 'spark.orders.url', template: 'jdbc:x?password=${db/PASSWORD}' }],
      }),
      bind('sales', { selector: { matchLabels: { team: 'sales' } }, env: [{ name: 'A', key: 'TOKEN' }] }),
      ...account('reader', 'sparkjobsecretbindings get list', 'pods get'),
      ...account('bindings', 'sparkjobsecretbindings get list'),
      ...account('nobody'),
    ]);
    await cluster.kubectl(['wait', where, '--for=condition=Ready', '--timeout=60s', 'sjsb', '--all']);
    await apply(cluster, [driver('orders-driver', 'orders-etl'), driver('other-driver', 'other')]);
    client = new HttpsClient(operator.apiPort, await authorities(), {
      servername: '',
      checkServerIdentity: () => undefined,
    });
  });

  after(async () => {
    client.close();
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await operator.close();
    await rm(folder, { recursive: true });
  });

  /** Who signs the webhook's certificate, which is the API's too. */
  async function authorities(): Promise<string> {
    interface Configuration extends KubeObject {
      readonly webhooks: readonly { readonly clientConfig: { readonly caBundle: string } }[];
    }
    const name = `${operator.namespace}-spark-secrets-operator`;
    const [found] = await getAll<Configuration>(cluster, 'mutatingwebhookconfiguration', name);
    return Buffer.from(found?.webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString('utf8');
  }

  function holdsNoValue(said: string): void {
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 20)]) expect(said).not.to.contain(form);
  }

  /** As a person types it. */
  async function kubectl(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const path = [await clientPrograms(), folder, process.env['PATH'] ?? ''].join(delimiter);
    const context = cluster.context === undefined ? [] : [`--context=${cluster.context}`];
    const env = { ...process.env, HOME: folder, PATH: path, KUBECONFIG: cluster.kubeconfig };
    const child = spawn('kubectl', ['spark-secrets', 'explain', where, ...context, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    holdsNoValue(out + err);
    return { code: await ended, out, err };
  }

  async function explained(...args: string[]): Promise<Explanation> {
    const { code, out, err } = await kubectl('--output=json', ...args);
    expect([code, err]).to.deep.equal([0, '']);
    const { explanations } = JSON.parse(out) as { explanations: [Explanation] };
    return explanations[0];
  }

  async function tokenOf(name: string): Promise<string> {
    return (await cluster.kubectl(['create', 'token', name, where])).trim();
  }

  /** A kubeconfig in which this ServiceAccount is the user. */
  async function kubeconfigOf(name: string): Promise<string> {
    const args = ['config', 'view', '--raw', '--minify', '--flatten', '--output=json'];
    const config = JSON.parse(await cluster.kubectl(args)) as { users: object[] };
    const [user] = config.users as [{ name: string }];
    const path = join(folder, `${name}.json`);
    const users = [{ name: user.name, user: { token: await tokenOf(name) } }];
    await writeFile(path, JSON.stringify({ ...config, users }), { mode: 0o600 });
    return path;
  }

  async function post(body: object, token?: string): Promise<HttpAnswer> {
    const sent = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(sent),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const answer = await client.post(sent, { path: `/api/v1/namespaces/${namespace}/explain`, headers });
    holdsNoValue(answer.body);
    return answer;
  }

  it('tells by kubectl of a pod that has secrets which, from where, and why', async () => {
    const { code, out } = await kubectl('orders-driver', '--check');
    expect(code).to.equal(0);
    expect(out).to.contain(`Pod ${namespace}/orders-driver: has secrets`);
    expect(out).to.match(/^orders +yes +True +application orders-etl matches orders-\*$/m);
    expect(out).to.match(/^sales +no +True +label team is missing: it would have to be "sales"$/m);
    expect(out).to.match(/variable +ORDERS_TOKEN +key TOKEN +driver, executors$/m);
    expect(out).to.match(/variable +DB_PASSWORD +key db\/PASSWORD \(of group db\) +driver, executors$/m);
    expect(out).to.match(
      /property +spark.orders.url +template of db\/PASSWORD +driver, executors +in the properties$/m,
    );
  });

  it('tells of a pod that no binding selects', async () => {
    const { code, out } = await kubectl('pod/other-driver', '--check');
    expect(code).to.equal(3);
    expect(out).to.contain('other-driver: would get no secrets');
    expect(out).to.contain('no name of the application (other) matches orders-*');
  });

  it('tells of a manifest what its pod would get, and of a pod that is not there that it is not', async () => {
    const found = await explained('-f', join(folder, 'job.json'));
    expect(found.verdict).to.equal('WouldInject');
    expect(found.references).to.deep.equal([
      { where: 'property spark.orders.token', key: 'TOKEN', coveredBy: ['orders'], outcome: 'Resolved' },
    ]);
    const { code, err } = await kubectl('nowhere');
    expect([code, err]).to.deep.equal([1, `spark-secrets: pod ${namespace}/nowhere: pods "nowhere" not found\n`]);
  });

  it('tells the same to somebody who may not list Secrets, and says so', async () => {
    const full = await explained('orders-driver');
    const less = await explained('orders-driver', '--kubeconfig', await kubeconfigOf('reader'));
    expect(less.notes.join()).to.contain('You may not list Secrets here');
    expect({ ...less, notes: [] }).to.deep.equal({ ...full, notes: [] });
  });

  it('tells somebody without rights what they may not', async () => {
    const { code, out, err } = await kubectl('orders-driver', '--kubeconfig', await kubeconfigOf('nobody'));
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.match(/^spark-secrets: pod .*: pods "orders-driver" is forbidden: User "system:serviceaccount:/);
  });

  it('gets no value from the API server', async () => {
    const { kubeconfig, context } = cluster;
    const secrets = await clusterReader({ kubeconfig, context }).bindingSecrets(namespace);
    expect(secrets?.map(({ metadata }) => metadata.name).sort()).to.deep.equal([
      'spark-secrets-orders',
      'spark-secrets-sales',
    ]);
    expect(JSON.stringify(secrets)).not.to.contain('"data"');
    holdsNoValue(JSON.stringify(secrets));
  });

  it('answers by the API what the command tells', async () => {
    const token = await tokenOf('reader');
    const ofPod = await post({ pod: 'orders-driver' }, token);
    const ofManifest = await post({ manifest: application }, token);
    expect([ofPod.status, ofManifest.status]).to.deep.equal([200, 200]);
    expect(JSON.parse(ofPod.body)).to.deep.equal(await explained('orders-driver'));
    expect(JSON.parse(ofManifest.body)).to.deep.equal(await explained('-f', join(folder, 'job.json')));
  });

  it('answers by the API only to whom the cluster knows, and what they may', async () => {
    const manifest = { manifest: application };
    const [bindings, nobody] = [await tokenOf('bindings'), await tokenOf('nobody')];
    const statuses = {
      'no token': (await post(manifest)).status,
      'a wrong token': (await post(manifest, `${bindings.slice(0, -5)}AAAAA`)).status,
      'nobody’s token': (await post(manifest, nobody)).status,
      'bindings, manifest': (await post(manifest, bindings)).status,
      'bindings, pod': (await post({ pod: 'orders-driver' }, bindings)).status,
      'no such pod': (await post({ pod: 'nowhere' }, await tokenOf('reader'))).status,
    };
    expect(statuses).to.deep.equal({
      'no token': 401,
      'a wrong token': 401,
      'nobody’s token': 403,
      'bindings, manifest': 200,
      'bindings, pod': 403,
      'no such pod': 404,
    });
  });
});
