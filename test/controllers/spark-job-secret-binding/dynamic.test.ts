import { expect } from 'chai';
import { findCondition } from '../../../operator/api/conditions.ts';
import { SECRET, type StoreSpec } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { LeasingStore } from '../../support/lease-double.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const USER = 'database/creds/ro#username';
const SPEC = {
  scope: 'Application' as const,
  env: [
    { name: 'A', key: 'A' },
    { name: 'U', key: USER },
  ],
};

describe('a binding of credentials on lease', () => {
  let world: BindingWorld;
  let store: LeasingStore;

  beforeEach(async () => {
    store = new LeasingStore();
    world = new BindingWorld(store);
    await store.put('A', '1');
    world.put(binding(SPEC));
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  function putStore(dynamicPaths: string[], access: StoreSpec['access'] & object = GRANT_ALL): void {
    const auth = { tokenSecretRef: { name: 'bao', key: 'token' } };
    const vault = { endpoint: 'http://bao', path: '/v1/secret/data/app', auth, dynamicPaths };
    world.put(storeConfig({ type: 'vault', vault, access }));
  }

  const message = (): string => findCondition(world.binding()?.status?.conditions, 'Resolved')?.message ?? '';

  it('is Ready without any being made, and its Secret holds only the values of keys', async () => {
    putStore(['database/creds/*']);
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
    expect([world.variables(), store.leases.calls, store.asked]).to.deep.equal([{ A: '1' }, 0, [['A']]]);
    const secret = world.cluster.find(SECRET, 'analytics', 'spark-secrets-orders');
    expect(secret?.metadata.annotations?.['secrets.iomete.com/env-keys']).to.equal(`{"A":"A","U":"${USER}"}`);
    expect(world.binding()?.status?.keys?.map(({ key }) => key)).to.deep.equal(['A']);
    world.cluster.writes.length = 0;
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
  });

  it('is refused at a path that the store does not list', async () => {
    putStore(['database/creds/rw']);
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['False NotLeasable', undefined]);
    expect(message()).to.include('does not list database/creds/ro in spec.vault.dynamicPaths');
  });

  it('is refused without a grant, also when it had one, and then keeps the values of keys that are granted', async () => {
    putStore(['**']);
    await world.reconcile();
    putStore(['**'], [{ namespaces: { matchNames: ['analytics'] }, keys: ['A'] }]);
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['False AccessDenied', { A: '1' }]);
    expect(message()).to.include(`does not grant ${USER} to namespace analytics`);
    putStore(['**']);
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
  });

  it('is refused also while the store does not answer', async () => {
    store.failure = new OperatorError('StoreUnreachable', 'it is sealed');
    putStore([]);
    await world.reconcile();
    expect(world.ready()).to.equal('False NotLeasable');
  });

  it('is refused with a store that makes none, and with a Secret that all runs read', async () => {
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.reconcile();
    expect(world.ready()).to.equal('False NotLeasable');
    putStore(['**']);
    world.put(binding({ ...SPEC, scope: 'Shared' }));
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['False NotLeasable', undefined]);
    expect(message()).to.include('set scope: Application');
  });
});
