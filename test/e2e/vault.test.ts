import { expect } from 'chai';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { run } from '../../deploy/local/run.ts';
import { apply } from '../../tools/spark/kube.ts';
import { expectedOf } from '../../tools/spark/quickstart.ts';
import { compare } from '../../tools/spark/report.ts';
import { ended, release, reports } from '../../tools/spark/submit.ts';
import { OpenBao } from '../servers/openbao.ts';
import { openBaoProgram } from '../servers/openbao-program.ts';
import { bindingData, readiness, removeNamespaces, sparkNamespace } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'examples', 'vault');
const NAMESPACE = 'warehouse';
/** What the README puts into Vault. */
const VALUES = {
  LICENSE_KEY: 'my-license',
  S3_SECRET_KEY: 'my-s3-key',
  DB_PASSWORD: 'my-password',
  API_TOKEN: 'my-token',
};
const REVIEWER = 'vault-reviewer';

describe('examples/vault', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let server: OpenBao;
  let folder: string;

  const example = (name: string): Promise<string> => readFile(join(FOLDER, name), 'utf8');
  /** The README's block of commands that begins so, run as it stands by a shell. */
  const runBlock = async (start: string): Promise<void> => {
    const blocks = (await example('README.md')).matchAll(/^```sh\n([^]*?)^```/gm);
    const block = [...blocks].map(([, text = '']) => text).find((text) => text.startsWith(start));
    expect(block, `a block that starts with ${start}`).to.be.a('string');
    const kubeconfig = JSON.parse(await cluster.kubectl(['config', 'view', '--raw', '--output=json'])) as {
      clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    };
    const [{ cluster: api }] = kubeconfig.clusters;
    const ca = join(folder, 'ca.crt');
    await writeFile(ca, Buffer.from(api['certificate-authority-data'], 'base64'));
    const env = {
      PATH: [folder, process.env['PATH']].join(delimiter),
      HOME: folder,
      BAO_ADDR: server.url,
      BAO_TOKEN: server.rootToken,
      KUBERNETES_HOST: api.server,
      KUBERNETES_CA: ca,
      REVIEWER_TOKEN: (await cluster.kubectl(['create', 'token', REVIEWER, '--namespace=default'])).trim(),
    };
    await run('sh', ['-euc', block ?? ''], { env, cwd: FOLDER, timeoutMs: 60_000 });
  };

  before(async () => {
    ({ cluster } = await environment());
    const host = cluster.hostAddress;
    if (host === undefined) throw new Error('the cluster has no address of this machine: a local cluster is needed');
    folder = await mkdtemp(join(tmpdir(), 'vault-example-'));
    await symlink(await openBaoProgram(), join(folder, 'bao'));
    server = await OpenBao.start({ host });
    const subjects = [{ kind: 'ServiceAccount', name: REVIEWER, namespace: 'default' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' };
    const rbac = 'rbac.authorization.k8s.io/v1';
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: REVIEWER, namespace: 'default' } },
      { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name: REVIEWER }, subjects, roleRef },
    ]);
    await sparkNamespace(cluster, NAMESPACE);
  });
  after(async () => {
    await cluster.kubectl(['delete', 'ssc/vault', '--namespace=spark-secrets-system', '--ignore-not-found']);
    await cluster.kubectl(['delete', 'clusterrolebinding', REVIEWER, '--ignore-not-found']);
    await cluster.kubectl(['delete', 'serviceaccount', REVIEWER, '--namespace=default', '--ignore-not-found']);
    await removeNamespaces(cluster, NAMESPACE);
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('its commands set up OpenBao, and the operator logs in with its own ServiceAccount', async () => {
    await runBlock('bao kv put secret/iomete/poc/LICENSE_KEY');
    const store = (await example('store.yaml')).replace('http://vault.vault.svc:8200', server.url);
    await apply(cluster, `${store}---\n${await example('binding.yaml')}`);
    await readiness(cluster, NAMESPACE, 'orders');
    const requests = (await server.audited()).filter(({ request }) => request.path === 'auth/kubernetes/login');
    expect(requests.length).to.be.greaterThan(0);
  });

  it('a run keeps the values that it started with, and the binding has the new ones for the next', async () => {
    const { sparkImage } = await environment();
    const { env, conf } = expectedOf(VALUES);
    const args = ['--env', ...Object.keys(env), '--conf', ...Object.keys(conf), '--hold-seconds=120'];
    const job = await startJob(cluster, { namespace: NAMESPACE, name: 'orders-report', image: sparkImage, args });
    const received = await reports(cluster, job, { count: 3, timeoutMs: 200_000 });
    expect(compare(received, { env, conf }).filter(({ ok }) => !ok)).to.deep.equal([]);
    const runs = await cluster.kubectl([
      'get',
      'secrets',
      `--namespace=${NAMESPACE}`,
      '--selector=secrets.iomete.com/run',
      '--output=name',
    ]);
    expect(runs.trim().split('\n')).to.have.length(1);
    await runBlock('bao kv put secret/iomete/poc/orders/DB_PASSWORD value=another-password');
    const started = performance.now();
    let present = await bindingData(cluster, NAMESPACE, 'orders');
    while (present?.['ORDERS_DB_PASSWORD'] !== 'another-password' && performance.now() - started < 35_000)
      present = await bindingData(cluster, NAMESPACE, 'orders');
    expect(present?.['ORDERS_DB_PASSWORD']).to.equal('another-password');
    const own = await cluster.kubectl([
      'get',
      runs.trim(),
      `--namespace=${NAMESPACE}`,
      '--output=jsonpath={.data.ORDERS_DB_PASSWORD}',
    ]);
    expect(Buffer.from(own, 'base64').toString()).to.equal(VALUES.DB_PASSWORD);
    await release(cluster, job);
    const { driverPhase } = await ended(cluster, job, 60_000);
    expect(driverPhase).to.equal('Succeeded');
  });
});
