import { expect } from 'chai';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { failureOf } from '../../support/failure.ts';
import { KUBEFLOW, NAMESPACE, RestartWorld } from './restart-world.ts';

describe('a restart that is refused', () => {
  let world: RestartWorld;
  beforeEach(() => {
    world = new RestartWorld();
  });

  /** An application whose driver has run for an hour when the key `A` changes. */
  async function changed(): Promise<void> {
    world.bind({ A: '1' });
    world.kubeflow('app');
    await world.reconcile();
    world.later(60);
    world.bind({ A: '2' });
  }

  it('by a PodDisruptionBudget, says so and tries again', async () => {
    await changed();
    world.refuse = new ApiError('budget', { code: 429, reason: 'TooManyRequests' });
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 10_000 });
    expect(world.events[0]).to.equal('RestartBlocked SparkApplication app');
    world.refuse = undefined;
    world.later(0.1);
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 4_000 });
    expect(world.evicted()).to.deep.equal(['app']);
    world.later(0.1);
    expect(await world.reconcile()).to.be.undefined;
    expect(world.events).to.include('Restarting SparkApplication app');
  });

  it('again and again, tries less and less often, every five minutes at least', async () => {
    await changed();
    world.refuse = new ApiError('budget', { code: 429, reason: 'TooManyRequests' });
    const waits: number[] = [];
    for (let times = 0; times < 6; times += 1) {
      const result = await world.reconcile();
      waits.push(result?.requeueAfterMs ?? 0);
      world.later((result?.requeueAfterMs ?? 0) / 60_000);
    }
    expect(waits).to.deep.equal([10_000, 20_000, 40_000, 80_000, 160_000, 300_000]);
  });

  it('is not looked at again and again when something else stands in its way by then', async () => {
    await changed();
    world.refuse = new ApiError('budget', { code: 429, reason: 'TooManyRequests' });
    await world.reconcile();
    world.later(1);
    world.share('orders', 'incomplete');
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    world.bind({ A: '2' });
    const { spec, ...application } = world.cluster.find(KUBEFLOW, NAMESPACE, 'app')!;
    world.cluster.put(KUBEFLOW, { ...application, spec: { ...spec, suspend: true } } as never);
    world.later(11);
    expect(await world.reconcile()).to.be.undefined;
  });

  it('waits for its turn while as many as may be are on their way', async () => {
    world.rotate(7);
    world.refuseOf.set('app-0-driver', new ApiError('budget', { code: 429, reason: 'TooManyRequests' }));
    await world.reconcile();
    world.later(1);
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
  });

  it('for want of an API server that serves, is tried again by the queue, and told by nothing', async () => {
    await changed();
    for (const code of [0, 503]) {
      world.refuse = new ApiError('no answer', { code, reason: 'Unreachable' });
      expect(await failureOf(world.reconcile())).to.equal(world.refuse);
    }
    expect(world.events).to.deep.equal([]);
  });

  it('because the pod is gone or another, does nothing', async () => {
    await changed();
    world.refuse = new ApiError('precondition', { code: 409, reason: 'Conflict' });
    expect(await world.reconcile()).to.be.undefined;
    expect(world.events).to.deep.equal([]);
  });

  it('for another reason, says that and tries again', async () => {
    await changed();
    world.refuse = new ApiError('this pod has more than one PodDisruptionBudget', {
      code: 500,
      reason: 'InternalError',
    });
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 10_000 });
    expect(world.events).to.deep.equal([
      'RestartBlocked Pod app-driver',
      'RestartBlocked SparkJobSecretBinding orders',
    ]);
    expect(world.messages[0]).to.match(
      /app-driver can not be restarted at present: .*more than one PodDisruptionBudget/,
    );
  });

  it('comes back with what is no answer of the API server', async () => {
    await changed();
    world.refuse = new TypeError('a mistake');
    expect(await failureOf(world.reconcile())).to.equal(world.refuse);
  });
});
