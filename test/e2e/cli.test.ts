import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/program.ts';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { API_VERSION } from '../../operator/api/group.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { silentIo } from '../cli/silent-io.ts';
import { account, tokenOf } from '../integration/api-scene.ts';
import { tokenConfig } from '../support/kubeconfig.ts';
import { removeNamespaces } from './support/declare.ts';
import { environment } from './support/environment.ts';

const namespace = `e2e-cli-${randomBytes(3).toString('hex')}`;
const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const rbac = 'rbac.authorization.k8s.io';

const store = (name: string): object => ({
  apiVersion: API_VERSION,
  kind: 'SecretStoreConfig',
  metadata: { namespace, name },
  spec: { type: 'kubernetes', kubernetes: { secretName: name } },
});
const secret = (name: string, stringData: object): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  stringData,
});

/** The way in of people who administer nothing. */
const reach = {
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata: { namespace: OPERATOR.namespace, name: namespace },
  roleRef: { apiGroup: rbac, kind: 'Role', name: `${OPERATOR.name}-caller` },
  subjects: [{ kind: 'ServiceAccount', namespace, name: 'person' }],
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the command spark-secrets, with the operator in pods', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder: string;
  let admin: readonly string[];

  before(async () => {
    ({ cluster } = await environment());
    folder = await mkdtemp(join(tmpdir(), 'e2e-cli-'));
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...account(namespace, 'admin', `${OPERATOR.name}-admin`),
      ...account(namespace, 'person', `${OPERATOR.name}-editor`),
      reach,
      // A store without its Secret is not Ready.
      ...['first', 'second'].flatMap((name) => [secret(name, {}), store(name)]),
      secret('iomete-secret-store', { TOKEN: CANARY, LINES: 'a\nb\n' }),
      secret('iomete-secret-store-sales', { TOKEN: 'of sales' }),
    ]);
    const ready = ['wait', `--namespace=${namespace}`, '--for=condition=Ready', '--timeout=30s'];
    await cluster.kubectl([...ready, 'secretstoreconfig/first', 'secretstoreconfig/second']);
    const context = cluster.context === undefined ? [] : ['--context', cluster.context];
    admin = ['--kubeconfig', cluster.kubeconfig, ...context, '--as-account', `${namespace}/admin`];
  });

  after(async () => {
    const home = `--namespace=${OPERATOR.namespace}`;
    await cluster.kubectl(['delete', home, `rolebinding/${namespace}`, '--ignore-not-found']);
    await removeNamespaces(cluster, namespace);
    await rm(folder, { recursive: true });
  });

  async function command(...args: readonly string[]): Promise<Ran> {
    const io = silentIo();
    const code = await run(args, io);
    if (args[0] !== 'get') expect(io.out() + io.err()).not.to.contain(CANARY);
    return { code, out: io.out(), err: io.err() };
  }

  /** A kubeconfig with the token of a ServiceAccount, as OIDC or a cloud's login would give one. */
  async function kubeconfigOf(name: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, tokenConfig(cluster, await tokenOf(cluster, namespace, name)), { mode: 0o600 });
    return path;
  }

  it('finds the operator by a forwarded port, takes over what IOMETE has, and copies it on', async () => {
    const [first, second] = [`${namespace}/first`, `${namespace}/second`];
    const imported = await command('import', '--from-iomete', namespace, '--store', first, ...admin);
    expect([imported.code, imported.err]).to.deep.equal([0, '']);
    expect(imported.out).to.contain(`${first}: 3 created.`);
    const copied = await command('copy', first, second, ...admin);
    expect([copied.code, copied.err]).to.deep.equal([0, '']);
    expect((await command('list', '-r', '--store', second, ...admin)).out.split('\n').sort()).to.deep.equal([
      ...['', 'LINES', 'TOKEN', 'sales/TOKEN'],
    ]);
    expect((await command('get', 'TOKEN', '--store', second, ...admin)).out).to.equal(CANARY);
  });

  it('says how an installation is, to who may look', async () => {
    // Other tests make bindings meanwhile, whose namespaces are covered a moment later.
    const ours = await eventually('the doctor finds all well', 20_000, async () => {
      const found = await findings();
      return found.every(({ state }) => state === 'ok') ? found : undefined;
    });
    expect(new Set(ours.map(({ area }) => area))).to.deep.equal(
      new Set(['crds', 'operator', 'leader', 'webhook', 'certificate', 'api']),
    );
    const message = `keys of ${namespace}/first: you may list, get, create, update, delete`;
    expect(ours.map((finding) => finding.message)).to.include(message);
  });

  /** But of stores and bindings: other tests have some that are not Ready on purpose. */
  async function findings(): Promise<{ area: string; state: string; message: string }[]> {
    const { code, out, err } = await command('doctor', '-o', 'json', ...admin);
    expect([code, err]).to.be.deep.oneOf([
      [0, ''],
      [3, ''],
    ]);
    const all = (JSON.parse(out) as { findings: { area: string; state: string; message: string }[] }).findings;
    return all.filter(({ area }) => !['stores', 'bindings'].includes(area));
  }

  it('works for who administers nothing, with the rights that the documentation names', async () => {
    const person = ['--kubeconfig', await kubeconfigOf('person'), '--store', `${namespace}/first`];
    expect(await command('list', 'sales', ...person)).to.deep.equal({ code: 0, out: 'sales/TOKEN\n', err: '' });
    const refused = await command('get', 'TOKEN', ...person);
    expect([refused.code, refused.err]).to.deep.equal([
      1,
      `spark-secrets: system:serviceaccount:${namespace}:person may not get secretstoreconfigs/keys.secrets.iomete.com in namespace ${namespace}.\n`,
    ]);
    const other = await command('stores', '--kubeconfig', join(folder, 'person'), '--operator-namespace', 'default');
    expect(other.err).to.contain('Without that right give --server');
  });
});
