import { expect } from 'chai';
import { RestartWorld } from './restart-world.ts';

describe('restarts of many applications', () => {
  let world: RestartWorld;
  beforeEach(() => {
    world = new RestartWorld();
  });

  it('have five applications at most on their way, the oldest first, and goes on as they come back', async () => {
    world.bind({ A: '1' });
    const names = Array.from({ length: 12 }, (_, at) => `app-${String(at).padStart(2, '0')}`);
    for (const name of names) {
      world.kubeflow(name);
      world.later(0.1);
    }
    world.later(60);
    world.bind({ A: '2' });
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(names.slice(0, 5));
    world.restartOperator(); // It sees those that are ending.
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(names.slice(0, 5));
    world.comeBack('app-00');
    world.comeBack('app-01');
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(names.slice(0, 7));
    for (let round = 0; round < 5; round += 1) {
      for (const name of world.evicted()) world.comeBack(name);
      await world.reconcile();
    }
    expect(world.evicted()).to.deep.equal(names);
  });

  it('begin with those that have run longest', async () => {
    world.bind({ A: '1' });
    for (let at = 0; at < 7; at += 1) {
      world.kubeflow(`app-${at}`);
      world.later(-1);
    }
    world.later(60);
    world.bind({ A: '2' });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app-6', 'app-5', 'app-4', 'app-3', 'app-2']);
  });
});
