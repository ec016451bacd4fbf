import { expect } from 'chai';
import { LABELS } from '../../../operator/api/group.ts';
import { POD, SECRET, SPARK_JOB_SECRET_BINDING, type DriverPod } from '../../../operator/api/kinds.ts';
import { keyIndexName } from '../../../operator/injection/key-index.ts';
import { runSecretName } from '../../../operator/injection/secret-name.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { NAMESPACE, RUN, RunWorld } from './run-world.ts';

const NAME = `spark-secrets-orders-run-${RUN}`;
const INDEX = keyIndexName('orders');

describe('the reconciler of runs', () => {
  let world: RunWorld;
  beforeEach(() => {
    world = new RunWorld();
  });

  it('gives a driver an immutable copy of the binding’s Secret that names itself and goes with the pod', async () => {
    world.bind();
    world.share('one');
    const { metadata } = world.drive();
    expect(await world.reconcile()).to.be.undefined;
    expect(world.secret()).to.deep.include({ immutable: true, type: 'Opaque' });
    expect(world.secret()?.metadata).to.deep.include({
      labels: {
        'secrets.iomete.com/run': RUN,
        'secrets.iomete.com/run-binding': 'orders',
        'app.kubernetes.io/managed-by': 'spark-secrets-operator',
      },
      annotations: { 'secrets.iomete.com/versions': '{"A":"6b86b273"}' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'driver', uid: metadata.uid }],
    });
    expect(world.text()).to.include({
      A: 'one',
      'spark.properties':
        `spark.a=one\nspark.kubernetes.executor.secretKeyRef.A=${NAME}\\:A\n` +
        `spark.kubernetes.executor.secretKeyRef.${INDEX}=${NAME}\\:${INDEX}\n` +
        'spark.kubernetes.executor.label.secrets.iomete.com/injected=true\n',
      [INDEX]: 'A env A\n',
      'redaction.regex': '|^spark[.]a$',
    });
    expect(world.events).to.deep.equal([]);
  });

  it('keeps a run’s values whatever rotates, and gives the next run the new ones', async () => {
    world.bind();
    world.share('one');
    world.drive();
    await world.reconcile();
    world.bind('orders', '2');
    world.share('two');
    world.drive('next', 'nextnext00');
    await world.reconcile();
    expect(world.text()['A']).to.equal('one');
    const next = runSecretName('orders', 'nextnext00');
    expect(world.text(next)['A']).to.equal('two');
    expect(world.secret(next)?.metadata.annotations).to.deep.equal({
      'secrets.iomete.com/versions': '{"A":"d4735e3a"}',
    });
  });

  it('writes nothing and asks nothing when nothing is to be done, also after a restart', async () => {
    world.bind();
    world.share('one');
    world.drive();
    await world.reconcile();
    world.drive('driver', RUN, { status: { phase: 'Running' } });
    world.cluster.writes.length = 0;
    world.cluster.get = () => Promise.reject(new Error('asked'));
    await world.reconcile();
    expect([world.cluster.writes, world.events]).to.deep.equal([[], []]);
  });

  describe('comes to the same world in whatever order things are made', () => {
    const steps = {
      binding: () => world.bind(),
      values: () => {
        world.share('one');
      },
      driver: () => world.drive(),
    };
    type Step = keyof typeof steps;
    const names = Object.keys(steps) as Step[];
    const orders = names.flatMap((one) =>
      names.flatMap((two) => names.map((three) => [one, two, three]).filter((order) => new Set(order).size === 3)),
    );
    for (const order of orders) {
      it(order.join(', '), async () => {
        for (const step of order) {
          steps[step]();
          await world.reconcile();
        }
        expect(world.text()['A']).to.equal('one');
        expect(world.cluster.writes).to.deep.equal([`create secrets ${NAMESPACE}/${NAME}`]);
      });
    }
  });

  it('reads the binding’s Secret once for drivers that come together', async () => {
    world.bind();
    world.share('one');
    for (let at = 0; at < 10; at += 1) world.drive(`driver-${at}`, `abcdefgh1${at}`);
    let reads = 0;
    const get = world.cluster.get.bind(world.cluster);
    world.cluster.get = (...args) => ((reads += 1), get(...args));
    await world.reconcile();
    expect([reads, world.cluster.writes.length]).to.deep.equal([1, 10]);
  });

  it('gives a driver of two bindings a Secret of each', async () => {
    for (const name of ['orders', 'license']) {
      world.bind(name);
      world.share(`of ${name}`, name);
    }
    world.drive('driver', RUN, {}, ['license', 'orders']);
    await world.reconcile('orders');
    await world.reconcile('license');
    expect(world.text()['A']).to.equal('of orders');
    expect(world.text(runSecretName('license', RUN))['A']).to.equal('of license');
  });

  it('gives its Secret also to a pod that has no status yet', async () => {
    world.bind();
    world.share('one');
    const { metadata, runs = [] } = world.drive();
    const pod: DriverPod = { metadata, runs };
    world.cluster.put(POD, pod);
    await world.reconcile();
    expect(world.text()['A']).to.equal('one');
  });

  describe('lets the pod wait, says why and looks again,', () => {
    it('while the values are not complete for the spec', async () => {
      world.bind();
      world.share('one', 'orders', 'incomplete');
      world.drive();
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
      expect(world.secret()).to.be.undefined;
      expect(world.events.map(({ pod, reason }) => [pod, reason])).to.deep.equal([['driver', 'WaitingForBinding']]);
      expect(world.events[0]?.message).to.include('kubectl describe sjsb orders');
    });

    it('while the binding is gone', async () => {
      world.share('one');
      world.drive();
      await world.reconcile();
      expect(world.secret()).to.be.undefined;
      expect(world.events[0]?.message).to.include('SparkJobSecretBinding analytics/orders').and.to.include('is gone');
    });

    it('when the Secret was complete for the informer only', async () => {
      world.bind();
      world.share('one');
      world.drive();
      world.cluster.lag();
      world.share('', 'orders', 'incomplete');
      await world.reconcile();
      expect(world.secret()).to.be.undefined;
    });
  });

  describe('leaves alone', () => {
    const phases = ['Succeeded', 'Failed', 'Unknown'];
    for (const phase of phases) {
      it(`a driver that is ${phase}`, async () => {
        world.bind();
        world.share('one');
        world.drive('driver', RUN, { status: { phase } });
        await world.reconcile();
        expect([world.cluster.writes, world.events]).to.deep.equal([[], []]);
      });
    }

    it('a driver that is being deleted, and one that refers to no Secret of its run', async () => {
      world.bind();
      world.share('one');
      const { metadata } = world.drive();
      world.cluster.put(POD, { ...world.drive(), metadata: { ...metadata, deletionTimestamp: 'now' } });
      world.drive('shared', RUN, { runs: [] });
      await world.reconcile();
      expect([world.cluster.writes, world.events]).to.deep.equal([[], []]);
    });
  });

  describe('when a Secret of the name is there,', () => {
    const foreign: Record<string, object> = {
      'without our label': {},
      'of another pod': {
        labels: { [LABELS.run]: RUN },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'driver', uid: 'another' }],
      },
    };
    for (const [sentence, metadata] of Object.entries(foreign)) {
      it(`overwrites none ${sentence}, says so and looks again`, async () => {
        world.bind();
        world.share('one');
        world.drive();
        const before = world.cluster.put(SECRET, { metadata: { name: NAME, namespace: NAMESPACE, ...metadata } });
        expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
        expect(world.secret()).to.deep.equal(before);
        expect(world.events.map(({ reason }) => reason)).to.deep.equal(['Conflict']);
        world.cluster.remove(SECRET, NAMESPACE, NAME);
        expect(await world.reconcile()).to.be.undefined;
        expect(world.text()['A']).to.equal('one');
      });
    }

    it('takes its own for made, though the informer does not show it yet', async () => {
      world.bind();
      world.share('one');
      world.drive();
      world.cluster.lag();
      await world.reconcile();
      world.share('two');
      expect(await world.reconcile()).to.be.undefined;
      expect([world.text()['A'], world.events]).to.deep.equal(['one', []]);
      world.drive('driver', RUN, { status: { phase: 'Running' } });
      expect([await world.reconcile(), world.events]).to.deep.equal([undefined, []]);
    });
  });

  it('does not make a Secret again that was deleted under a running driver, and says so', async () => {
    world.bind();
    world.share('one');
    world.drive();
    await world.reconcile();
    world.share('two');
    world.drive('driver', RUN, { status: { phase: 'Running' } });
    world.cluster.remove(SECRET, NAMESPACE, NAME);
    expect(await world.reconcile()).to.be.undefined;
    expect(world.secret()).to.be.undefined;
    expect(world.events.map(({ reason }) => reason)).to.deep.equal(['RunSecretGone']);
  });

  it('serves the other drivers when one fails, and comes back for it', async () => {
    world.bind();
    world.share('hunter2');
    world.drive('first', 'abcdefgh11');
    world.drive('second', 'abcdefgh12');
    world.cluster.meanwhile = () => {
      throw new ApiError('POST Secret: refused', { code: 403, reason: 'Forbidden' });
    };
    const error = await failureOf(world.reconcile());
    expect(error).to.be.instanceOf(ApiError);
    expect(seenOf(error)).not.to.include('hunter2');
    const made = ['abcdefgh11', 'abcdefgh12'].filter((run) => world.secret(runSecretName('orders', run)));
    expect(made).to.have.length(1);
    await world.reconcile();
    expect(world.secret(runSecretName('orders', 'abcdefgh11'))).not.to.be.undefined;
  });

  it('serves a pod that was admitted before its binding became Shared', async () => {
    const bound = world.bind();
    world.share('one');
    world.drive();
    world.cluster.put(SPARK_JOB_SECRET_BINDING, { ...bound, spec: { ...bound.spec, scope: 'Shared' } } as never);
    await world.reconcile();
    expect(world.text()['A']).to.equal('one');
  });
});
