import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { run } from '../../cli/program.ts';
import { apply, eventually, getAll, getOne, type KubeObject } from '../../tools/spark/kube.ts';
import { silentIo } from '../cli/silent-io.ts';
import { OpenBao } from '../servers/openbao.ts';
import type { Cluster } from '../support/test-cluster.ts';
import { CRDS, loneCluster } from './lone-cluster.ts';
import { account } from './api-scene.ts';
import { holdersOf, ManyDrivers, WITH_SECRETS } from './apart-scene.ts';

const root = join(import.meta.dirname, '..', '..');
const chart = join(root, 'deploy', 'chart');
const golden = join(root, 'test', 'deploy', 'golden');
const STORE = 'iomete-secret-store';
const DIGEST = 'secrets.iomete.com/definition-digest';
/** Kinds of the Prometheus operator and of cert-manager, which are not here. */
const ABSENT = /^apiVersion: (?:monitoring\.coreos\.com|cert-manager\.io)\//m;

const OPERATOR_PODS = '--selector=app.kubernetes.io/name=spark-secrets-operator';
const COMPONENT = 'app.kubernetes.io/component';

type Pod = KubeObject & { readonly spec: { readonly serviceAccountName: string } };
type Crd = KubeObject & { readonly spec: { readonly versions: readonly { additionalPrinterColumns?: unknown }[] } };
type WithStatus = KubeObject & {
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
};
type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

describe('the chart, installed by Helm', function () {
  this.timeout(120_000);
  const id = randomBytes(3).toString('hex');
  const [namespace, jobs, name] = [`chart-${id}`, `chart-${id}-jobs`, `chart-${id}-spark-secrets-operator`];
  let cluster: Cluster;
  let vault: OpenBao | undefined;
  let values: readonly string[];
  let drivers: ManyDrivers | undefined;

  const helm = (...args: readonly string[]): Promise<string> =>
    cluster.helm([...args, `--namespace=${namespace}`], { timeoutMs: 100_000 });
  /** Data of the Secret that is a store of type kubernetes. */
  const store = async (): Promise<Secret['data']> => {
    const found = await getOne<Secret>(cluster, 'secret', STORE, `--namespace=${namespace}`);
    return found && (found.data ?? {});
  };
  const bindingSecret = (): Promise<Secret | undefined> =>
    getOne<Secret>(cluster, 'secret', 'spark-secrets-example', `--namespace=${jobs}`);

  before(async function () {
    this.timeout(600_000); // the image may have to be built first
    let image: readonly string[];
    ({ cluster, image } = await loneCluster());
    vault = await OpenBao.start({ host: cluster.hostAddress ?? '127.0.0.1' });
    await vault.must('POST', 'secret/data/iomete/poc/EXAMPLE_KEY', { data: { value: 'sensitive_data' } });
    // All its pods have to be of this kind: the operator's, that of the Job and that of the test.
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
    values = [
      ...['--values', join(golden, 'iomete-vault.values.yaml')],
      ...[...image, '--set', 'replicas=1'],
      ...[
        '--set',
        `secretStore.vaultSettings.endpoint=${vault.url},secretStore.vaultSettings.token=${vault.rootToken}`,
      ],
    ];
  });

  after(async () => {
    await drivers?.stop();
    await vault?.stop();
    await cluster.helm(['uninstall', `chart-${id}`, `--namespace=${namespace}`, '--ignore-not-found']);
    await cluster.kubectl(['delete', 'namespace', namespace, jobs, '--ignore-not-found', '--wait=false']);
  });

  it('has definitions, operator and IOMETE’s store at work after one command', async () => {
    const said = await helm('install', `chart-${id}`, chart, '--wait', '--timeout=90s', ...values);
    expect(said).to.include('secretStore.vaultSettings.token stands in clear');
    const made = await getOne<WithStatus>(cluster, 'secretstoreconfig', 'default', `--namespace=${namespace}`);
    expect(made?.status?.conditions?.find(({ type }) => type === 'Ready')).to.include({ status: 'True' });
    expect(await getAll(cluster, 'jobs', `--namespace=${namespace}`)).to.deep.equal([]);
  });

  it('proves by helm test that it works', async () => {
    const said = await helm('test', `chart-${id}`, '--logs', '--timeout=60s');
    expect(said).to.include('ok      the webhook answers').and.include('ok      store default is Ready');
    expect(said).not.to.include('FAILED');
  });

  it('gives keys to the namespaces that have the label', async () => {
    const label = { 'secrets.iomete.com/use-default-store': 'true' };
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: jobs, labels: label } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'spark', namespace: jobs } },
      {
        apiVersion: 'secrets.iomete.com/v1alpha1',
        kind: 'SparkJobSecretBinding',
        metadata: { name: 'example', namespace: jobs },
        spec: {
          storeRef: { name: 'default', namespace },
          selector: { applications: ['example'] },
          env: [{ name: 'EXAMPLE', key: 'EXAMPLE_KEY' }],
        },
      },
    ]);
    await cluster.kubectl(['wait', 'sjsb/example', `--namespace=${jobs}`, '--for=condition=Ready', '--timeout=30s']);
    expect(valueOf(await bindingSecret())).to.equal('sensitive_data');
  });

  it('makes nothing that the API server does not take, whatever is switched on', async () => {
    const all = ['--values', join(golden, 'production.values.yaml'), `--namespace=${jobs}`, '--skip-tests'];
    const texts = (await cluster.helm(['template', `other-${id}`, chart, ...all])).split(/^---$/m);
    const known = texts.filter((text) => !ABSENT.test(text)).join('---\n');
    const objects = parseAllDocuments(known).filter(({ contents }) => contents !== null);
    expect(objects.length).to.be.greaterThan(20);
    const args = ['create', '--dry-run=server', '--validate=strict', '--filename=-'];
    const taken = (await cluster.kubectl(args, { input: known })).trim().split('\n');
    expect(taken.filter((line) => line.endsWith('created (server dry run)')).length).to.equal(objects.length);
  });

  it('has its parts apart when it is told to, each with an account that has only its rights', async () => {
    drivers = new ManyDrivers(cluster, jobs, 'example');
    const apart = ['enabled=true', ...['controller', 'webhook', 'api'].map((part) => `${part}.replicas=1`)];
    const set = `--set=${apart.map((value) => `apart.${value}`).join()}`;
    await helm('upgrade', `chart-${id}`, chart, '--wait', '--timeout=60s', ...values, set);
    const [controller, webhook, api] = [name, `${name}-webhook`, `${name}-api`];
    const pods = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, OPERATOR_PODS);
    const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const of = running.map(({ metadata, spec }) => [metadata.labels?.[COMPONENT], spec.serviceAccountName]);
    expect(of).to.have.deep.members([
      ['controller', controller],
      ['webhook', webhook],
      ['api', api],
    ]);
    const accounts = [controller, webhook, api].map((each) => ({ namespace, name: each }));
    const [group, here] = ['secrets.iomete.com', { namespace: jobs }];
    const bindings = { group, resource: 'sparkjobsecretbindings' };
    const configuration = { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations', name };
    const lease = { namespace, group: 'coordination.k8s.io', resource: 'leases', name };
    const holders = await holdersOf(cluster, accounts, {
      'watch bindings': { ...here, ...bindings, verb: 'watch' },
      'report on a binding': { ...here, ...bindings, verb: 'patch', subresource: 'status' },
      'read a Secret': { ...here, resource: 'secrets', verb: 'get' },
      'write a Secret': { ...here, resource: 'secrets', verb: 'update' },
      lead: { ...lease, verb: 'update' },
      'change the webhook': { ...configuration, verb: 'patch' },
      'evict a driver': { ...here, resource: 'pods', subresource: 'eviction', verb: 'create' },
      'look at a pod': { ...here, resource: 'pods', verb: 'get' },
      'ask whose token': { group: 'authentication.k8s.io', resource: 'tokenreviews', verb: 'create' },
      'log in as the controller': {
        namespace,
        resource: 'serviceaccounts',
        subresource: 'token',
        name,
        verb: 'create',
      },
    });
    expect(holders).to.deep.equal({
      'watch bindings': [controller, webhook, api],
      'report on a binding': [controller],
      'read a Secret': [controller, api],
      'write a Secret': [controller, api],
      lead: [controller],
      'change the webhook': [controller],
      'evict a driver': [controller],
      'look at a pod': [api],
      'ask whose token': [api],
      'log in as the controller': [controller],
    });
  });

  it('changes a key by the API of one part, and the controller in another hears of it', async () => {
    await apply(cluster, account(namespace, 'admin', `${name}-admin`));
    const context = cluster.context === undefined ? [] : ['--context', cluster.context];
    const where = ['--kubeconfig', cluster.kubeconfig, ...context, '--operator-namespace', namespace];
    const who = ['--as-account', `${namespace}/admin`, '--store', `${namespace}/default`];
    const io = { ...silentIo(), stdin: Readable.from(['other_data']) };
    const code = await run(['set', 'EXAMPLE_KEY', ...where, ...who], io);
    expect([code, io.err()]).to.deep.equal([0, '']);
    // Sooner than the store's refreshInterval of 30 s: the API left a note.
    await eventually('the Secret has it', 10_000, async () =>
      valueOf(await bindingSecret()) === 'other_data' ? true : undefined,
    );
  });

  it('proves by helm test that the parts work together', async () => {
    expect(await helm('test', `chart-${id}`, '--logs', '--timeout=60s')).not.to.include('FAILED');
  });

  it('puts them together again, and drivers got their secrets all the time', async () => {
    await helm('upgrade', `chart-${id}`, chart, '--wait', '--timeout=60s', ...values);
    const deployments = await getAll(cluster, 'deployments', `--namespace=${namespace}`);
    expect(deployments.map(({ metadata }) => metadata.name)).to.deep.equal([name]);
    const answers = (await drivers?.stop()) ?? [];
    expect(answers.length).to.be.greaterThan(1);
    expect(answers.filter((answer) => answer !== WITH_SECRETS)).to.deep.equal([]);
  });

  it('updates definitions that are not the chart’s, with helm upgrade', async () => {
    const [crd = ''] = CRDS;
    const changes = [
      { op: 'remove', path: '/spec/versions/0/additionalPrinterColumns' },
      { op: 'replace', path: `/metadata/annotations/${DIGEST.replace('/', '~1')}`, value: 'of-another-chart' },
    ];
    await cluster.kubectl(['patch', 'crd', crd, '--type=json', `--patch=${JSON.stringify(changes)}`]);
    await helm('upgrade', `chart-${id}`, chart, '--wait', '--timeout=90s', ...values);
    const updated = await getOne<Crd>(cluster, 'crd', crd);
    expect(updated?.spec.versions[0]?.additionalPrinterColumns).to.be.an('array');
    expect(updated?.metadata.annotations?.[DIGEST]).to.match(/^[0-9a-f]{12}$/);
    for (const kind of ['jobs', 'configmaps', 'serviceaccounts'])
      expect(
        (await getAll(cluster, kind, `--namespace=${namespace}`)).map(({ metadata }) => metadata.name),
      ).not.to.include(`${name}-crds`);
    expect(await getOne(cluster, 'clusterrole', `${name}-crds`)).to.equal(undefined);
  });

  it('makes the Secret of a store of type kubernetes where there is none, and leaves it alone from then on', async () => {
    const before = (await getOne<Crd>(cluster, 'crd', CRDS[0]!))?.metadata;
    const upgrade = [...values, '--set', 'secretStore.type=kubernetes', '--wait', '--timeout=60s'];
    await helm('upgrade', `chart-${id}`, chart, ...upgrade);
    expect(await store()).to.deep.equal({});
    const patch = JSON.stringify({ stringData: { EXAMPLE_KEY: 'sensitive_data' } });
    await cluster.kubectl(['patch', 'secret', STORE, `--namespace=${namespace}`, '--type=merge', `--patch=${patch}`]);
    await helm('upgrade', `chart-${id}`, chart, ...upgrade);
    expect(await store()).to.have.all.keys('EXAMPLE_KEY');
    await cluster.kubectl(['wait', 'sjsb/example', `--namespace=${jobs}`, '--for=condition=Ready', '--timeout=30s']);
    expect((await getOne<Crd>(cluster, 'crd', CRDS[0]!))?.metadata, 'the definition').to.deep.equal(before);
  });

  it('tells by helm test when nobody answers', async () => {
    await cluster.kubectl(['scale', 'deployment', name, `--namespace=${namespace}`, '--replicas=0']);
    await cluster.kubectl(['wait', 'pod', `--namespace=${namespace}`, '--for=delete', '--timeout=60s', OPERATOR_PODS]);
    const said = await helm('test', `chart-${id}`, '--logs', '--timeout=60s').catch(String);
    expect(said).to.include(`pod ${name}-test failed`);
    expect(await cluster.kubectl(['logs', `${name}-test`, `--namespace=${namespace}`])).to.match(
      /FAILED {2}the webhook answers/,
    );
  });

  it('leaves definitions, values, bindings and what they gave when it is uninstalled, and nothing that could stop a pod', async () => {
    await helm('uninstall', `chart-${id}`);
    const gone = await eventually('its pods are gone', 60_000, async () => {
      const pods = await getAll(cluster, 'pods', `--namespace=${namespace}`, OPERATOR_PODS);
      return pods.length === 0 ? true : undefined;
    });
    expect(gone).to.equal(true);
    const instance = `--selector=app.kubernetes.io/instance=chart-${id}`;
    const kinds =
      'mutatingwebhookconfigurations,clusterroles,clusterrolebindings,roles,services,leases,secretstoreconfigs';
    expect(await getAll(cluster, kinds, '--all-namespaces', instance)).to.deep.equal([]);
    for (const own of ['certificate', 'store'])
      expect(await getOne(cluster, 'secret', `${name}-${own}`, `--namespace=${namespace}`)).to.equal(undefined);
    expect((await getAll(cluster, 'crd', ...CRDS)).length).to.equal(2);
    expect(await getOne(cluster, 'sjsb', 'example', `--namespace=${jobs}`)).not.to.equal(undefined);
    expect(valueOf(await bindingSecret())).to.equal('sensitive_data');
    expect(await store()).to.have.all.keys('EXAMPLE_KEY');
  });
});

function valueOf(secret: Secret | undefined): string {
  return Buffer.from(secret?.data?.['EXAMPLE'] ?? '', 'base64').toString();
}
