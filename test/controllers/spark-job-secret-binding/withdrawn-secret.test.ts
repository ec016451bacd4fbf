import { expect } from 'chai';
import { SECRET, SECRET_STORE_CONFIG } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

describe('a grant that is withdrawn while the store can not tell, after a restart', () => {
  let world: BindingWorld;
  const secret = () => world.cluster.find(SECRET, 'analytics', 'spark-secrets-orders');

  const BOTH = {
    env: [
      { name: 'A', key: 'A' },
      { name: 'B', key: 'B' },
    ],
    sparkConf: [
      { name: 'spark.a.password', key: 'A' },
      { name: 'spark.b.password', template: 'x${B}' },
    ],
  };
  const restarted = async (access: typeof GRANT_ALL) => {
    const store = world.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')!;
    await world.cache.closeAll();
    world.store.failure = new OperatorError('StoreUnreachable');
    world.put({ ...store, spec: { ...store.spec, access } });
    await world.reconcile();
  };
  const properties = () => Buffer.from(secret()?.data?.['spark.properties'] ?? '', 'base64').toString();

  beforeEach(async () => {
    world = new BindingWorld();
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.store.put('A', 'a-value');
    await world.store.put('B', 'b-value');
    world.put(binding(BOTH));
    await world.reconcile();
    expect(world.variables()).to.deep.equal({ A: 'a-value', B: 'b-value' });
  });

  afterEach(async () => {
    await world.cache.closeAll();
  });

  it('takes its values away, and leaves the others', async () => {
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(world.ready()).to.equal('False AccessDenied');
    expect(world.variables()).to.deep.equal({ A: 'a-value' });
    expect(properties()).to.include('spark.a.password=a-value').and.include('secretKeyRef.A=');
    expect(properties()).not.to.include('b-value').and.not.include('secretKeyRef.B');
    expect(secret()?.metadata.annotations?.['secrets.iomete.com/spec-digest']).to.match(/^incomplete/);
  });

  it('writes once, and the rest goes when that is withdrawn too', async () => {
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    world.cluster.writes.length = 0;
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
    await restarted([]);
    expect(world.variables()).to.deep.equal({});
    expect(properties()).not.to.include('a-value');
  });

  it('takes away what it can not tell to be granted when the Secret is of another spec', async () => {
    world.put({ ...world.binding()!, spec: { ...world.binding()!.spec, sparkConf: [BOTH.sparkConf[0]!] } });
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(world.variables()).to.deep.equal({ A: 'a-value' });
    expect(properties()).not.to.include('-value');
  });

  it('brings everything back with the grant and the store', async () => {
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    await restarted(GRANT_ALL);
    world.store.failure = undefined;
    await world.reconcileStore();
    await world.reconcile();
    expect([world.ready(), world.variables()]).to.deep.equal(['True Injecting', { A: 'a-value', B: 'b-value' }]);
  });
});
