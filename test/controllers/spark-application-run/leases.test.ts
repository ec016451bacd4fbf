import { expect } from 'chai';
import { LEASE_FINALIZER } from '../../../operator/api/group.ts';
import { POD, SECRET, SECRET_STORE_CONFIG, type DriverPod, type Secret } from '../../../operator/api/kinds.ts';
import type { RunReconciler } from '../../../operator/controllers/spark-application-run/reconciler.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { runSecretName } from '../../../operator/injection/secret-name.ts';
import { ConflictError } from '../../../operator/runtime/api-error.ts';
import { failureOf } from '../../support/failure.ts';
import { NAMESPACE, RUN, RunWorld } from './run-world.ts';

const NAME = runSecretName('orders', RUN);
const OWNER = `${NAMESPACE}/${NAME}`;
const PATH = 'database/creds/readonly';
const OTHER = 'abcdefgh02';

describe('the reconciler of runs, of credentials on lease,', () => {
  let world: RunWorld;
  beforeEach(() => {
    world = new RunWorld();
    world.bindLeased();
  });

  const alive = (): string[] => [...world.store.leases.alive.values()].map(({ path, owner }) => `${path} for ${owner}`);
  const kept = (): number[] => [...world.store.leases.alive.values()].map((lease) => lease.kept);
  const reasons = (): string[] => [...new Set(world.events.map(({ reason }) => reason))];

  /** The garbage collector comes for a Secret: its driver's pod is gone. */
  function collect(): void {
    world.cluster.remove(POD, NAMESPACE, 'driver');
    const secret = world.secret();
    if (secret === undefined) throw new Error('no Secret');
    world.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata, deletionTimestamp: 'now' } });
  }

  function phase(name: string): DriverPod {
    return world.drive('driver', RUN, { status: { phase: name } });
  }

  it('has one lease made for each run and path, puts the fields into the run’s Secret, and confirms it', async () => {
    world.drive();
    await world.reconcile();
    expect(alive()).to.deep.equal([`${PATH} for ${OWNER}`]);
    expect(kept()).to.deep.equal([1]);
    expect(world.text()).to.include({ A: 'one', DB_USER: 'user-1' });
    expect(world.text()['spark.properties']).to.include('spark.url=jdbc\\:one?user\\=user-1&password\\=hunter2-1\n');
    expect(world.text()['spark.properties']).to.include(`secretKeyRef.DB_USER=${NAME}\\:DB_USER\n`);
    expect(world.text()).not.to.have.property('leased.json');
    const { metadata } = world.secret() ?? {};
    expect(metadata?.finalizers).to.deep.equal([LEASE_FINALIZER]);
    expect(JSON.parse(metadata?.annotations?.['secrets.iomete.com/leases'] ?? '')).to.deep.equal({
      binding: 'orders',
      store: 'iomete-system/default',
      leases: { [PATH]: `accessor-1 ${PATH}/1` },
    });
    expect(JSON.stringify(metadata)).not.to.include('hunter2');
  });

  it('gives two runs of one binding a lease each', async () => {
    world.drive();
    world.drive('second', OTHER);
    await world.reconcile();
    const users = [NAME, runSecretName('orders', OTHER)].map((name) => world.text(name)['DB_USER']);
    expect(users.sort()).to.deep.equal(['user-1', 'user-2']);
  });

  it('takes no second lease while the informer does not show the Secret yet', async () => {
    world.drive();
    world.cluster.lag();
    await world.reconcile();
    await world.reconcile();
    expect([world.store.leases.made, world.text()['DB_USER'], world.events]).to.deep.equal([1, 'user-1', []]);
  });

  it('renews before half of the time is over, asks for nothing in between and writes nothing', async () => {
    const { reconciler } = world;
    world.drive();
    await world.reconcile('orders', reconciler);
    phase('Running');
    const { calls } = world.store.leases;
    world.cluster.writes.length = 0;
    const result = await world.reconcile('orders', reconciler);
    expect(result?.requeueAfterMs).to.be.within(20_000, 30_000);
    expect([world.store.leases.calls, world.cluster.writes]).to.deep.equal([calls, []]);
  });

  it('renews at once after a restart', async () => {
    world.drive();
    await world.reconcile();
    phase('Running');
    expect((await world.reconcile())?.requeueAfterMs).to.be.within(20_000, 30_000);
    expect(kept()).to.deep.equal([2]);
  });

  it('comes back soon for a lease that hardly lasts, but not without a pause', async () => {
    world.drive();
    world.store.leases.ttlMs = 500;
    await world.reconcile();
    expect((await world.reconcile())?.requeueAfterMs).to.equal(1_000);
  });

  for (const end of ['Succeeded', 'Failed']) {
    it(`revokes when the driver has ${end.toLowerCase()}, and takes its finalizer and note off the Secret`, async () => {
      world.drive();
      await world.reconcile();
      phase(end);
      expect(await world.reconcile()).to.be.undefined;
      expect(alive()).to.deep.equal([]);
      expect(world.secret()?.metadata.finalizers).to.deep.equal([]);
      expect(world.secret()?.metadata.annotations).not.to.have.property('secrets.iomete.com/leases');
      expect(world.text()['A']).to.equal('one');
      world.cluster.writes.length = 0;
      await world.reconcile();
      expect([world.cluster.writes, world.events]).to.deep.equal([[], []]);
    });
  }

  it('revokes when the pod is gone and the garbage collector comes for the Secret', async () => {
    world.drive();
    await world.reconcile();
    collect();
    await world.reconcile();
    expect([alive(), world.secret()?.metadata.finalizers]).to.deep.equal([[], []]);
  });

  it('keeps the finalizers of others', async () => {
    world.drive();
    await world.reconcile();
    const secret = world.secret() as Secret;
    const finalizers = ['example.com/theirs', LEASE_FINALIZER];
    world.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata, finalizers } });
    collect();
    await world.reconcile();
    expect(world.secret()?.metadata.finalizers).to.deep.equal(['example.com/theirs']);
    const { annotations = {} } = secret.metadata;
    const others = Object.entries(annotations).filter(([name]) => name !== 'secrets.iomete.com/leases');
    expect(Object.entries(world.secret()?.metadata.annotations ?? {})).to.deep.equal(others).and.not.be.empty;
  });

  it('lets a Secret go at the next try that somebody changes just then', async () => {
    world.drive();
    await world.reconcile();
    collect();
    const secret = world.secret() as Secret;
    world.cluster.meanwhile = () => {
      world.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata, labels: { theirs: 'too' } } });
    };
    expect(await failureOf(world.reconcile())).to.be.instanceOf(ConflictError);
    world.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata } });
    await world.reconcile();
    expect(world.secret()?.metadata.finalizers).to.deep.equal([]);
  });

  it('is done with a Secret that goes just then', async () => {
    world.drive();
    await world.reconcile();
    collect();
    world.cluster.meanwhile = () => {
      world.cluster.remove(SECRET, NAMESPACE, NAME);
    };
    expect(await world.reconcile()).to.be.undefined;
  });

  describe('goes on renewing', () => {
    it('for a driver that shuts down, until it has ended', async () => {
      world.drive();
      await world.reconcile();
      const { metadata } = phase('Running');
      world.cluster.put(POD, { ...phase('Running'), metadata: { ...metadata, deletionTimestamp: 'now' } });
      await world.reconcile();
      expect(kept()).to.deep.equal([2]);
    });

    it('for a pod that is only not seen', async () => {
      world.drive();
      await world.reconcile();
      world.cluster.remove(POD, NAMESPACE, 'driver');
      await world.reconcile();
      expect(kept()).to.deep.equal([2]);
    });

    it('under a Secret that a person deletes while the driver runs', async () => {
      world.drive();
      await world.reconcile();
      const secret = world.secret() as Secret;
      world.cluster.put(SECRET, { ...secret, metadata: { ...secret.metadata, deletionTimestamp: 'now' } });
      phase('Running');
      await world.reconcile();
      expect([kept(), world.secret()?.metadata.finalizers]).to.deep.equal([[2], [LEASE_FINALIZER]]);
    });

    it('when the binding is gone, and when the grant is', async () => {
      world.drive();
      await world.reconcile();
      phase('Running');
      world.putStore([]);
      await world.reconcile();
      expect(kept()).to.deep.equal([2]);
    });
  });

  describe('tells on the pod', () => {
    beforeEach(async () => {
      world.drive();
      await world.reconcile();
      phase('Running');
    });

    it('that a lease is lost, once, and does not replace it in a Secret that never changes', async () => {
      world.store.leases.alive.clear();
      const { reconciler } = world;
      expect(await world.reconcile('orders', reconciler)).to.be.undefined;
      await world.reconcile('orders', reconciler);
      expect(world.events.map(({ pod, reason }) => [pod, reason])).to.deep.equal([['driver', 'LeaseLost']]);
      expect(world.events[0]?.message).to.include(PATH).and.to.include('start the job anew');
      expect(world.store.leases.made).to.equal(1);
    });

    it('that the store does not answer, and goes on trying', async () => {
      world.store.leases.failure = new OperatorError('StoreUnreachable', 'it is sealed');
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 5_000 });
      expect(reasons()).to.deep.equal(['LeaseNotRenewed']);
      expect(world.events[0]?.message).to.include('it is sealed');
    });

    it('that it can not revoke, and keeps the Secret until it can', async () => {
      world.store.leases.failure = new OperatorError('StoreUnreachable', 'it is sealed');
      collect();
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 5_000 });
      expect(reasons()).to.deep.equal(['LeaseNotRevoked']);
      expect(world.secret()?.metadata.finalizers).to.deep.equal([LEASE_FINALIZER]);
      world.store.leases.failure = undefined;
      await world.reconcile();
      expect([alive(), world.secret()?.metadata.finalizers]).to.deep.equal([[], []]);
    });

    it('that credentials end by themselves because the store is gone, and lets the Secret go', async () => {
      world.cluster.remove(SECRET_STORE_CONFIG, 'iomete-system', 'default');
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 60_000 });
      collect();
      await world.reconcile();
      expect(reasons()).to.deep.equal(['LeaseNotRenewed', 'LeaseLeft']);
      expect(world.secret()?.metadata.finalizers).to.deep.equal([]);
    });
  });

  describe('tells nothing when the operator stops', () => {
    const stopped = new Error('the operator stops');
    const stop = (): Promise<unknown> =>
      failureOf(world.reconciler.reconcile({ namespace: NAMESPACE, name: 'orders' }, AbortSignal.abort(stopped)));

    it('while a lease is made', async () => {
      world.drive();
      expect([await stop(), world.events]).to.deep.equal([stopped, []]);
    });

    for (const [what, of] of Object.entries({ renewed: 'Running', revoked: 'Succeeded' }))
      it(`while a lease is ${what}`, async () => {
        world.drive();
        await world.reconcile();
        phase(of);
        expect([await stop(), world.events]).to.deep.equal([stopped, []]);
      });
  });

  it('touches no lease of another Secret, whatever a note says', async () => {
    world.drive();
    await world.reconcile();
    const [handle = ''] = world.store.leases.alive.keys();
    const note = JSON.stringify({ binding: 'orders', store: 'iomete-system/default', leases: { [PATH]: handle } });
    const forged = {
      name: 'forged',
      namespace: NAMESPACE,
      labels: { 'secrets.iomete.com/run': OTHER },
      annotations: { 'secrets.iomete.com/leases': note },
      finalizers: [LEASE_FINALIZER],
      deletionTimestamp: 'now',
    };
    world.cluster.put(SECRET, { metadata: forged });
    phase('Running');
    const reconciler: RunReconciler = world.reconciler;
    await world.reconcile('orders', reconciler);
    expect(alive()).to.deep.equal([`${PATH} for ${OWNER}`]);
  });

  it('is not stopped by a note that somebody garbled', async () => {
    const annotations = { 'secrets.iomete.com/leases': '{"binding":' };
    const labels = { 'secrets.iomete.com/run': OTHER };
    world.cluster.put(SECRET, { metadata: { name: 'garbled', namespace: NAMESPACE, labels, annotations } });
    world.drive();
    await world.reconcile();
    expect(alive()).to.have.length(1);
  });
});
