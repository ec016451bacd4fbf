import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getOne, type KubeObject, type Pod } from '../../tools/spark/kube.ts';
import { removeRun } from '../../tools/spark/submit.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';

const covered = 'e2e-covered';
const uncovered = 'e2e-without';
const others = { selector: { applications: ['another-job'] }, env: [{ name: 'TOKEN', key: 'TOKEN' }] };

describe('a job that no binding selects', function () {
  this.timeout(240_000);
  let cluster: Cluster;

  before(async () => {
    ({ cluster } = await environment());
    for (const name of [covered, uncovered]) await sparkNamespace(cluster, name);
    await apply(cluster, [store(covered), storeSecret(covered, { TOKEN: 'x' }), binding(covered, 'other', others)]);
    await readiness(cluster, covered, 'other');
  });
  after(() => removeNamespaces(cluster, covered, uncovered));

  it('has the very driver pod that it has in a namespace without the webhook', async () => {
    expect(await webhookNamespaces(cluster))
      .to.include(covered)
      .and.to.not.include(uncovered);
    const [one, other] = await Promise.all([covered, uncovered].map((namespace) => driverPod(cluster, namespace)));
    expect(one).to.include('spark-kubernetes-driver').and.to.equal(other);
  });
});

/** The driver's pod as the API server keeps it, without what differs between any two runs. */
async function driverPod(cluster: Cluster, namespace: string): Promise<string> {
  const { sparkImage: image } = await environment();
  const conf = { 'spark.kubernetes.submission.waitAppCompletion': 'false' };
  const run = await startJob(cluster, { namespace, name: 'plain-job', image, conf, args: [] });
  const pod = await eventually(`the driver of ${namespace} exists`, 120_000, () =>
    getOne<Pod>(cluster, 'pod', run.driver, `--namespace=${namespace}`),
  );
  await removeRun(cluster, run);
  const { labels, annotations } = pod.metadata;
  const text = JSON.stringify({ labels, annotations, spec: pod.spec }, undefined, 1);
  const changing = [
    /spark-[0-9a-f]{32}/g,
    /plain-job-[0-9a-f]{16}/g,
    /spark-drv-[0-9a-f]{16}/g,
    /kube-api-access-\w{5}/g,
  ];
  const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  return [...changing, uuids, /"nodeName": "[^"]*",/g, new RegExp(namespace, 'g')].reduce(
    (rest, pattern) => rest.replaceAll(pattern, '…'),
    text,
  );
}

async function webhookNamespaces(cluster: Cluster): Promise<string> {
  const found = await getOne<KubeObject>(cluster, 'mutatingwebhookconfiguration', 'spark-secrets-operator');
  return JSON.stringify(found);
}
