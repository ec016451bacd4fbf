import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { decide } from '../../operator/injection/decide.ts';
import type { Pod } from '../../operator/injection/pod.ts';
import { apply, eventually, getOne, type KubeObject } from '../../tools/spark/kube.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { view } from '../injection/bindings.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const release = `guard-${randomBytes(3).toString('hex')}`;
const namespace = `${release}-jobs`;
const apart = `${release}-apart`;
const chart = join(import.meta.dirname, '..', '..', 'deploy', 'chart');
const INJECTED = { 'secrets.iomete.com/injected': 'true' };

interface Policy extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly typeChecking?: object };
}

type Change = Readonly<Record<'labels' | 'annotations', Readonly<Record<string, string>>>>;

/** A pod as Spark makes it, with other labels or annotations besides. */
function pod(role: string | undefined, { labels, annotations }: Partial<Change> = {}): Pod & object {
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'orders',
      labels: { ...(role === undefined ? {} : { 'spark-role': role }), 'spark-app-name': 'orders', ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { containers: [{ name: 'spark-kubernetes-driver', image: 'spark', args }] },
  } as Pod & object;
}

/** The driver as the webhook patches it. */
function injected(): Pod {
  const driver = pod('driver');
  const decision = decide(driver, [view('orders', { spec: { selector: { applications: ['orders'] } } })], 'unused0000');
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return applyJsonPatch(driver, decision.patch);
}

/** The injected driver with something of it taken away. */
function without(part: 'labels' | 'annotations' | 'initContainers'): object {
  const { metadata, spec, ...rest } = injected();
  const labels = { 'spark-role': 'driver' };
  if (part === 'initContainers') return { ...rest, metadata, spec: { ...spec, initContainers: [] } };
  return { ...rest, metadata: { ...metadata, [part]: part === 'labels' ? labels : {} }, spec };
}

describe('the final-state guard on a real API server', function () {
  this.timeout(60_000);
  let cluster: Cluster;

  /** What the API server says of a pod that it only tries; undefined: it takes it. */
  async function refusal(object: object, where = namespace): Promise<string | undefined> {
    try {
      const args = ['create', '--dry-run=server', `--namespace=${where}`, '--filename=-'];
      await cluster.kubectl(args, { input: JSON.stringify(object) });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  before(async () => {
    cluster = await testCluster();
    const only = ['--show-only', 'templates/final-state-guard.yaml', '--set', 'finalStateGuard.enabled=true'];
    const rendered = await cluster.helm(['template', release, chart, '--namespace', apart, ...only]);
    const ofNamespace = (name: string, labels: object): object => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    await apply(cluster, [ofNamespace(namespace, { 'secrets.iomete.com/require': 'true' }), ofNamespace(apart, {})]);
    await apply(cluster, rendered);
    for (const each of [namespace, apart])
      await cluster.kubectl(['wait', '-n', each, '--for=create', '--timeout=30s', 'serviceaccount/default']);
    await eventually('the policy is in force', 30_000, async () => ((await refusal(pod('driver'))) ? true : undefined));
  });
  after(async () => {
    const kinds = 'validatingadmissionpolicybinding,validatingadmissionpolicy';
    await cluster.kubectl(['delete', kinds, `--selector=app.kubernetes.io/instance=${release}`]);
    await cluster.kubectl(['delete', 'namespace', namespace, apart, '--wait=false']);
  });

  it('is of the right types, says the API server', async () => {
    const name = `${release}-spark-secrets-operator`;
    const { status } = await eventually('the policy was checked', 30_000, async () => {
      const policy = await getOne<Policy>(cluster, 'validatingadmissionpolicy', name);
      return policy?.status?.observedGeneration === undefined ? undefined : policy;
    });
    expect(status?.typeChecking).to.deep.equal({});
  });

  it('refuses a driver without secrets, and says what to do', async () => {
    const words = await refusal(pod('driver'));
    expect(words).to.include(
      `Namespace ${namespace} has the label secrets.iomete.com/require, and this Spark pod got no`,
    );
    expect(words).to.include(`kubectl -n ${namespace} get sjsb -o wide`);
    expect(words).to.include(`kubectl -n ${apart} get deployment ${release}-spark-secrets-operator`);
    expect(words).to.include('(Forbidden)');
  });

  it('refuses an executor whose driver got none, and says what to do', async () => {
    const words = await refusal(pod('executor'));
    expect(words).to.match(
      /this executor has no label secrets.iomete.com\/injected=true: .* Start the application again\./,
    );
    expect(words).not.to.include('this Spark pod got no secrets');
  });

  const refused: Record<string, object> = {
    'a Connect server without secrets': pod('connect-server'),
    'a pod that asked for secrets by label and got none': pod(undefined, {
      labels: { 'secrets.iomete.com/inject': 'true' },
    }),
    'a driver that has only the label of one with secrets': pod('driver', { labels: INJECTED }),
    'a driver with the label and an empty list of bindings': pod('driver', {
      labels: INJECTED,
      annotations: { 'secrets.iomete.com/bindings': '' },
    }),
    'a driver with secrets that lost its label': without('labels'),
    'a driver with secrets that lost its annotations': without('annotations'),
    'a driver with secrets that lost the container that merges them': without('initContainers'),
    'an executor that also asked by label': pod('executor', { labels: { 'secrets.iomete.com/inject': 'true' } }),
    'an executor whose label says no': pod('executor', { labels: { 'secrets.iomete.com/injected': 'false' } }),
  };
  for (const [what, object] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      expect(await refusal(object)).to.include(`ValidatingAdmissionPolicy '${release}-spark-secrets-operator'`);
    });
  }

  const admitted: Record<string, object> = {
    'a driver that the webhook patched': injected(),
    'an executor of such a driver': pod('executor', { labels: INJECTED }),
    'a pod that is not of Spark': pod(undefined),
    'a pod without any label': { ...pod(undefined), metadata: { name: 'plain' } },
    'a pod that says it wants no secrets': pod(undefined, { labels: { 'secrets.iomete.com/inject': 'false' } }),
  };
  for (const [what, object] of Object.entries(admitted)) {
    it(`admits ${what}`, async () => {
      expect(await refusal(object)).to.equal(undefined);
    });
  }

  it('leaves a namespace without the label alone', async () => {
    for (const role of ['driver', 'connect-server', 'executor'])
      expect(await refusal(pod(role), apart)).to.equal(undefined);
  });
});
