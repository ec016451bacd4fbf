import { expect } from 'chai';
import { POD, SECRET, SECRET_STORE_CONFIG, type Secret } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { runSecretName } from '../../../operator/injection/secret-name.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { NAMESPACE, RUN, RunWorld } from './run-world.ts';

const NAME = runSecretName('orders', RUN);
const PATH = 'database/creds/readonly';

describe('the reconciler of runs, when credentials are to be made,', () => {
  let world: RunWorld;
  beforeEach(() => {
    world = new RunWorld();
    world.bindLeased();
  });

  const alive = (): string[] => [...world.store.leases.alive.keys()];
  const reasons = (): string[] => [...new Set(world.events.map(({ reason }) => reason))];

  describe('gives back what it had made', () => {
    it('when another operator was quicker, whose Secret and lease stay', async () => {
      world.drive();
      world.cluster.meanwhile = () => {
        world.cluster.put(SECRET, ofAnother());
      };
      await world.reconcile();
      expect(alive()).to.deep.equal([]);
      expect(world.secret()?.metadata.annotations).to.deep.equal({ 'secrets.iomete.com/leases': 'theirs' });
      expect(world.events).to.deep.equal([]);
    });

    function ofAnother(): Secret {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'driver', uid: uidOf() };
      const annotations = { 'secrets.iomete.com/leases': 'theirs' };
      return { metadata: { name: NAME, namespace: NAMESPACE, annotations, ownerReferences: [owner] } };
    }

    const uidOf = (): string => world.cluster.find(POD, NAMESPACE, 'driver')?.metadata.uid ?? '';

    it('when the Secret is refused', async () => {
      world.drive();
      world.cluster.meanwhile = () => {
        throw new ApiError('POST Secret: refused', { code: 403, reason: 'Forbidden' });
      };
      const error = await failureOf(world.reconcile());
      expect(error).to.be.instanceOf(ApiError);
      expect(seenOf(error)).not.to.include('hunter2');
      expect(alive()).to.deep.equal([]);
    });

    it('when another path is refused', async () => {
      const env = [
        { name: 'U', key: `${PATH}#username` },
        { name: 'V', key: 'database/creds/other#username' },
      ];
      world.bindLeased({ env, sparkConf: [] });
      world.store.leases.refused.set('database/creds/other', new OperatorError('KeyRefused', 'no role there'));
      world.drive();
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
      expect([alive(), world.secret(), reasons()]).to.deep.equal([[], undefined, ['NotLeased']]);
      expect(world.events[0]?.message).to.include('iomete-system/default').and.to.include('no role there');
    });

    it('when a field is not there', async () => {
      world.bindLeased({ env: [{ name: 'U', key: `${PATH}#user` }], sparkConf: [] });
      world.drive();
      await world.reconcile();
      expect([alive(), world.secret()]).to.deep.equal([[], undefined]);
      expect(world.events[0]?.message).to.include(`the credentials of ${PATH} have no field user`);
    });
  });

  it('keeps what a request made that got no answer', async () => {
    world.drive();
    const create = world.cluster.create.bind(world.cluster);
    world.cluster.create = async (kind, object) => {
      await create(kind, object);
      throw new ApiError('POST Secret: no answer', { code: 0, reason: 'Timeout' });
    };
    await world.reconcile();
    expect([...world.store.leases.alive.values()].map((lease) => lease.kept)).to.deep.equal([1]);
    expect(world.text()['DB_USER']).to.equal('user-1');
  });

  describe('lets a driver wait, and says why,', () => {
    it('while the store does not answer: soon tried again', async () => {
      world.store.leases.failure = new OperatorError('StoreUnreachable', 'it is sealed');
      world.drive();
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 3_000 });
      expect(world.events[0]).to.include({ pod: 'driver', reason: 'NotLeased' });
      world.store.leases.failure = undefined;
      await world.reconcile();
      expect(world.text()['DB_USER']).to.equal('user-1');
    });

    it('while the store grants nothing: it is looked up again where values are handed out', async () => {
      world.putStore([]);
      world.drive();
      await world.reconcile();
      expect([alive(), world.secret()]).to.deep.equal([[], undefined]);
      expect(world.events[0]?.message).to.include(`does not grant ${PATH}#password`);
    });

    it('while the store is gone', async () => {
      world.cluster.remove(SECRET_STORE_CONFIG, 'iomete-system', 'default');
      world.drive();
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
      expect(world.events[0]?.message).to.include('SecretStoreConfig iomete-system/default: it does not exist');
    });
  });
});
