import { expect } from 'chai';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { failureOf } from '../../support/failure.ts';
import { RestartWorld } from './restart-world.ts';

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
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 30_000 });
    expect(world.events[0]).to.equal('RestartBlocked SparkApplication app');
    world.refuse = undefined;
    world.later(0.25);
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    expect(world.evicted()).to.deep.equal(['app']);
    world.later(0.25);
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
    expect(waits).to.deep.equal([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
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
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 30_000 });
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
