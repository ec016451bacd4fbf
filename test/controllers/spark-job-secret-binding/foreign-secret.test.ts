import { expect } from 'chai';
import { SECRET, SECRET_STORE_CONFIG, type Secret } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { AlreadyExistsError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf } from '../../support/failure.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const NAME = 'spark-secrets-orders';
const WHERE = { name: NAME, namespace: 'analytics' };

describe('a Secret that stands where that of a binding should', () => {
  let world: BindingWorld;
  const secret = (): Secret | undefined => world.cluster.find(SECRET, 'analytics', NAME);

  beforeEach(async () => {
    world = new BindingWorld();
    await world.store.put('A', '1');
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.store.put('B', '2');
    world.put(binding({ env: ['A', 'B'].map((key) => ({ name: key, key })) }));
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  for (const [kind, name] of [
    ['SparkJobSecretBinding', 'another'],
    ['Deployment', 'orders'],
  ] as const)
    it(`is left alone when its owner is the ${kind} ${name}`, async () => {
      const ownerReferences = [{ apiVersion: 'v1', kind, name, uid: 'of-another' }];
      const before = world.cluster.put(SECRET, { metadata: { ...WHERE, ownerReferences } });
      await world.reconcile();
      expect(world.ready()).to.equal('False Conflict');
      expect(secret()).to.deep.equal(before);
    });

  it('is left alone also when ours was there a moment ago, and what a withdrawn grant gave has to go from it', async () => {
    await world.reconcile();
    await world.cache.closeAll();
    world.store.failure = new OperatorError('StoreUnreachable');
    const store = world.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')!;
    world.put({ ...store, spec: { ...store.spec, access: [{ ...GRANT_ALL[0]!, keys: ['B'] }] } });
    world.cluster.lag();
    world.cluster.remove(SECRET, 'analytics', NAME);
    const before = world.cluster.put(SECRET, { metadata: WHERE, data: { A: 'dGhlaXJz' } } as Secret);
    await world.reconcile();
    expect(secret()).to.deep.equal(before);
  });

  it('is tried again when it is gone as soon as it was in the way', async () => {
    const inTheWay = new AlreadyExistsError('there is one', { code: 409, reason: 'AlreadyExists' });
    world.cluster.meanwhile = () => {
      throw inTheWay;
    };
    expect(await failureOf(world.reconcile())).to.equal(inTheWay);
    expect(world.binding()?.status).to.be.undefined;
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
  });
});
