import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import { apply, eventually, getAll, getOne, type Pod } from '../../tools/spark/kube.ts';
import { DRIVER_CONTAINER, ended, logs, type Outcome, release } from '../../tools/spark/submit.ts';
import { canary } from './support/canary.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { injectionsSoFar } from './support/injections.ts';
import { startJob } from './support/job.ts';
import { program } from './support/program.ts';

interface ExecutorPod extends Pod {
  readonly spec: Pod['spec'] & {
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string; readonly valueFrom?: object }[];
    }[];
  };
}

const namespace = 'e2e-sixty';
const where = `--namespace=${namespace}`;
const executors = '--selector=spark-role=executor';
const COUNT = 60;
const WORD = canary();
const conf = {
  'spark.dynamicAllocation.enabled': 'true',
  'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
  'spark.dynamicAllocation.minExecutors': String(COUNT),
  'spark.dynamicAllocation.maxExecutors': String(COUNT),
  // Of the quickstart, and more than dynamic allocation's, were it to count as its start.
  'spark.executor.instances': '1',
  'spark.kubernetes.allocation.batch.size': String(COUNT),
  'spark.scheduler.minRegisteredResourcesRatio': '0',
  // No node has it: pods that are made, and cost nothing.
  'spark.kubernetes.executor.node.selector.e2e-sixty': 'nowhere',
};

describe('a job with sixty executors by dynamic allocation', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let calls: number;
  let pods: readonly ExecutorPod[];
  let outcome: Outcome;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, { TOKEN: WORD }),
      binding(namespace, 'sixty', {
        selector: { applications: ['sixty'] },
        env: [{ name: 'TOKEN', key: 'TOKEN' }],
        sparkConf: [{ name: 'spark.hadoop.e2e.token', key: 'TOKEN' }],
      }),
    ]);
    await readiness(cluster, namespace, 'sixty');
    const before = await injectionsSoFar(cluster);
    const job = { namespace, name: 'sixty', image: shared.sparkImage, conf, args: [], ...(await program('wait.py')) };
    const run = await startJob(cluster, job);
    pods = await eventually(`${COUNT} executors of ${run.driver}`, 120_000, async () => {
      const found = await getAll<ExecutorPod>(cluster, 'pods', where, executors);
      const { phase } = (await getOne<Pod>(cluster, 'pod', run.driver, where))?.status ?? {};
      if (phase === 'Failed' || phase === 'Succeeded')
        throw new Error(`the driver is ${phase}:\n${await logs(cluster, namespace, run.driver, DRIVER_CONTAINER)}`);
      return found.length >= COUNT ? found : undefined;
    });
    await release(cluster, run);
    outcome = await ended(cluster, run, 60_000);
    calls = (await injectionsSoFar(cluster)) - before;
  });
  after(() => removeNamespaces(cluster, namespace));

  it('gives each of them its variables by reference', () => {
    expect(pods).to.have.length(COUNT);
    for (const { metadata, spec } of pods) {
      const references = (spec.containers[0]?.env ?? []).filter(({ valueFrom }) => valueFrom !== undefined);
      const secrets = references.filter(({ valueFrom }) => JSON.stringify(valueFrom).includes('secretKeyRef'));
      expect(
        secrets.map(({ name }) => name),
        metadata.name,
      )
        .to.include.members(['TOKEN', keyIndexName('sixty')])
        .and.to.have.length(3);
    }
    expect(JSON.stringify(pods)).not.to.include(WORD);
  });

  it('has the webhook called once: for its driver', () => {
    expect(calls).to.equal(1);
  });

  it('comes to a good end, and takes them with it', async () => {
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
    const left = await eventually('all executors are gone', 30_000, async () =>
      (await getAll<Pod>(cluster, 'pods', where, executors)).length === 0 ? true : undefined,
    );
    expect(left).to.equal(true);
  });
});
