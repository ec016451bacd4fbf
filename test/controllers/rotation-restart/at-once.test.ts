import { expect } from 'chai';
import { POD } from '../../../operator/api/kinds.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { APACHE, NAMESPACE, RestartWorld } from './restart-world.ts';

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

  describe('go on past those that can not be restarted:', () => {
    const refusals: Readonly<Record<string, () => void>> = {
      'a PodDisruptionBudget that never lets go': () => {
        const budget = new ApiError('budget', { code: 429, reason: 'TooManyRequests' });
        for (let at = 0; at < 6; at += 1) world.refuseOf.set(`app-${at}-driver`, budget);
      },
      'an eviction that fails': () => {
        world.refuseOf.set('app-0-driver', new ApiError('two budgets', { code: 500, reason: 'InternalError' }));
      },
      'an application that can not be read': () => {
        const get = world.cluster.get.bind(world.cluster);
        world.cluster.get = (kind, namespace, name, ...rest) =>
          name === 'app-0'
            ? Promise.reject(new ApiError('forbidden', { code: 403, reason: 'Forbidden' }))
            : get(kind, namespace, name, ...rest);
      },
    };
    for (const [why, refuse] of Object.entries(refusals))
      it(why, async () => {
        world.rotate(8);
        refuse();
        await world.reconcile();
        const others = ['app-1', 'app-2', 'app-3', 'app-4', 'app-5', 'app-6', 'app-7'];
        const left = others.filter((name) => !world.refuseOf.has(`${name}-driver`));
        expect(evictedWell()).to.deep.equal(left.slice(0, 5));
        expect(world.events).to.include('RestartBlocked SparkJobSecretBinding orders');
      });
  });

  /** Those that let go. */
  function evictedWell(): string[] {
    return world.evicted().filter((name) => {
      const driver = world.cluster.find(POD, NAMESPACE, `${name}-driver`);
      return driver?.metadata.deletionTimestamp !== undefined;
    });
  }

  it('take no place for longer than ten minutes where a driver does not end', async () => {
    world.rotate(6);
    await world.reconcile();
    world.later(9);
    await world.reconcile();
    expect(world.evicted()).to.have.length(5);
    world.later(2);
    await world.reconcile();
    expect(world.evicted()).to.include('app-5');
  });

  it('see an application come back whose drivers have another name each time', async () => {
    world.bind({ A: '1' });
    for (let at = 0; at < 6; at += 1) {
      world.apache(`app-${at}`, { restartPolicy: 'Always' });
      world.later(0.1);
    }
    world.later(60);
    world.bind({ A: '2' });
    await world.reconcile();
    world.cluster.remove(POD, NAMESPACE, 'app-0-driver');
    const { metadata, ...second } = world.drive('app-0', { kind: APACHE });
    world.cluster.remove(POD, NAMESPACE, 'app-0-driver');
    world.cluster.put(POD, { ...second, metadata: { ...metadata, name: 'app-0-second-driver' } });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app-0', 'app-1', 'app-2', 'app-3', 'app-4', 'app-5']);
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
