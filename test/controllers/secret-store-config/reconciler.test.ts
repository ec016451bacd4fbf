import { expect } from 'chai';
import { SECRET_STORE_CONFIG } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { ConflictError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf } from '../../support/failure.ts';
import { binding, storeConfig } from '../../support/objects.ts';

describe('the reconciler of stores', () => {
  let world: BindingWorld;

  beforeEach(async () => {
    world = new BindingWorld();
    await world.store.put('A', '1');
    world.put(storeConfig());
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  it('counts keys and bindings', async () => {
    world.put(binding());
    world.put(binding({}, { name: 'two' }));
    world.put(binding({ storeRef: { name: 'default' } }, { name: 'of-another-store' }));
    expect(await world.reconcileStore()).to.deep.equal({ requeueAfterMs: 30_000 });
    expect(world.storeStatus()).to.include({ keys: 1, bindings: 2 });
  });

  it('writes nothing while it finds the same', async () => {
    await world.reconcileStore();
    world.cluster.writes.length = 0;
    for (let hour = 1; hour < 5; hour += 1) {
      world.now = new Date(`2026-01-01T0${hour}:00:00Z`);
      await world.reconcileStore();
    }
    expect(world.cluster.writes).to.deep.equal([]);
  });

  it('makes one write of a thousand new bindings', async () => {
    await world.reconcileStore();
    world.cluster.writes.length = 0;
    for (let at = 0; at < 1_000; at += 1) world.put(binding({}, { name: `b${at}` }));
    await world.reconcileStore();
    await world.reconcileStore();
    expect(world.cluster.writes).to.have.length(1);
    expect(world.storeStatus()?.bindings).to.equal(1_000);
  });

  it('tells in events of trouble and its end, not of a first success', async () => {
    await world.reconcileStore();
    world.store.failure = new OperatorError('StoreUnreachable');
    expect(await world.reconcileStore()).to.deep.equal({ requeueAfterMs: 5_000 });
    await world.reconcileStore();
    world.store.failure = undefined;
    await world.reconcileStore();
    expect(world.events).to.deep.equal(['Warning StoreUnreachable', 'Normal Connected']);
  });

  it('says nothing of a store that was made anew under the name meanwhile', async () => {
    world.cluster.lag();
    world.cluster.remove(SECRET_STORE_CONFIG, 'iomete-system', 'default');
    world.put(storeConfig());
    expect(await failureOf(world.reconcileStore())).to.be.instanceOf(ConflictError);
    expect(world.storeStatus()).to.be.undefined;
  });

  it('closes a store whose object is gone', async () => {
    await world.reconcileStore();
    world.cluster.remove(SECRET_STORE_CONFIG, 'iomete-system', 'default');
    expect(await world.reconcileStore()).to.be.undefined;
    expect(world.store.closed).to.equal(1);
  });
});
