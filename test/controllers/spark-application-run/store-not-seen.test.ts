import { expect } from 'chai';
import { LEASE_FINALIZER } from '../../../operator/api/group.ts';
import { SECRET_STORE_CONFIG } from '../../../operator/api/kinds.ts';
import { RUN, RunWorld } from './run-world.ts';

const STORE = 'iomete-system';

describe('credentials on lease of a store that is not seen', () => {
  let world: RunWorld;
  beforeEach(() => {
    world = new RunWorld();
    world.bindLeased();
    world.drive();
  });

  const end = (): unknown => world.drive('driver', RUN, { status: { phase: 'Succeeded' } });
  const alive = (): number => world.store.leases.alive.size;
  const finalizers = () => world.secret()?.metadata.finalizers;

  function hideStore(): () => void {
    const store = world.cluster.find(SECRET_STORE_CONFIG, STORE, 'default')!;
    world.cluster.remove(SECRET_STORE_CONFIG, STORE, 'default');
    return () => world.cluster.put(SECRET_STORE_CONFIG, store);
  }

  it('are not given up while its namespace can not be read, and are revoked when it can', async () => {
    await world.reconcile();
    const show = hideStore();
    world.scope.exceptions.set(STORE, 'unknown');
    end();
    expect((await world.reconcile())?.requeueAfterMs).to.equal(60_000);
    expect([alive(), finalizers(), world.events]).to.deep.equal([1, [LEASE_FINALIZER], []]);
    show();
    world.scope.exceptions.clear();
    await world.reconcile();
    expect([alive(), finalizers()]).to.deep.equal([0, []]);
  });

  it('are given up with its namespace, and that is told', async () => {
    await world.reconcile();
    hideStore();
    world.scope.exceptions.set(STORE, 'unwatched');
    end();
    await world.reconcile();
    expect([finalizers(), world.events.map(({ reason }) => reason)]).to.deep.equal([[], ['LeaseLeft']]);
  });

  it('can not be renewed, and the event says why', async () => {
    await world.reconcile();
    hideStore();
    world.scope.exceptions.set(STORE, 'unknown');
    world.drive('driver', RUN, { status: { phase: 'Running' } });
    await world.reconcile();
    expect(world.events.map(({ reason }) => reason)).to.deep.equal(['LeaseNotRenewed']);
    expect(world.events[0]?.message).to.match(/may not list what is in namespace iomete-system/);
  });

  it('are not made, and the event says why', async () => {
    hideStore();
    world.scope.exceptions.set(STORE, 'unwatched');
    await world.reconcile();
    expect(world.events[0]?.reason).to.equal('NotLeased');
    expect(world.events[0]?.message).to.match(/namespace iomete-system is not among those/);
  });
});
