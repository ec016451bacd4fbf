import { expect } from 'chai';
import { SECRET, SPARK_JOB_SECRET_BINDING, SECRET_STORE_CONFIG } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const SPEC = { env: [{ name: 'A', key: 'A' }] };
const NAME = 'spark-secrets-orders';

describe('the reconciler of bindings', () => {
  let world: BindingWorld;

  const secret = () => world.cluster.find(SECRET, 'analytics', NAME);
  const refuse = (code: number) => {
    world.cluster.meanwhile = () => {
      throw new ApiError('POST Secret: refused', { code, reason: 'Forbidden' });
    };
  };

  beforeEach(() => {
    world = new BindingWorld();
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  async function ready(): Promise<void> {
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.store.put('A', '1');
    world.put(binding(SPEC));
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
    world.cluster.writes.length = 0;
    world.events.length = 0;
  }

  describe('comes to the same world in whatever order things are made', () => {
    const steps = {
      binding: () => {
        world.put(binding(SPEC));
      },
      store: () => {
        world.put(storeConfig({ access: GRANT_ALL }));
      },
      value: () => world.store.put('A', '1'),
    };
    type Step = keyof typeof steps;
    const names = Object.keys(steps) as Step[];
    const orders = names.flatMap((one) =>
      names.flatMap((two) => names.map((three) => [one, two, three]).filter((order) => new Set(order).size === 3)),
    );
    for (const order of orders) {
      it(order.join(', '), async () => {
        for (const step of order) {
          await steps[step]();
          await new Promise((resolve) => setTimeout(resolve, 5)); // The store pushes.
          await world.reconcile();
        }
        expect(world.ready()).to.equal('True Injecting');
        expect(world.variables()).to.deep.equal({ A: '1' });
        expect(secret()?.metadata.ownerReferences?.[0]).to.deep.include({
          kind: 'SparkJobSecretBinding',
          name: 'orders',
        });
      });
    }
  });

  it('makes no request when nothing has changed, whatever the clock says', async () => {
    await ready();
    for (let hour = 1; hour < 5; hour += 1) {
      world.now = new Date(`2026-01-01T0${hour}:00:00Z`);
      expect(await world.reconcile()).to.be.undefined;
    }
    expect(world.cluster.writes).to.deep.equal([]);
    expect(world.events).to.deep.equal([]);
  });

  it('writes a new value, and says so', async () => {
    await ready();
    await world.store.put('A', '2');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(world.told).to.include('analytics/orders');
    await world.reconcile();
    expect(world.variables()).to.deep.equal({ A: '2' });
    expect(world.events).to.deep.equal(['Normal SecretUpdated']);
  });

  it('knows what it wrote when it comes back, until it looks again', async () => {
    const cameBack = () =>
      [world.binding()!, secret()!].map(({ metadata }) =>
        world.ownWrites.take({ namespace: 'analytics', name: 'orders' }, metadata.resourceVersion),
      );
    await ready();
    expect(cameBack()).to.deep.equal([true, true]);
    await world.store.put('A', '2');
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.reconcile();
    await world.reconcile();
    expect(cameBack()).to.deep.equal([false, false]);
  });

  it('forgets a binding that is gone, and writes nothing for one that is going', async () => {
    await ready();
    world.put(binding(SPEC, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await world.reconcile();
    world.cluster.remove(SPARK_JOB_SECRET_BINDING, 'analytics', 'orders');
    await world.reconcile();
    await world.store.put('A', '2');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([world.cluster.writes, world.told]).to.deep.equal([[], []]);
  });

  it('gives the Secret to a binding that was made anew under the name', async () => {
    await ready();
    const before = world.binding()!.metadata.uid;
    world.cluster.remove(SPARK_JOB_SECRET_BINDING, 'analytics', 'orders');
    world.put(binding(SPEC, { uid: 'ignored' }));
    await world.reconcile();
    const { uid } = world.binding()!.metadata;
    expect(uid).not.to.equal(before);
    expect(secret()?.metadata.ownerReferences?.map((owner) => owner.uid)).to.deep.equal([uid]);
    expect(world.ready()).to.equal('True Injecting');
  });

  it('keeps its Secret through an outage, and says what is wrong until it is over', async () => {
    await ready();
    world.store.failure = new OperatorError('StoreUnreachable');
    await failureOf(
      world.cache.check(
        storeConfig(
          { access: GRANT_ALL },
          { uid: world.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')!.metadata.uid },
        ),
      ),
    );
    await world.reconcile();
    expect(world.ready()).to.equal('False StoreUnreachable');
    expect(world.variables()).to.deep.equal({ A: '1' });
    expect(world.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([]);
    world.store.failure = undefined;
    await world.reconcileStore();
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
    expect(world.events).to.deep.equal(['Warning StoreUnreachable', 'Normal Injecting']);
  });

  it('takes a value away when its grant is withdrawn, and brings it back with the grant', async () => {
    await ready();
    world.put(storeConfig());
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['False AccessDenied', {}]);
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['True Injecting', { A: '1' }]);
  });

  it('is held by a key that the store refuses, and keeps its Secret when that comes later', async () => {
    await ready();
    world.store.refused.set('A', new OperatorError('KeyRefused'));
    await world.store.put('A', '2'); // The store pushes.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.reconcile();
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['False KeyRefused', { A: '1' }]);
    expect(world.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([]);
    expect(world.events).to.deep.equal(['Warning KeyRefused']);
    await world.reconcileStore();
    expect(world.storeStatus()?.conditions?.[0]?.reason).to.equal('Connected');
  });

  describe('when a Secret of the name is there', () => {
    it('leaves a foreign one alone, says so, and looks again', async () => {
      world.cluster.put(SECRET, { metadata: { name: NAME, namespace: 'analytics' } });
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.store.put('A', '1');
      world.put(binding(SPEC));
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
      expect(world.ready()).to.equal('False Conflict');
      expect(world.binding()?.status?.secretName).to.be.undefined;
      expect(world.variables()).to.be.undefined;
      world.cluster.remove(SECRET, 'analytics', NAME);
      await world.reconcile();
      expect([world.ready(), world.variables()]).to.deep.equal(['True Injecting', { A: '1' }]);
      expect(world.events).to.deep.equal(['Warning Conflict', 'Normal Injecting']);
    });

    it('writes its own, though the informer does not show it yet', async () => {
      await ready();
      world.cluster.remove(SECRET, 'analytics', NAME);
      world.cluster.lag();
      await world.reconcile();
      await world.store.put('A', '2');
      await new Promise((resolve) => setTimeout(resolve, 10));
      await world.reconcile();
      world.cluster.catchUp();
      expect(world.variables()).to.deep.equal({ A: '2' });
    });

    it('gives its label back to one that lost it, and keeps what others wrote', async () => {
      await ready();
      const { metadata, ...rest } = secret()!;
      world.cluster.put(SECRET, { ...rest, metadata: { ...metadata, labels: { team: 'orders' } } });
      await world.reconcile();
      expect(secret()?.metadata.labels).to.deep.equal({ ...metadata.labels, team: 'orders' });
      expect(world.ready()).to.equal('True Injecting');
    });
  });

  describe('when a write is refused', () => {
    for (const code of [400, 403, 413, 422]) {
      it(`says so and tries again (${code})`, async () => {
        world.put(storeConfig({ access: GRANT_ALL }));
        await world.store.put('A', 'hunter2');
        world.put(binding(SPEC));
        refuse(code);
        const error = await failureOf(world.reconcile());
        expect(error).to.be.instanceOf(ApiError);
        expect(seenOf(error)).not.to.include('hunter2');
        expect(world.ready()).to.equal('False SecretNotWritten');
        expect(world.binding()?.status?.secretName).to.be.undefined;
        await world.reconcile();
        expect([world.ready(), world.variables()]).to.deep.equal(['True Injecting', { A: 'hunter2' }]);
        expect(world.events).to.deep.equal(['Warning SecretNotWritten', 'Normal Injecting']);
      });
    }

    it('only tries again when the API server does not answer: no condition, no event', async () => {
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.store.put('A', '1');
      world.put(binding(SPEC));
      refuse(0);
      await failureOf(world.reconcile());
      expect([world.binding()?.status, world.events]).to.deep.equal([undefined, []]);
    });

    it('overwrites nothing that changed meanwhile', async () => {
      await ready();
      await world.store.put('A', '2');
      await new Promise((resolve) => setTimeout(resolve, 10));
      world.cluster.meanwhile = () => {
        const { metadata, ...rest } = secret()!;
        world.cluster.put(SECRET, {
          ...rest,
          metadata: { ...metadata, annotations: { ...metadata.annotations, note: 'x' } },
        });
      };
      expect(await failureOf(world.reconcile())).to.include({ code: 409 });
      await world.reconcile();
      expect(secret()?.metadata.annotations).to.include({ note: 'x' });
      expect(world.variables()).to.deep.equal({ A: '2' });
    });
  });

  describe('tells in events', () => {
    it('nothing of a first success, nor of the wait for the webhook', async () => {
      world.coverage = 'pending';
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.store.put('A', '1');
      world.put(binding(SPEC));
      await world.reconcile();
      world.coverage = 'covered';
      await world.reconcile();
      expect([world.ready(), world.events]).to.deep.equal(['True Injecting', []]);
    });

    it('of trouble, each once, and of its end', async () => {
      world.put(binding(SPEC));
      await world.reconcile();
      await world.reconcile();
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.reconcile();
      await world.store.put('A', '1');
      await new Promise((resolve) => setTimeout(resolve, 10));
      await world.reconcile();
      expect(world.events).to.deep.equal(['Warning StoreNotFound', 'Warning KeyNotFound', 'Normal Injecting']);
    });

    it('of trouble that follows on the wait for the webhook, and of a webhook that went', async () => {
      await ready();
      world.coverage = 'missing';
      await world.reconcile();
      world.put(storeConfig());
      await world.reconcile();
      expect(world.events).to.deep.equal(['Warning NamespaceNotCovered', 'Warning AccessDenied']);
    });
  });
});
