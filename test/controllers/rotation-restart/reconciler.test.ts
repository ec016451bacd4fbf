import { expect } from 'chai';
import { POD, SPARK_JOB_SECRET_BINDING } from '../../../operator/api/kinds.ts';
import { KUBEFLOW, NAMESPACE, RestartWorld } from './restart-world.ts';

describe('the reconciler of restarts', () => {
  let world: RestartWorld;
  beforeEach(() => {
    world = new RestartWorld();
  });

  /** An application whose driver has run for an hour when the key `A` changes. */
  async function changed(restartPolicy: object = { type: 'Always' }, spec: object = {}): Promise<void> {
    world.bind({ A: '1', B: '1' }, spec);
    world.kubeflow('app', restartPolicy);
    await world.reconcile();
    world.later(60);
    world.bind({ A: '2', B: '1' }, spec);
  }

  it('evicts the driver of an application whose value has changed, and names the key on application and binding', async () => {
    await changed();
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
    expect(world.events).to.deep.equal(['Restarting SparkApplication app', 'Restarting SparkJobSecretBinding orders']);
    expect(world.messages[0]).to.match(/^Values of A have changed: driver app-driver is evicted/);
  });

  it('does nothing when nothing has changed: no request, no event, also after a restart of the operator', async () => {
    world.bind({ A: '1' });
    world.kubeflow('app');
    world.cluster.get = () => Promise.reject(new Error('asked'));
    for (let hour = 0; hour < 3; hour += 1) {
      world.later(60);
      world.restartOperator();
      expect(await world.reconcile()).to.be.undefined;
    }
    expect([world.cluster.writes, world.events]).to.deep.equal([[], []]);
  });

  it('restarts an application once, and not again after its new driver has come', async () => {
    await changed();
    await world.reconcile();
    await world.reconcile();
    world.comeBack('app');
    world.later(60);
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  it('makes one restart of two keys, also of two bindings', async () => {
    world.bind({ A: '1', B: '1' });
    world.bind({ C: '1' }, { rotation: { onChange: 'Restart', minInterval: '2h' } }, 'license');
    world.kubeflow('app', { type: 'Always' }, { bindings: ['license', 'orders'] });
    world.later(60);
    world.bind({ A: '2', B: '2' });
    world.bind({ C: '2' }, { rotation: { onChange: 'Restart', minInterval: '2h' } }, 'license');
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 3_600_000 });
    expect(world.evicted()).to.deep.equal([]);
    world.later(60);
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
    expect(world.messages[0]).to.include('Values of A, B, C have changed');
    expect(world.events).to.have.members([
      'Restarting SparkApplication app',
      'Restarting SparkJobSecretBinding orders',
      'Restarting SparkJobSecretBinding license',
    ]);
  });

  it('notices what changed while the operator was away', async () => {
    await changed();
    world.restartOperator();
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  it('leaves alone applications of bindings with Keep, and keys that a run does not have', async () => {
    await changed({ type: 'Always' }, { rotation: { onChange: 'Keep' } });
    await world.reconcile();
    world.bind({ A: '1', NEW: '1' });
    await world.reconcile();
    expect([world.evicted(), world.events]).to.deep.equal([[], []]);
  });

  it('goes by the Secret of the run where there is one', async () => {
    const spec = { scope: 'Application' as const };
    world.bind({ A: '1' }, spec);
    world.kubeflow('app', { type: 'Always' }, { run: 'abcdefgh01' });
    world.later(60);
    await world.reconcile();
    expect(world.evicted()).to.deep.equal([]);
    world.bind({ A: '2' }, spec);
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  for (const [phase, deletionTimestamp] of [['Pending'], ['Succeeded'], ['Running', 'now']] as const) {
    it(`leaves a driver alone that is ${deletionTimestamp === undefined ? phase : 'ending'}`, async () => {
      await changed();
      const pod = world.cluster.find(POD, NAMESPACE, 'app-driver')!;
      const metadata = { ...pod.metadata, ...(deletionTimestamp && { deletionTimestamp }) };
      world.cluster.put(POD, { ...pod, metadata, status: { phase } } as typeof pod);
      await world.reconcile();
      expect(world.evicted()).to.deep.equal([]);
    });
  }

  describe('waits for minInterval since the driver came,', () => {
    const cases = { '10 minutes when it is left out': undefined, 'as the binding says': '30m' };
    for (const [sentence, minInterval] of Object.entries(cases)) {
      it(sentence, async () => {
        const minutes = minInterval === undefined ? 10 : 30;
        const spec = { rotation: { onChange: 'Restart' as const, ...(minInterval && { minInterval }) } };
        world.bind({ A: '1' }, spec);
        world.kubeflow('app');
        world.later(1);
        world.bind({ A: '2' }, spec);
        expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: (minutes - 1) * 60_000 });
        world.later(minutes - 2);
        world.restartOperator();
        expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 60_000 });
        expect(world.evicted()).to.deep.equal([]);
        world.later(1);
        await world.reconcile();
        expect(world.evicted()).to.deep.equal(['app']);
      });
    }
  });

  it('asks for the eviction of exactly this pod', async () => {
    await changed();
    const { uid } = world.cluster.find(POD, NAMESPACE, 'app-driver')!.metadata;
    const asked: unknown[] = [];
    world.cluster.subresources.set('pods/eviction', (_where, eviction) => {
      asked.push(eviction);
      return eviction;
    });
    await world.reconcile();
    expect(asked).to.deep.equal([
      {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'app-driver', namespace: NAMESPACE },
        deleteOptions: { preconditions: { uid } },
      },
    ]);
  });

  it('evicts a driver once, though the informer does not show yet that it is going', async () => {
    await changed();
    world.cluster.lag();
    await world.reconcile();
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  it('waits no longer than ten minutes for an application that does not come back', async () => {
    world.bind({ A: '1' });
    for (let at = 0; at < 6; at += 1) world.kubeflow(`app-${at}`);
    world.later(60);
    world.bind({ A: '2' });
    await world.reconcile();
    for (const name of world.evicted()) world.cluster.remove(POD, NAMESPACE, `${name}-driver`);
    await world.reconcile();
    expect(world.evicted()).to.have.length(5);
    world.later(11);
    await world.reconcile();
    expect(world.evicted()).to.have.length(6);
  });

  describe('never touches an application that would not come back, and says once that it keeps its value:', () => {
    const kubeflow: Record<string, object> = {
      'restartPolicy Never': { type: 'Never' },
      'no restartPolicy': {},
      'OnFailure without retries': { type: 'OnFailure' },
      'OnFailure with none left': { type: 'OnFailure', onFailureRetries: 0 },
    };
    for (const [sentence, policy] of Object.entries(kubeflow)) {
      it(`Kubeflow’s with ${sentence}`, async () => {
        await changed(policy);
        expect(await world.reconcile()).to.be.undefined;
        expect(world.evicted()).to.deep.equal([]);
        expect(world.events).to.deep.equal([
          'KeepsOldValue SparkApplication app',
          'KeepsOldValue SparkJobSecretBinding orders',
        ]);
        expect(world.messages[0]).to.match(/^Values of A have changed; driver app-driver keeps those/);
      });
    }

    it('a driver of plain spark-submit', async () => {
      world.bind({ A: '1' });
      world.drive('plain');
      world.later(60);
      world.bind({ A: '2' });
      await world.reconcile();
      expect(world.evicted()).to.deep.equal([]);
      expect(world.events).to.deep.equal([
        'KeepsOldValue Pod plain-driver',
        'KeepsOldValue SparkJobSecretBinding orders',
      ]);
    });

    it('and does not ask for its application again for ten minutes', async () => {
      await changed({ type: 'Never' });
      await world.reconcile();
      world.cluster.get = () => Promise.reject(new Error('asked'));
      world.later(9);
      expect(await world.reconcile()).to.be.undefined;
      expect(world.evicted()).to.deep.equal([]);
    });

    it('and says nothing more an hour later, when an operator starts anew', async () => {
      await changed({ type: 'Never' });
      await world.reconcile();
      world.events.length = 0;
      world.later(60);
      world.restartOperator();
      await world.reconcile();
      expect([world.events, world.evicted()]).to.deep.equal([[], []]);
    });

    it('asks for its application again before the restart, should it have changed meanwhile', async () => {
      world.bind({ A: '1' });
      world.kubeflow('app');
      world.later(5);
      world.bind({ A: '2' });
      await world.reconcile();
      const app = world.cluster.find(POD, NAMESPACE, 'app-driver');
      world.cluster.put(KUBEFLOW, {
        metadata: { name: 'app', namespace: NAMESPACE },
        spec: { restartPolicy: { type: 'Never' } },
        status: { driverInfo: { podName: app?.metadata.name } },
      } as never);
      world.later(6);
      await world.reconcile();
      expect(world.evicted()).to.deep.equal([]);
      expect(world.events[0]).to.equal('KeepsOldValue SparkApplication app');
    });
  });

  it('restarts an application of Apache’s operator', async () => {
    world.bind({ A: '1' });
    world.apache('app', { restartPolicy: 'OnFailure' });
    world.later(60);
    world.bind({ A: '2' });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  it('does not restart while the new driver would be refused, because values are not complete', async () => {
    await changed();
    world.share('orders', 'incomplete');
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    expect(world.evicted()).to.deep.equal([]);
    world.bind({ A: '2', B: '1' });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal(['app']);
  });

  it('does not restart while another binding of the driver would refuse the new one', async () => {
    world.bind({ A: '1' });
    world.bind({ B: '1' }, { rotation: { onChange: 'Keep' } }, 'license');
    world.kubeflow('app', { type: 'Always' }, { bindings: ['orders', 'license'] });
    world.later(60);
    world.bind({ A: '2' });
    world.share('license', 'incomplete');
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    expect(world.evicted()).to.deep.equal([]);
  });

  it('does nothing for a binding that is going', async () => {
    await changed();
    const bound = world.cluster.find(SPARK_JOB_SECRET_BINDING, NAMESPACE, 'orders')!;
    world.cluster.put(SPARK_JOB_SECRET_BINDING, {
      ...bound,
      metadata: { ...bound.metadata, deletionTimestamp: 'now' },
    });
    await world.reconcile();
    expect(world.evicted()).to.deep.equal([]);
  });
});
