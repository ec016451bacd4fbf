import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { SPARK_JOB_SECRET_BINDING, type BindingStatus, type StoreStatus } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { eventually } from '../../doubles/eventually.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';
import { PingedStore } from '../../support/store-double.ts';

/** A hundredth of the real ones. */
const TIMES = { probeMs: 20, lateMs: 35, promptMs: 20, againMs: 5, retryMs: 10, readMs: 80, requestMs: 300 };

describe('an outage of the store of a hundred bindings', () => {
  const names = Array.from({ length: 100 }, (_, at) => `b${at}`);
  let store: PingedStore;
  let world: BindingWorld;

  const conditionsOf = (status: BindingStatus | StoreStatus | undefined) => status?.conditions ?? [];
  const reasons = () =>
    names.map((name) => {
      const { status } = world.cluster.find(SPARK_JOB_SECRET_BINDING, 'analytics', name)!;
      return status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
    });
  /** As the queue does: each that was told, once. */
  const settle = async () => {
    for (const reader of new Set(world.told.splice(0))) await world.reconcile(reader.split('/')[1]);
    await world.reconcileStore();
  };
  const statusWrites = () => world.cluster.writes.filter((write) => write.startsWith('apply sparkjob')).length;

  beforeEach(async () => {
    store = new PingedStore();
    world = new BindingWorld(store, TIMES);
    for (const key of ['A', 'B']) await store.put(key, '1');
    world.put(storeConfig({ access: GRANT_ALL, refreshInterval: '24h' }));
    for (const [at, name] of names.entries())
      world.put(binding({ env: [{ name: 'A', key: at % 2 ? 'A' : 'B' }] }, { name }));
    for (const name of names) await world.reconcile(name);
    expect(new Set(reasons())).to.deep.equal(new Set(['Injecting']));
    world.cluster.writes.length = 0;
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  it('is told by each of them and by the store, once, with the age of the values', async () => {
    store.before = new Promise(() => undefined);
    store.pingAfter = () => new Promise(() => undefined);
    await eventually(() => world.told.length >= 100);
    await settle();
    expect(new Set(reasons())).to.deep.equal(new Set(['StoreUnreachable']));
    const [ofStore] = conditionsOf(world.storeStatus());
    expect(ofStore).to.include({ status: 'False', reason: 'StoreUnreachable' });
    expect(ofStore?.message).to.match(/last answered at 20/);
    const [ready, resolved] = conditionsOf(world.cluster.find(SPARK_JOB_SECRET_BINDING, 'analytics', 'b7')?.status);
    expect(ready?.message).to.match(/^Jobs start .* last answered at 20/);
    expect(resolved).to.include({ type: 'Resolved', status: 'True' });
    expect(statusWrites()).to.equal(100);
    for (let at = 0; at < 5; at += 1) {
      await sleep(30);
      for (const name of names) await world.reconcile(name);
      await settle();
    }
    expect(statusWrites()).to.equal(100);
    expect(world.cluster.writes.filter((write) => !write.startsWith('apply'))).to.deep.equal([]);
  });

  it('ends by itself: each is Ready again, and a value that changed meanwhile is in its Secret', async () => {
    store.failure = new OperatorError('StoreUnreachable', 'sealed');
    await eventually(() => world.told.length >= 100);
    await settle();
    expect(new Set(reasons())).to.deep.equal(new Set(['StoreUnreachable']));
    await store.put('A', '2');
    store.failure = undefined;
    await eventually(() => world.told.length >= 100);
    await sleep(20);
    await settle();
    expect(new Set(reasons())).to.deep.equal(new Set(['Injecting']));
    expect(world.storeStatus()?.conditions?.[0]?.reason).to.equal('Connected');
    const secrets = world.cluster.writes.filter((write) => write.startsWith('replace'));
    expect(secrets).to.have.length(50);
  });
});
