import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getAll, getOne, type KubeObject, type Pod } from '../../tools/spark/kube.ts';
import { reports, type Submission } from '../../tools/spark/submit.ts';
import { KUBEFLOW, KUBEFLOW_CRD, kubeflowApplication } from '../support/kubeflow.ts';
import { canary } from './support/canary.ts';
import {
  binding,
  bindingData,
  readiness,
  removeNamespaces,
  sparkNamespace,
  store,
  storeSecret,
} from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';

interface Event extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const namespace = 'e2e-rotation-restart';
const where = `--namespace=${namespace}`;
const words = { old: canary(), new: canary() };

describe('two jobs whose binding asks for a restart when a value changes', function () {
  this.timeout(420_000);
  let cluster: Cluster;
  let managed: Submission;
  let plain: Submission;
  let events: readonly Event[];
  let seconds: number;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [KUBEFLOW_CRD, store(namespace), storeSecret(namespace, { TOKEN: words.old })]);
    await cluster.kubectl([
      'wait',
      '--for=condition=Established',
      '--timeout=30s',
      `crd/sparkapplications.${KUBEFLOW}`,
    ]);
    const rotation = { onChange: 'Restart', minInterval: '1m' };
    const env = [{ name: 'TOKEN', key: 'TOKEN' }];
    await apply(cluster, [
      binding(namespace, 'restarting', { selector: { applications: ['restart-*'] }, env, rotation }),
    ]);
    await readiness(cluster, namespace, 'restarting');
    const job = (name: string, labels: Readonly<Record<string, string>>): Promise<Submission> =>
      startJob(cluster, {
        namespace,
        name,
        image: shared.sparkImage,
        conf: {
          'spark.executor.instances': '1',
          ...Object.fromEntries(
            Object.entries(labels).map(([key, value]) => [`spark.kubernetes.driver.label.${key}`, value]),
          ),
        },
        args: ['--env', 'TOKEN', '--tasks=1', '--hold-seconds=300'],
      });
    // As Kubeflow's operator launches it, which need not be there for its driver to go.
    managed = await job('restart-managed', {
      [`${KUBEFLOW}/app-name`]: 'managed',
      [`${KUBEFLOW}/launched-by-spark-operator`]: 'true',
    });
    await apply(cluster, [kubeflowApplication(namespace, 'managed', managed.driver, 'Always')]);
    plain = await job('restart-plain', {});
    for (const run of [managed, plain]) await reports(cluster, run, { count: 2, timeoutMs: 180_000 });
    const driver = await getOne<Pod & { metadata: { creationTimestamp: string } }>(
      cluster,
      'pod',
      managed.driver,
      where,
    );
    await apply(cluster, [storeSecret(namespace, { TOKEN: words.new })]);
    await eventually('the driver is evicted', 120_000, async () => {
      const pod = await getOne<Pod & { metadata: { deletionTimestamp?: string } }>(
        cluster,
        'pod',
        managed.driver,
        where,
      );
      return pod?.metadata.deletionTimestamp === undefined && pod !== undefined ? undefined : true;
    });
    seconds = (Date.now() - Date.parse(driver?.metadata.creationTimestamp ?? '')) / 1000;
    events = await getAll<Event>(cluster, 'events', where);
  });
  after(async () => {
    await removeNamespaces(cluster, namespace);
    await cluster.kubectl(['delete', 'crd', `sparkapplications.${KUBEFLOW}`, '--ignore-not-found', '--timeout=60s']);
  });

  const said = (reason: string): readonly string[] =>
    events
      .filter((event) => event.reason === reason)
      .map(({ involvedObject: { kind, name } }) => `${kind} ${name}`)
      .sort();

  it('evicts the driver that an operator will start anew, not before minInterval is over', () => {
    expect(seconds).to.be.at.least(60);
    expect(said('Restarting')).to.deep.equal(['SparkApplication managed', 'SparkJobSecretBinding restarting']);
  });

  it('names the key, and no value', () => {
    const told = events.filter(({ reason }) => reason === 'Restarting' || reason === 'KeepsOldValue');
    expect(told).to.have.length(4);
    for (const { message } of told) expect(message).to.match(/^Values of TOKEN have changed/);
    expect(JSON.stringify(events)).not.to.include(words.old).and.not.to.include(words.new);
  });

  it('leaves the job of plain spark-submit alone and says so', async () => {
    expect(said('KeepsOldValue')).to.deep.equal([`Pod ${plain.driver}`, 'SparkJobSecretBinding restarting']);
    const pod = await getOne<Pod>(cluster, 'pod', plain.driver, where);
    expect(pod?.status?.phase).to.equal('Running');
    expect(await bindingData(cluster, namespace, 'restarting')).to.include({ TOKEN: words.new });
  });
});
