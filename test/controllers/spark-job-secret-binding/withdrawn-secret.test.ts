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
    const noted = secret()?.metadata.annotations?.['secrets.iomete.com/versions'];
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(world.ready()).to.equal('False AccessDenied');
    expect(world.variables()).to.deep.equal({ A: 'a-value' });
    expect(properties()).to.include('spark.a.password=a-value').and.include('secretKeyRef.A=');
    expect(properties()).not.to.include('b-value').and.not.include('secretKeyRef.B');
    expect(secret()?.metadata.annotations?.['secrets.iomete.com/spec-digest']).to.match(/^incomplete/);
    expect(secret()?.metadata.annotations?.['secrets.iomete.com/versions']).to.equal(noted).and.include('"B"');
  });

  it('leaves nothing of them anywhere, and every entry that a pod mounts', async () => {
    const texts = () =>
      Object.entries(secret()?.data ?? {}).map(([name, data]) => [name, Buffer.from(data, 'base64').toString()]);
    const before = texts().filter(([, text]) => text?.includes('b-value'));
    expect(before.map(([name]) => name)).to.have.members(['B', 'spark.properties', 'references.txt']);
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(texts().filter(([, text]) => text?.includes('b-value'))).to.deep.equal([]);
    const mounted = ['spark.properties', 'redaction.regex', 'references.txt', 'executor-references.txt'];
    expect(texts().map(([name]) => name)).to.include.members(mounted);
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

  it('takes away a variable that is made of it and of another', async () => {
    const both = [...BOTH.env, { name: 'C', template: '${A} ${B}' }];
    world.put(binding({ ...BOTH, env: both }));
    await world.reconcile();
    expect(world.variables()).to.include({ C: 'a-value b-value' });
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(world.variables()).to.deep.equal({ A: 'a-value' });
  });

  it('takes away what the Secret alone says that it holds: neither the spec nor the status names it any more', async () => {
    await world.store.put('R', 'r-value');
    world.put(binding({ ...BOTH, references: [{ key: 'R' }] }));
    await world.reconcile();
    const { spec, status, ...rest } = world.binding()!;
    const { storeRef, selector } = spec;
    const left = { storeRef, selector, env: BOTH.env.slice(0, 1), sparkConf: BOTH.sparkConf.slice(0, 1) };
    world.put({ ...rest, spec: left, status: { ...status!, keys: [] } });
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(world.variables()).to.deep.equal({ A: 'a-value' });
    const texts = Object.values(secret()?.data ?? {}).map((data) => Buffer.from(data, 'base64').toString());
    expect(texts.join()).not.to.include('b-value').and.not.include('r-value');
  });

  it('takes away a long value that only a property had, of which only the status tells', async () => {
    await world.store.put('LONG', 'long-value'.repeat(2_000));
    world.put(binding({ env: BOTH.env.slice(0, 1), sparkConf: [{ name: 'spark.long', key: 'LONG' }] }));
    await world.reconcile();
    expect(properties()).to.include('long-value');
    world.put({ ...world.binding()!, spec: { ...world.binding()!.spec, sparkConf: [] } });
    await restarted([{ ...GRANT_ALL[0]!, keys: ['A'] }]);
    expect(properties()).not.to.include('long-value');
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
