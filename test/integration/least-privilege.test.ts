import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { API_VERSION } from '../../operator/api/group.ts';
import { rulesOnObjects } from '../../deploy/manifests/rules.ts';
import { apply, getAll } from '../../tools/spark/kube.ts';
import { manifests, type Manifest } from '../deploy/rendered-chart.ts';
import type { Cluster } from '../support/test-cluster.ts';
import { account, sparkPod } from './api-scene.ts';
import { CRDS, loneCluster } from './lone-cluster.ts';
import { Person } from './least-privilege/person.ts';
import { rightsOf, superfluous } from './least-privilege/rights.ts';

const root = join(import.meta.dirname, '..', '..');
const chart = join(root, 'deploy', 'chart');
const RBAC = 'rbac.authorization.k8s.io';
/** Kinds of other programs, which are not here. */
const ELSEWHERE = /\.(?:monitoring\.coreos\.com|cert-manager\.io) /;

const id = `least-${randomBytes(3).toString('hex')}`;
const [home, ci, platform, data] = ['home', 'ci', 'platform', 'data'].map((of) => `${id}-${of}`) as [
  string,
  string,
  string,
  string,
];
const name = `${id}-spark-secrets-operator`;

/** The documentation's names as those of this test. */
const renamed = (text: string): string =>
  text
    .replaceAll('spark-secrets-installers', `system:serviceaccounts:${ci}`)
    .replaceAll(/spark-secrets-installer\b/g, `${id}-installer`)
    .replaceAll('spark-secrets-system', home)
    .replaceAll('spark-secrets-operator', name)
    .replaceAll('namespace: platform', `namespace: ${platform}`)
    .replaceAll('namespace: analytics', `namespace: ${data}`);

const binding = (kind: string, role: string, namespace: string, subject: object): object => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: role, namespace },
  roleRef: { apiGroup: RBAC, kind, name: role },
  subjects: [subject],
});
const serviceAccount = (namespace: string, of: string): object => ({
  ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: of, namespace } },
});
const personOf = (namespace: string, of: string): object => ({ kind: 'ServiceAccount', namespace, name: of });
const store = (of: string, namespace = platform): object => ({
  ...{ apiVersion: API_VERSION, kind: 'SecretStoreConfig', metadata: { name: of, namespace } },
  spec: { type: 'kubernetes', access: [{ namespaces: { matchNames: [data] }, keys: ['orders/*'] }] },
});
const values = (of: string): object => {
  const labels = { 'secrets.iomete.com/store': 'iomete-secret-store' };
  const metadata = { name: of, namespace: platform, labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { TOKEN: 'a token' } };
};
const asks = (of: string, namespace = data): object => ({
  ...{ apiVersion: API_VERSION, kind: 'SparkJobSecretBinding', metadata: { name: of, namespace } },
  spec: {
    storeRef: { name: 'default', namespace: platform },
    selector: { applications: ['orders'] },
    env: [{ name: 'TOKEN', key: 'orders/TOKEN' }],
  },
});

const isHook = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/hook'] !== undefined;

describe('the least rights that docs/install.md promises', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder: string;
  let installer: Person;
  let stores: Person;
  let bindings: Person;
  let auditor: Person;
  let image: readonly string[];
  /** All objects of the release, of each of its revisions. */
  const made: Manifest[] = [];
  let roles: readonly Manifest[];

  const everything = `secretStore.type=kubernetes,networkPolicy.enabled=true,ingress.enabled=true,ingress.hosts={a.example},metrics.dashboard.enabled=true,finalStateGuard.enabled=true`;
  const one = ['controller', 'webhook', 'api'].map((part) => `apart.${part}.replicas=1`);
  const other = `namespaces={${platform},${data}},apart.enabled=true,${one.join()}`;
  const helm = async (command: string, ...more: readonly string[]): Promise<void> => {
    const set = ['--set', everything, ...image, ...more];
    await installer.helm([command, id, chart, `--namespace=${home}`, '--wait', '--timeout=90s', ...set]);
    for (const part of ['manifest', 'hooks'])
      made.push(...manifests(await cluster.helm(['get', part, id, `--namespace=${home}`])));
  };

  before(async function () {
    this.timeout(600_000); // the image may have to be built first
    ({ cluster, image } = await loneCluster());
    const documented = await readFile(join(root, 'docs', 'install.md'), 'utf8');
    const [, block = ''] = /```yaml\n(kind: Role\n[^]*?)```/.exec(documented) ?? [];
    const ofInstaller = renamed(await readFile(join(root, 'deploy', 'manifests', 'installer.yaml'), 'utf8'));
    roles = manifests(renamed(block));
    const namespaces = [ci, platform, data].map((of) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: of },
    }));
    await apply(cluster, namespaces);
    await apply(cluster, ofInstaller);
    await apply(cluster, [
      serviceAccount(ci, 'installer'),
      serviceAccount(platform, 'stores'),
      serviceAccount(data, 'bindings'),
      serviceAccount(data, 'spark'),
      ...account(platform, 'auditor', `${name}-viewer`),
      ...roles,
      binding('Role', 'secret-stores', platform, personOf(platform, 'stores')),
      binding('Role', 'secret-bindings', data, personOf(data, 'bindings')),
      binding('Role', `${name}-caller`, home, personOf(platform, 'auditor')),
    ]);
    folder = await mkdtemp(join(tmpdir(), 'least-privilege-'));
    installer = await Person.of(cluster, folder, ci, 'installer');
    stores = await Person.of(cluster, folder, platform, 'stores');
    bindings = await Person.of(cluster, folder, data, 'bindings');
    auditor = await Person.of(cluster, folder, platform, 'auditor');
    roles = [...roles, ...manifests(ofInstaller)];
  });

  after(async () => {
    await Promise.all([installer, stores, bindings, auditor].map((person) => person.stop()));
    await rm(folder, { recursive: true });
    await cluster.helm(['uninstall', id, `--namespace=${home}`, '--ignore-not-found']);
    const own = (await getAll(cluster, 'clusterroles,clusterrolebindings')).filter(({ metadata }) =>
      metadata.name.startsWith(id),
    );
    for (const kind of ['clusterrole', 'clusterrolebinding'])
      await cluster.kubectl(['delete', kind, '--ignore-not-found', ...own.map(({ metadata }) => metadata.name)]);
    await cluster.kubectl(['delete', 'namespace', home, ci, platform, data, '--ignore-not-found', '--wait=false']);
  });

  it('install the chart with all that it can have, definitions included, and have it tested', async () => {
    await helm('install');
    const said = await installer.helm(['test', id, '--logs', '--timeout=60s', `--namespace=${home}`]);
    expect(said).to.include('ok      the webhook answers');
  });

  it('let the platform team declare stores, with their Secrets, change and remove them', async () => {
    const where = `--namespace=${platform}`;
    const objects = [
      values('iomete-secret-store.orders'),
      values('iomete-secret-store'),
      store('default'),
      store('other'),
    ];
    await stores.kubectl(['apply', '--filename=-'], objects);
    await stores.kubectl(['label', 'ssc/default', 'secret/iomete-secret-store.orders', where, 'team=platform']);
    await stores.kubectl(['wait', 'ssc/default', where, '--for=condition=Ready', '--timeout=30s']);
    expect(await stores.kubectl(['describe', 'ssc/default', where])).to.include('Connected');
    expect(await stores.kubectl(['get', 'ssc', where])).to.include('other');
    await stores.kubectl(['delete', 'ssc/other', 'secret/iomete-secret-store', where]);
  });

  it('let the data team declare a binding, see that it is Ready, and have a job explained', async () => {
    const where = `--namespace=${data}`;
    await bindings.kubectl(['apply', '--filename=-'], [asks('orders'), asks('other')]);
    await bindings.kubectl(['label', 'sjsb/orders', where, 'team=data']);
    await bindings.kubectl(['wait', 'sjsb/orders', where, '--for=condition=Ready', '--timeout=30s']);
    expect(await bindings.kubectl(['describe', 'sjsb/orders', where])).to.include('Injecting');
    await bindings.kubectl(['delete', 'sjsb/other', where]);
    await apply(cluster, [sparkPod(data, 'driver', { 'spark-role': 'driver', 'spark-app-name': 'orders' })]);
    expect(await bindings.kubectl(['get', 'pods', where])).to.include('driver');
    expect(await bindings.kubectl(['get', 'pod', 'driver', where, '--output=yaml'])).to.include('secretKeyRef');
    expect(await bindings.command('explain', '-n', data, 'driver')).to.include(`from store ${platform}/default`);
  });

  it('show an auditor what was done, by a forwarded port and without a file of certificates', async () => {
    const how = ['--store', `${platform}/default`, '--operator-namespace', home];
    expect(await auditor.command('list', '-r', ...how)).to.equal('orders/TOKEN\n');
    expect(await auditor.command('audit', ...how)).not.to.include('spark-secrets:');
    expect(await auditor.command('get', 'orders/TOKEN', ...how)).to.include('may not get secretstoreconfigs/keys');
  });

  it('refuse each of them what is another’s', async () => {
    const of = (namespace: string): string => `--namespace=${namespace}`;
    await bindings.refusal(['get', 'secret', 'iomete-secret-store.orders', of(platform)]);
    await bindings.refusal(['get', 'secret', 'spark-secrets-orders', of(data)]);
    await bindings.refusal(['get', 'ssc', 'default', of(platform)]);
    await bindings.refusal(['create', '--filename=-'], [asks('stolen', platform)]);
    await bindings.refusal(['create', '--filename=-'], [store('own', data)]);
    await bindings.refusal(['delete', 'pod', 'driver', of(data)]);
    await bindings.refusal(['get', 'pods', of(home)]);
    await stores.refusal(['get', 'secret', `${name}-certificate`, of(home)]);
    await stores.refusal(['create', '--filename=-'], [asks('stolen')]);
    await stores.refusal(['get', 'secrets', of(data)]);
    await auditor.refusal(['get', 'secrets', of(platform)]);
    await installer.refusal(['create', 'namespace', 'another']);
    await installer.refusal(['delete', 'clusterrole', 'cluster-admin']);
    const wider = JSON.stringify([
      { op: 'add', path: '/rules/-', value: { apiGroups: [''], resources: ['nodes'], verbs: ['get'] } },
    ]);
    const said = await installer.refusal(['patch', 'clusterrole', `${name}-viewer`, '--type=json', `--patch=${wider}`]);
    expect(said).to.include('attempting to grant RBAC permissions not currently held');
  });

  it('upgrade to a list of namespaces, with rights in these alone, to an operator in parts, and to other definitions', async () => {
    const group = { apiGroup: RBAC, kind: 'Group', name: `system:serviceaccounts:${ci}` };
    await cluster.kubectl(['delete', 'clusterrolebinding', `${id}-installer-watched`]);
    await apply(cluster, [
      ...[home, platform, data].map((namespace) => binding('ClusterRole', `${id}-installer-watched`, namespace, group)),
      ...[platform, data].map((namespace) => binding('ClusterRole', `${id}-installer-listed`, namespace, group)),
    ]);
    await cluster.kubectl(['annotate', 'crd', CRDS[0]!, 'secrets.iomete.com/definition-digest=other', '--overwrite']);
    await helm('upgrade', '--set', other);
    await installer.refusal(['get', 'secrets', `--namespace=${ci}`]);
    await bindings.kubectl(['wait', 'sjsb/orders', `--namespace=${data}`, '--for=condition=Ready', '--timeout=30s']);
  });

  it('upgrade without a right on definitions, when somebody else keeps them', async () => {
    await cluster.kubectl(['delete', 'clusterrolebinding', `${id}-installer-definitions`]);
    await helm('upgrade', '--set', other, '--set', 'crds.upgrade=false', '--skip-crds');
  });

  it('uninstall it', async () => {
    await installer.helm(['uninstall', id, `--namespace=${home}`]);
    const kinds =
      'clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingadmissionpolicies,roles,deployments';
    expect(await getAll(cluster, kinds, '-A', `--selector=app.kubernetes.io/instance=${id}`)).to.deep.equal([]);
  });

  it('are all needed: each was used in what is above, or is one that the chart grants', () => {
    const of = (...names: readonly string[]): readonly Manifest[] =>
      roles.filter(({ kind, metadata }) => kind.endsWith('Role') && names.some((one) => metadata.name.startsWith(one)));
    // Helm 3 asks by name for what Helm 4 watches: objects of hooks.
    const rules = rulesOnObjects(made.filter(isHook), ['get']);
    const hooks = { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name: 'hooks', namespace: home }, rules };
    const needed = [...installer.asked, ...rightsOf([...made, hooks])];
    const unused = superfluous(rightsOf(of(`${id}-installer`)), needed);
    expect(unused.filter((right) => !ELSEWHERE.test(`${right} `))).to.deep.equal([]);
    expect(superfluous(rightsOf(of('secret-stores')), stores.asked)).to.deep.equal([]);
    expect(superfluous(rightsOf(of('secret-bindings')), bindings.asked)).to.deep.equal([]);
  });
});
