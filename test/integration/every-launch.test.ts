import { expect } from 'chai';
import type { Container, EnvVar } from '../../operator/injection/pod.ts';
import { golden, GOLDEN_EXECUTORS, GOLDEN_PODS, marked, type FullPod } from '../injection/bindings.ts';
import { secretOf, Stage, storeOf, type Manifest } from './stores/stage.ts';

const INJECT = 'secrets.iomete.com/inject';
const FOLDER = '/mnt/spark-secrets/conf';
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 185,
  seccompProfile: { type: 'RuntimeDefault' },
};

const notebook: FullPod = {
  metadata: { labels: { [INJECT]: 'true', app: 'notebook' } },
  spec: { containers: [{ name: 'jupyter', image: 'notebook', command: ['jupyter', 'lab'] }] },
};

describe('every way of launching Spark, on a real API server', function () {
  this.timeout(180_000);
  let stage: Stage;
  const namespaces = { open: '', restricted: '' };

  before(async () => {
    stage = await Stage.open();
    const enforce = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    namespaces.open = await stage.namespace('launch');
    namespaces.restricted = await stage.namespace('launch-restricted', enforce);
    for (const namespace of Object.values(namespaces)) await declare(namespace);
    await stage.until('bindings are ready', 30_000, () => {
      const notReady = Object.values(namespaces).filter((namespace) => !isReady(namespace));
      return notReady.length === 0 ? undefined : notReady.join(', ');
    });
  });
  after(() => stage.close());

  async function declare(namespace: string): Promise<void> {
    const binding: Manifest = {
      apiVersion: 'secrets.iomete.com/v1alpha1',
      kind: 'SparkJobSecretBinding',
      metadata: { name: 'all', namespace },
      spec: {
        storeRef: { name: 'default' },
        selector: { applications: ['*'] },
        env: [{ name: 'DB_PASSWORD', key: 'DB' }],
      },
    };
    await stage.put(
      secretOf(namespace, 'iomete-secret-store', { DB: 'canary-launch' }),
      storeOf(namespace, 'default', { type: 'kubernetes' }),
      binding,
    );
  }

  function isReady(namespace: string): boolean {
    const conditions = stage.bindings.get(namespace, 'all')?.status?.conditions ?? [];
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  /** What the API server makes of a pod, without keeping it; an Error with its words when it refuses it. */
  async function admitted(pod: FullPod, namespace = namespaces.open): Promise<FullPod> {
    const { code, body } = await stage.connection.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      body: JSON.stringify(posted(pod)),
      contentType: 'application/json',
      signal: AbortSignal.timeout(20_000),
      silenceMs: 20_000,
    });
    const text = await body.text();
    if (code >= 300) throw new Error((JSON.parse(text) as { message: string }).message);
    return JSON.parse(text) as FullPod;
  }

  async function calls(): Promise<number> {
    const lines = (await stage.operator.metrics()).matchAll(/^spark_secrets_injections_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  const launches: Record<string, [FullPod, string]> = {
    ...Object.fromEntries(GOLDEN_PODS.map((name) => [name, [golden(name), 'properties']])),
    'kubeflow-connect-server': [golden('kubeflow-connect-server'), 'defaults'],
    'apache-cluster-worker, opted in': [marked(golden('apache-cluster-worker'), { [INJECT]: 'true' }), 'defaults'],
    'a notebook': [notebook, 'defaults'],
    'a notebook, by JVM arguments': [marked(notebook, {}, { 'secrets.iomete.com/conf': 'JvmArguments' }), 'jvm'],
  };
  for (const [name, [pod, mode]] of Object.entries(launches)) {
    it(`is given secrets, and posted again as it came back nothing more: ${name}`, async () => {
      const after = await admitted(pod);
      expect(valuesOf(mergeOf(after).env)).to.include({ MODE: mode });
      expect(injected(after).env).to.deep.include({
        name: 'DB_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'spark-secrets-all', key: 'DB_PASSWORD', optional: false } },
      });
      expect(JSON.stringify(after)).not.to.include('canary-launch');
      expect(posted(await admitted(after))).to.deep.equal(posted(after));
    });
  }

  it('is not asked for: executors, whatever their labels, and pods that have not opted in', async () => {
    const before = await calls();
    for (const name of GOLDEN_EXECUTORS) {
      const after = await admitted(marked(golden(name), { [INJECT]: 'true' }));
      expect(after.spec.volumes!.map((volume) => volume.name)).not.to.include('spark-secrets-conf');
    }
    for (const labels of [{ app: 'notebook' }, { app: 'notebook', [INJECT]: 'false' }])
      expect((await admitted({ ...notebook, metadata: { labels } })).spec.initContainers).to.be.undefined;
    expect(await calls()).to.equal(before);
    await admitted(notebook);
    expect(await calls()).to.be.greaterThan(before);
  });

  it('is admitted under the restricted pod security standard where the pod itself is', async () => {
    const restricted = (pod: FullPod): FullPod => ({
      ...pod,
      spec: { ...pod.spec, containers: pod.spec.containers.map((one) => ({ ...one, securityContext: RESTRICTED })) },
    });
    for (const pod of [notebook, golden('kubeflow-connect-server'), golden('spark-3.4-java')]) {
      const after = await admitted(restricted(pod), namespaces.restricted);
      expect(mergeOf(after).securityContext).to.deep.equal(RESTRICTED);
      const failure = await admitted(pod, namespaces.restricted).catch(String);
      expect(failure).to.be.a('string').that.includes('violates PodSecurity');
    }
  });

  it('is refused with what is to be mended', async () => {
    const broken = marked(notebook, {}, { 'secrets.iomete.com/container': 'spark' });
    expect(await admitted(broken).catch(String)).to.include('set it to one of jupyter');
    const [server] = golden('kubeflow-connect-server').spec.containers;
    const containers = [{ ...server!, command: ['python', 'x.py', '${secrets.DB}'], args: [] }];
    const referring = { ...golden('kubeflow-connect-server'), spec: { containers } };
    expect(await admitted(referring).catch(String)).to.include('${secrets.DB} stands in the container');
  });
});

/** As a person posts it, with what is of another cluster or of the server taken out. */
function posted(pod: FullPod): object {
  const { labels, annotations } = pod.metadata ?? {};
  const gone = ['serviceAccount', 'serviceAccountName', 'priority', 'preemptionPolicy'];
  const members = Object.entries(pod.spec).filter(([name]) => !gone.includes(name));
  const spec = { ...Object.fromEntries(members), schedulerName: 'nobody' };
  const metadata = { name: 'launch', ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}

function mergeOf({ spec }: FullPod): Container {
  return spec.initContainers!.find(({ name }) => name === 'spark-secrets-merge')!;
}

function injected({ spec }: FullPod): Container {
  return spec.containers.find(({ volumeMounts = [] }) => volumeMounts.some(({ mountPath }) => mountPath === FOLDER))!;
}

function valuesOf(env: readonly EnvVar[] | undefined): Record<string, string | undefined> {
  return Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
}
