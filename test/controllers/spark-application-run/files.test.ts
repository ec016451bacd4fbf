import { expect } from 'chai';
import { ANNOTATIONS } from '../../../operator/api/group.ts';
import { SECRET, type BindingSpec, type DriverPod } from '../../../operator/api/kinds.ts';
import { areComplete } from '../../../operator/controllers/spark-application-run/plan.ts';
import { specDigest } from '../../../operator/injection/spec-digest.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import { filesSecretName, runSecretName } from '../../../operator/injection/secret-name.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { failureOf } from '../../support/failure.ts';
import { LEASED, NAMESPACE, RUN, RunWorld } from './run-world.ts';

const SHARED = filesSecretName('orders');
const FILES = filesSecretName('orders', RUN);
const NAME = runSecretName('orders', RUN);
const WITH: Partial<BindingSpec> = { files: [{ path: 'a.txt', key: 'A' }] };

describe('the files of a run', () => {
  let world: RunWorld;
  beforeEach(() => {
    world = new RunWorld();
  });

  const share = (value: string, more: Partial<BindingSpec> = WITH): void => {
    world.share(value, 'orders', undefined, more);
  };
  /** A driver whose pod mounts its run's files. */
  const drive = (more: Partial<DriverPod> = {}): DriverPod =>
    world.drive('driver', RUN, { runs: [{ binding: 'orders', run: RUN, secret: NAME, files: FILES }], ...more });
  const reasons = (): string[] => world.events.map(({ reason }) => reason);

  it('are an immutable copy as well, made first, named by the run’s properties, and gone with the pod', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    const { metadata } = drive();
    expect(await world.reconcile()).to.be.undefined;
    expect(world.cluster.writes).to.deep.equal([
      `create secrets ${NAMESPACE}/${FILES}`,
      `create secrets ${NAMESPACE}/${NAME}`,
    ]);
    expect(world.text(FILES)).to.deep.equal({ 'a.txt': 'one' });
    expect(world.text()['spark.properties']).to.include(
      `spark.kubernetes.executor.secrets.${FILES}=/mnt/spark-secrets/files/orders\n`,
    );
    const [files, secret] = [world.secret(FILES)!, world.secret()!];
    expect(files).to.include({ immutable: true, type: 'Opaque' });
    expect(files.metadata.labels).to.deep.equal(secret.metadata.labels);
    expect(files.metadata.ownerReferences).to.deep.equal([
      { apiVersion: 'v1', kind: 'Pod', name: 'driver', uid: metadata.uid },
    ]);
    expect(files.metadata.annotations).to.include({ [ANNOTATIONS.fileKeys]: '{"a.txt":"A"}' });
  });

  it('stay as they are whatever rotates, and nothing is written or asked', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    drive();
    await world.reconcile();
    share('two');
    drive({ status: { phase: 'Running' } });
    world.cluster.writes.length = 0;
    world.cluster.get = () => Promise.reject(new Error('asked'));
    await world.reconcile();
    expect([world.text(FILES), world.cluster.writes, world.events]).to.deep.equal([{ 'a.txt': 'one' }, [], []]);
  });

  it('wait until both Secrets of the binding have one version: a key store and its password belong together', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    const before = world.secret(SHARED)!;
    share('two');
    world.cluster.put(SECRET, before);
    drive();
    expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
    expect([world.secret(), world.secret(FILES), reasons()]).to.deep.equal([
      undefined,
      undefined,
      ['WaitingForBinding'],
    ]);
    share('two');
    await world.reconcile();
    expect([world.text()['A'], world.text(FILES)]).to.deep.equal(['two', { 'a.txt': 'two' }]);
  });

  it('are made also when one Secret notes no versions, as with very many', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    const { metadata, ...rest } = world.secret('spark-secrets-orders')!;
    const noted = Object.entries(metadata.annotations!).filter(([name]) => name !== ANNOTATIONS.versions);
    const annotations = Object.fromEntries(noted);
    world.cluster.put(SECRET, { ...rest, metadata: { ...metadata, annotations } });
    drive();
    expect(await world.reconcile()).to.be.undefined;
    expect([world.text()['A'], world.text(FILES)]).to.deep.equal(['one', { 'a.txt': 'one' }]);
  });

  it('wait also when of several only one has another version', () => {
    const bound = world.bind('orders', '1', WITH);
    const noting = (versions: Record<string, string>): KubeObject => ({
      metadata: {
        name: 'x',
        annotations: {
          [ANNOTATIONS.specDigest]: specDigest(bound.spec),
          [ANNOTATIONS.versions]: JSON.stringify(versions),
        },
      },
    });
    const secret = noting({ PASSWORD: '1', STORE: '1', CA: '1' });
    expect(areComplete({ secret, files: noting({ STORE: '1', CA: '1' }) }, bound)).to.be.true;
    expect(areComplete({ secret, files: noting({ STORE: '1', CA: '2' }) }, bound)).to.be.false;
  });

  it('wait for those of the binding', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    world.cluster.remove(SECRET, NAMESPACE, SHARED);
    drive();
    await world.reconcile();
    expect([world.secret(), reasons()]).to.deep.equal([undefined, ['WaitingForBinding']]);
  });

  it('are made for a driver that was admitted before there were files, whose executors mount them', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    world.drive();
    await world.reconcile();
    expect(world.text(FILES)).to.deep.equal({ 'a.txt': 'one' });
  });

  it('are none, but can be mounted, for a driver that was admitted when there were some', async () => {
    world.bind();
    world.share('one');
    drive();
    await world.reconcile();
    expect([world.text()['A'], world.secret(FILES)?.data]).to.deep.equal(['one', {}]);
  });

  it('are not made again when somebody removes them, which is told', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    drive();
    await world.reconcile();
    for (const phase of ['Pending', 'Running']) {
      drive({ status: { phase } });
      world.cluster.remove(SECRET, NAMESPACE, FILES);
      expect(await world.reconcile()).to.be.undefined;
    }
    expect(world.secret(FILES)).to.be.undefined;
    expect(reasons()).to.deep.equal(['RunSecretGone', 'RunSecretGone']);
    expect(world.events[0]?.message).to.include(FILES);
  });

  describe('when the second write failed', () => {
    beforeEach(async () => {
      world.bind('orders', '1', WITH);
      share('one');
      drive();
      world.cluster.meanwhile = () => {
        world.cluster.meanwhile = () => {
          throw new ApiError('POST Secret: no answer', { code: 0, reason: '' });
        };
      };
      await failureOf(world.reconcile());
      expect([world.secret(), world.text(FILES)]).to.deep.equal([undefined, { 'a.txt': 'one' }]);
    });

    it('are taken for made', async () => {
      await world.reconcile();
      expect([world.text()['A'], world.text(FILES), reasons()]).to.deep.equal(['one', { 'a.txt': 'one' }, []]);
    });

    it('are not put beside newer values', async () => {
      share('two');
      await world.reconcile();
      expect([world.secret(), reasons()]).to.deep.equal([undefined, ['Conflict']]);
      expect(world.events[0]?.message).to.include('start the job anew');
    });
  });

  it('that are somebody else’s are left alone, and told of', async () => {
    world.bind('orders', '1', WITH);
    share('one');
    world.cluster.put(SECRET, { metadata: { name: FILES, namespace: NAMESPACE } });
    drive();
    await world.reconcile();
    expect([world.secret(), reasons()]).to.deep.equal([undefined, ['Conflict']]);
  });

  it('go with credentials on lease, which are given back when the files can not be made', async () => {
    const spec = { ...LEASED, ...WITH };
    world.bind('orders', '1', spec);
    share('one', spec);
    world.putStore();
    world.cluster.put(SECRET, { metadata: { name: FILES, namespace: NAMESPACE } });
    drive();
    await world.reconcile();
    expect([world.secret(), reasons()]).to.deep.equal([undefined, ['Conflict']]);
    expect([world.store.leases.made, world.store.leases.alive.size]).to.deep.equal([1, 0]);
    world.cluster.remove(SECRET, NAMESPACE, FILES);
    await world.reconcile();
    expect(world.text(FILES)).to.deep.equal({ 'a.txt': 'one' });
    expect(world.text()).to.include.keys('DB_USER');
  });
});
