import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { OPERATOR, operatorReady } from '../../tools/spark/operator.ts';
import { writesSoFar } from './support/api-writes.ts';
import {
  binding,
  bindingData,
  conditionsOf,
  readiness,
  removeNamespaces,
  store,
  storeSecret,
} from './support/declare.ts';
import { environment } from './support/environment.ts';
import { newLeader } from './support/leader.ts';

type Step = 'store' | 'values' | 'binding';
const orders: readonly (readonly Step[])[] = [
  ['store', 'values', 'binding'],
  ['store', 'binding', 'values'],
  ['values', 'store', 'binding'],
  ['values', 'binding', 'store'],
  ['binding', 'store', 'values'],
  ['binding', 'values', 'store'],
];
const spec = { selector: { applications: ['any'] }, env: [{ name: 'TOKEN', key: 'orders/TOKEN' }] };

describe('declarations come in any order', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  const namespaces = [...orders.map((order) => `order-${order.join('-')}`), 'order-restarts'];

  before(async () => {
    ({ cluster } = await environment());
    const made = namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    await apply(cluster, made);
  });
  after(() => removeNamespaces(cluster, ...namespaces));

  for (const order of orders) {
    it(`${order.join(', then ')}: the binding becomes Ready and its Secret holds the value`, async () => {
      const namespace = `order-${order.join('-')}`;
      for (const step of order) {
        await apply(cluster, [declaration(namespace, step)]);
        await sleep(300); // the operator sees each state, not only the last
      }
      await readiness(cluster, namespace, 'job');
      expect(await bindingData(cluster, namespace, 'job')).to.include({ TOKEN: namespace });
    });
  }

  it('all deleted and applied again comes to the same', async () => {
    const [namespace = ''] = namespaces;
    const where = ['--namespace', namespace, '--timeout=60s'];
    await cluster.kubectl(['delete', 'sjsb/job', 'ssc/default', 'secret/iomete-secret-store.orders', ...where]);
    await eventually('the Secret goes with its binding', 60_000, async () =>
      (await bindingData(cluster, namespace, 'job')) === undefined ? true : undefined,
    );
    for (const step of orders[4] ?? []) await apply(cluster, [declaration(namespace, step)]);
    await readiness(cluster, namespace, 'job');
    expect(await bindingData(cluster, namespace, 'job')).to.include({ TOKEN: namespace });
  });

  it('an operator that starts between the steps takes up what was declared while it was away', async () => {
    const namespace = 'order-restarts';
    const waitsFor = { binding: 'StoreNotFound', store: 'KeyNotFound', values: 'Injecting' } as const;
    for (const step of ['binding', 'store', 'values'] as const) {
      await killOperator(cluster);
      await apply(cluster, [declaration(namespace, step)]);
      await operatorReady(cluster);
      await readiness(cluster, namespace, 'job', waitsFor[step]);
    }
    expect(await bindingData(cluster, namespace, 'job')).to.include({ TOKEN: namespace });
  });

  it('a restart with nothing changed writes nothing, by the count of the API server', async () => {
    await quiet(cluster);
    const before = await writesSoFar(cluster);
    const state = await conditionsOf(cluster, 'order-restarts', 'job');
    const { namespace, name } = OPERATOR;
    await cluster.kubectl(['rollout', 'restart', `deployment/${name}`, `--namespace=${namespace}`]);
    await operatorReady(cluster);
    await newLeader(cluster);
    await sleep(6_000);
    expect(await writesSoFar(cluster)).to.deep.equal(before);
    expect(await conditionsOf(cluster, 'order-restarts', 'job')).to.deep.equal(state);
    // What counts nothing would pass as well: a change is written, and counted.
    await apply(cluster, [storeSecret('order-restarts', { TOKEN: 'changed' }, 'orders')]);
    await eventually('the change is written', 30_000, async () => {
      const data = await bindingData(cluster, 'order-restarts', 'job');
      return data?.['TOKEN'] === 'changed' ? true : undefined;
    });
    expect(await writesSoFar(cluster)).to.not.deep.equal(before);
  });
});

function declaration(namespace: string, step: Step): object {
  switch (step) {
    case 'store':
      return store(namespace);
    case 'values':
      return storeSecret(namespace, { TOKEN: namespace }, 'orders');
    case 'binding':
      return binding(namespace, 'job', spec);
  }
}

/** Ends all pods of the operator at once, as a crash of its node would. */
async function killOperator(cluster: Cluster): Promise<void> {
  const where = [`--namespace=${OPERATOR.namespace}`, `--selector=app.kubernetes.io/name=${OPERATOR.name}`];
  await cluster.kubectl(['delete', 'pods', ...where, '--grace-period=0', '--force', '--timeout=60s']);
}

/** Waits until five seconds go by without a write. */
async function quiet(cluster: Cluster): Promise<void> {
  let last = '';
  await eventually('five seconds without a write', 60_000, async () => {
    const now = JSON.stringify(await writesSoFar(cluster));
    if (now === last) return true;
    last = now;
    await sleep(5_000);
    return undefined;
  });
}
