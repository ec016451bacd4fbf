import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { LABELS } from '../../operator/api/group.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { apply, getOne, type Pod } from '../../tools/spark/kube.ts';
import { OPERATOR, operatorReady } from '../../tools/spark/operator.ts';
import { connect } from '../support/operator/launch.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { type Submitted, submitCrowd } from './support/drivers.ts';
import { environment } from './support/environment.ts';
import { leader } from './support/leader.ts';

const namespace = 'e2e-rollover';
const where = `--namespace=${namespace}`;
const home = `--namespace=${OPERATOR.namespace}`;
const COUNT = 500;
/** Drivers a second: all of them, until everything below has been done to the operator. */
const RATE = 12;

/** Kills the leader without a goodbye, and waits until another one leads and all pods are there again. */
async function killLeader(cluster: Cluster): Promise<void> {
  const before = await leader(cluster);
  await cluster.kubectl(['delete', 'pod', before, home, '--grace-period=0', '--force', '--wait=false']);
  await leader(cluster, before);
  await operatorReady(cluster);
}

describe('drivers that are submitted while the operator is replaced, and while its leader is killed', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let connection: KubeConnection;
  let submitted: readonly Submitted[];
  let rolledOverAt: number;
  let goodbyeSeconds: number;

  before(async () => {
    ({ cluster } = await environment());
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, { TOKEN: 'a token' }),
      binding(namespace, 'rollover', {
        selector: { applications: ['rollover'] },
        env: [{ name: 'TOKEN', key: 'TOKEN' }],
      }),
    ]);
    await readiness(cluster, namespace, 'rollover');
    connection = connect(cluster);
    const client = new HttpKubeClient(connection);
    const over = new AbortController();
    const crowd = { namespace, name: 'rollover', rate: RATE, least: COUNT };
    const submitting = submitCrowd(client, crowd, over.signal);
    try {
      await cluster.kubectl(['rollout', 'restart', `deployment/${OPERATOR.name}`, home]);
      await operatorReady(cluster);
      rolledOverAt = performance.now();
      for (let kills = 0; kills < 2; kills += 1) await killLeader(cluster);
      const leaving = await leader(cluster);
      const start = performance.now();
      await cluster.kubectl(['delete', 'pod', leaving, home, '--wait=true'], { timeoutMs: 60_000 });
      goodbyeSeconds = (performance.now() - start) / 1000;
    } finally {
      over.abort();
      submitted = await submitting;
    }
  });
  after(async () => {
    await operatorReady(cluster);
    await connection.close();
    await removeNamespaces(cluster, namespace);
  });

  it('are all admitted within the retries of their client', () => {
    expect(submitted).to.have.length.of.at.least(COUNT);
    expect(submitted.flatMap(({ refused }) => refused ?? [])).to.deep.equal([]);
  });

  it('are not even asked to try again during a rolling update', () => {
    const during = submitted.filter(({ at }) => at < rolledOverAt);
    expect(during).to.have.length.of.at.least(20);
    expect(during.filter(({ tries }) => tries > 1)).to.deep.equal([]);
  });

  it('all have their secrets', async () => {
    const names = async (selector: string): Promise<string[]> =>
      (await cluster.kubectl(['get', 'pods', where, `--selector=${selector}`, '--output=name']))
        .split('\n')
        .filter(Boolean);
    expect(await names(`${LABELS.injected}!=true`)).to.deep.equal([]);
    expect(await names(`${LABELS.injected}=true`)).to.have.length(submitted.length);
    const first = await getOne<Pod>(cluster, 'pod', 'driver-0', where);
    expect(JSON.stringify(first?.spec)).to.include('"secretKeyRef"');
  });

  it('see an operator that leaves within its five seconds, and what the kubelet needs', () => {
    expect(goodbyeSeconds).to.be.below(10);
  });
});
