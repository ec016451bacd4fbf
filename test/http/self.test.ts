import { expect } from 'chai';
import { CANARY, eachInOrdersWorld, type ApiWorld } from './api-world.ts';

const KEY = 'orders/DB_PASSWORD';
const SELF = '/api/v1/self/keys';
const LABELS = { 'spark-role': 'driver', team: 'orders' };

describe('the route for pods', () => {
  let world: ApiWorld;

  eachInOrdersWorld((made) => {
    world = made;
    world.addPod('analytics', 'etl-driver', { labels: LABELS });
    world.addPod('analytics', 'etl-exec-1', {
      labels: { 'spark-role': 'executor' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'etl-driver', uid: 'uid-of-etl-driver' }],
    });
  });

  async function read(as: string, key = KEY): Promise<readonly [number, unknown]> {
    const { status, json } = await world.call(`${SELF}/${key}`, { as });
    return [status, status < 400 ? json : json['code']];
  }

  it('gives a driver and its executors what a binding that selects it covers, and nothing else', async () => {
    world.addBinding('analytics', 'orders', {
      env: [{ name: 'A', key: KEY }],
      envFrom: [{ group: 'orders/s3', prefix: '' }],
      references: [{ key: 'sales/TOKEN' }],
    });
    const found = { key: KEY, version: '1', value: `${CANARY}-1`, binding: 'orders' };
    expect(await read('etl-driver')).to.deep.equal([200, found]);
    expect(await read('etl-exec-1')).to.deep.equal([200, found]);
    expect(await read('etl-driver', 'orders/OTHER')).to.deep.equal([403, 'NoBinding']);
    expect(await read('etl-driver', 'ROOT')).to.deep.equal([403, 'NoBinding']);
    // What the binding names, the store still has to grant.
    expect(await read('etl-driver', 'sales/TOKEN')).to.deep.equal([403, 'KeyNotGranted']);
    expect(await read('etl-driver', 'orders/s3/KEY')).to.deep.equal([403, 'KeyNotGranted']);
  });

  it('tells a pod without a binding which to add', async () => {
    const { status, json } = await world.call(`${SELF}/${KEY}`, { as: 'etl-driver' });
    expect([status, json['detail']]).to.deep.equal([
      403,
      `no SparkJobSecretBinding of namespace analytics selects pod etl-driver: add one whose selector matches it, with references: [{key: ${KEY}}].`,
    ]);
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: 'orders/OTHER' }] });
    const other = await world.call(`${SELF}/${KEY}`, { as: 'etl-driver' });
    expect(other.json['detail']).to.equal(
      `pod etl-driver is selected by orders, which does not cover ${KEY} for it: add references: [{key: ${KEY}}] to one of them, or a group that holds orders.`,
    );
  });

  it('gives nothing to a pod of other labels, of another namespace, or that is none of Spark’s', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.addPod('analytics', 'sales-driver', { labels: { ...LABELS, team: 'sales' } });
    world.addPod('other', 'other-driver', { labels: LABELS });
    world.addPod('analytics', 'web', { labels: { team: 'orders' } });
    for (const pod of ['sales-driver', 'other-driver', 'web'])
      expect(await read(pod)).to.deep.equal([403, 'NoBinding']);
    world.addPod('analytics', 'notebook', { labels: { team: 'orders', 'secrets.iomete.com/inject': 'true' } });
    expect((await read('notebook'))[0]).to.equal(200);
  });

  it('gives nothing to a pod that is gone, or whose name another pod has now', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.pods.set('analytics/etl-driver', { metadata: { name: 'etl-driver', uid: 'another', labels: LABELS } });
    expect(await read('etl-driver')).to.deep.equal([403, 'NoPod']);
    expect(await read('etl-exec-1')).to.deep.equal([403, 'NoPod']);
    world.pods.delete('analytics/etl-driver');
    expect(await read('etl-driver')).to.deep.equal([403, 'NoPod']);
  });

  it('gives an executor no variable that is for the driver alone, and none without a driver', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY, targets: ['driver'] }] });
    expect((await read('etl-driver'))[0]).to.equal(200);
    expect(await read('etl-exec-1')).to.deep.equal([403, 'NoBinding']);
    world.addPod('analytics', 'orphan', { labels: { ...LABELS, 'spark-role': 'executor' } });
    expect(await read('orphan')).to.deep.equal([403, 'NoBinding']);
  });

  it('gives a running driver what the bindings cover that it was given, though they select it no more', async () => {
    world.addBinding('analytics', 'orders', {
      selector: { matchLabels: { team: 'new' } },
      env: [{ name: 'A', key: KEY }],
    });
    expect(await read('etl-driver')).to.deep.equal([403, 'NoBinding']);
    world.addPod('analytics', 'etl-driver', {
      labels: LABELS,
      annotations: { 'secrets.iomete.com/bindings': 'orders' },
    });
    expect((await read('etl-driver'))[0]).to.equal(200);
  });

  it('asks which binding is meant when two cover the key in different stores', async () => {
    world.addStore('analytics', 'own');
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.addBinding('analytics', 'own', { storeRef: { name: 'own' }, env: [{ name: 'A', key: KEY }] });
    expect(await read('etl-driver')).to.deep.equal([409, 'Conflict']);
    const [status, found] = await read('etl-driver', `${KEY}?binding=own`);
    expect([status, (found as { binding: string }).binding]).to.deep.equal([200, 'own']);
  });

  it('is for pods only, whatever else somebody may do', async () => {
    expect(await read('owner')).to.deep.equal([403, 'NoPod']);
    expect((await read(''))[0]).to.equal(401);
    expect((await read('etl-driver', '..%2Fx'))[0]).to.equal(400);
  });

  it('tells of a store that is not there, and a key', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: 'orders/NOWHERE' }] });
    expect(await read('etl-driver', 'orders/NOWHERE')).to.deep.equal([404, 'KeyNotFound']);
    world.stores.pop();
    expect(await read('etl-driver', 'orders/NOWHERE')).to.deep.equal([404, 'StoreNotFound']);
  });

  it('gives a pod no right on the routes for people', async () => {
    const { status } = await world.call('/api/v1/namespaces/platform/stores/default/keys', { as: 'etl-driver' });
    expect(status).to.equal(403);
  });
});
