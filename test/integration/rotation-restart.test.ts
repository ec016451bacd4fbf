import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ANNOTATIONS, API_VERSION, LABELS } from '../../operator/api/group.ts';
import { NAMESPACE, POD, SPARK_JOB_SECRET_BINDING, type DriverPod } from '../../operator/api/kinds.ts';
import { RestartReconciler } from '../../operator/controllers/rotation-restart/reconciler.ts';
import { decide } from '../../operator/injection/decide.ts';
import { specDigest } from '../../operator/injection/spec-digest.ts';
import type { EventSubject } from '../../operator/runtime/events.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { eventually } from '../../tools/spark/kube.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { view } from '../injection/bindings.ts';
import { startOperatorPart, type OperatorPart } from '../support/operator-part.ts';
import { KUBEFLOW, KUBEFLOW_CRD, kubeflowApplication } from '../support/kubeflow.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const SPEC = {
  storeRef: { name: 'default' },
  selector: { applications: ['*'] },
  env: [{ name: 'A', key: 'A' }],
  rotation: { onChange: 'Restart' as const, minInterval: '1m' },
};
describe('restarts on a real API server', function () {
  this.timeout(120_000);
  const { signal } = new AbortController();
  const namespace = `rotation-restart-${randomBytes(4).toString('hex')}`;
  const where = `--namespace=${namespace}`;
  const said: string[] = [];
  /** The operator's clock is an hour ahead, so that no driver is too young. */
  const now = (): Date => new Date(Date.now() + 3_600_000);
  let cluster: Cluster;
  let connection: KubeConnection;
  let client: HttpKubeClient;
  let part: OperatorPart;

  async function start(): Promise<void> {
    const record = ({ kind, name }: EventSubject, _type: string, reason: string): void => {
      said.push(`${reason} ${kind} ${name}`);
    };
    part = await startOperatorPart({
      connection,
      namespace,
      name: 'restarts',
      reconciler: (sources) => new RestartReconciler({ client, sources, events: { record }, now }),
      onError: (error) => said.push(String(error)),
    });
  }

  const apply = (...objects: object[]): Promise<string> =>
    cluster.kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], {
      input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    });

  async function rotate(version: string): Promise<void> {
    const keys = [{ key: 'A', version, lastChangeTime: now().toISOString() }];
    const metadata = { name: 'orders', namespace };
    const body = { apiVersion: API_VERSION, kind: 'SparkJobSecretBinding', metadata, status: { keys } };
    await client.apply(SPARK_JOB_SECRET_BINDING, body, { signal, subresource: 'status', force: true });
  }

  /** A SparkApplication with a driver as the webhook patches it, which is Running as far as the API server knows. */
  async function run(name: string, policy: string, version: string): Promise<DriverPod> {
    const apiVersion = `${KUBEFLOW}/v1beta2`;
    const driverName = `${name}-driver`;
    await apply(kubeflowApplication(namespace, name, driverName, policy));
    const uid = await cluster.kubectl([
      'get',
      `sparkapplication.${KUBEFLOW}`,
      name,
      where,
      '--output=jsonpath={.metadata.uid}',
    ]);
    const driver = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: driverName,
        namespace,
        labels: { 'spark-role': 'driver', 'spark-app-name': name, app: name },
        ownerReferences: [{ apiVersion, kind: 'SparkApplication', name, uid, controller: true }],
      },
      spec: {
        schedulerName: 'nobody',
        containers: [
          { name: 'spark-kubernetes-driver', image: 'spark', args: ['driver', '--properties-file', '/opt/p'] },
        ],
      },
    };
    const { binding, secret } = view('orders', { spec: SPEC });
    const known = { binding: { ...binding, status: { ...binding.status, keys: [{ key: 'A', version }] } }, secret };
    const decision = decide(driver, [known], 'unused0000');
    if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
    await client.create(POD, applyJsonPatch(driver, decision.patch), signal);
    const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await cluster.kubectl([
      'patch',
      'pod',
      driverName,
      where,
      '--subresource=status',
      `--patch=${JSON.stringify({ status: running })}`,
    ]);
    return (await pod(name))!;
  }

  const pod = (name: string): Promise<DriverPod | undefined> => client.get(POD, namespace, `${name}-driver`, signal);
  const gone = (name: string): Promise<true> =>
    eventually(`the driver of ${name} is evicted: ${said.join(', ')}`, 20_000, async () =>
      (await pod(name)) === undefined ? true : undefined,
    );
  const told = (words: string): Promise<true> =>
    eventually(words, 20_000, () => Promise.resolve(said.includes(words) ? true : undefined));

  before(async () => {
    cluster = await testCluster();
    await apply(KUBEFLOW_CRD);
    await cluster.kubectl([
      'apply',
      '--server-side',
      '--force-conflicts',
      '-f',
      join(import.meta.dirname, '..', '..', 'crds'),
    ]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all']);
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl(['wait', where, '--for=create', '--timeout=20s', 'serviceaccount/default']);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(cluster.kubeconfig);
    connection = new KubeConnection(kubeConfig);
    client = new HttpKubeClient(connection);
    const metadata = { name: 'orders', namespace };
    await client.create(SPARK_JOB_SECRET_BINDING, { metadata, spec: SPEC } as SparkJobSecretBinding, signal);
    const labels = { [LABELS.binding]: 'orders' };
    const annotations = { [ANNOTATIONS.specDigest]: specDigest(SPEC) };
    await apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'spark-secrets-orders', namespace, labels, annotations },
    });
    await rotate('1');
    await start();
  });

  after(async () => {
    await part.stop();
    await client.delete(NAMESPACE, undefined, namespace, { signal });
    await connection.close();
    await cluster.kubectl(['delete', 'crd', `sparkapplications.${KUBEFLOW}`, '--timeout=60s']);
  });

  it('evict the driver of an application that comes back, and leave one that does not', async () => {
    await run('stays', 'Never', '1');
    const restarted = await run('restarts', 'Always', '1');
    await rotate('2');
    await gone('restarts');
    await told('KeepsOldValue SparkApplication stays');
    expect((await pod('stays'))?.metadata.deletionTimestamp).to.be.undefined;
    // Its operator makes a new one, which has the new value: nothing more is to be done.
    const next = await run('restarts', 'Always', '2');
    expect(next.metadata.uid).not.to.equal(restarted.metadata.uid);
    await part.stop();
    said.length = 0;
    await start();
    await cluster.kubectl(['label', 'pod', 'restarts-driver', where, 'looked=at']);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await pod('restarts'))?.metadata).to.include({ uid: next.metadata.uid });
    // The change is minutes old: that it keeps its value is still news to an operator that starts.
    expect(said.filter((words) => !words.startsWith('KeepsOldValue'))).to.deep.equal([]);
  });

  it('keep a PodDisruptionBudget, and go on when it allows it', async () => {
    await run('guarded', 'Always', '2');
    const selector = { matchLabels: { app: 'guarded' } };
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'guarded', namespace } };
    await apply({ ...budget, spec: { minAvailable: 1, selector } });
    const seen = '--for=jsonpath={.status.currentHealthy}=1';
    await cluster.kubectl(['wait', 'pdb/guarded', where, seen, '--timeout=30s']);
    said.length = 0;
    await rotate('3');
    await told('RestartBlocked SparkApplication guarded');
    expect((await pod('guarded'))?.metadata.deletionTimestamp).to.be.undefined;
    await cluster.kubectl(['delete', 'pdb', 'guarded', where]);
    await cluster.kubectl(['label', 'pod', 'guarded-driver', where, 'looked=at']);
    await gone('guarded');
  });
});
