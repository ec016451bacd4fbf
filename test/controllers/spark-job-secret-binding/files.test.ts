import { expect } from 'chai';
import { SECRET, SECRET_STORE_CONFIG, type Secret } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { specDigest } from '../../../operator/injection/spec-digest.ts';
import { changedKeys, parseVersions } from '../../../operator/injection/versions.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key as keyOf } from '../../support/keys.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const NAME = 'spark-secrets-orders-files';
const MAIN = 'spark-secrets-orders';
const SPEC = {
  env: [{ name: 'PASSWORD', key: 'PASSWORD' }],
  files: [
    { path: 'store.jks', key: 'STORE', encoding: 'base64' as const },
    { path: 'ca.pem', key: 'CA' },
  ],
};
const BYTES = Buffer.from([0, 1, 255, 254, 10]);

describe('the files of a binding', () => {
  let world: BindingWorld;
  beforeEach(async () => {
    world = new BindingWorld();
    world.put(storeConfig({ access: GRANT_ALL }));
    await world.store.put('PASSWORD', 'secret');
    await world.store.put('STORE', BYTES.toString('base64'));
    await world.store.put('CA', 'pem');
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  const secret = (name = NAME): Secret | undefined => world.cluster.find(SECRET, 'analytics', name);
  const files = (): Record<string, Buffer> =>
    Object.fromEntries(Object.entries(secret()?.data ?? {}).map(([name, text]) => [name, Buffer.from(text, 'base64')]));
  const ready = async (): Promise<void> => {
    world.put(binding(SPEC));
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
    world.cluster.writes.length = 0;
    world.events.length = 0;
  };
  const changed = async (key: string, value: string): Promise<void> => {
    await world.store.put(key, value);
    await new Promise((resolve) => setTimeout(resolve, 5)); // The store pushes.
    await world.reconcile();
  };
  const withSpec = async (spec: Partial<typeof SPEC>): Promise<void> => {
    world.put({ ...world.binding()!, spec: { ...binding({}).spec, ...spec } });
    await world.reconcile();
  };

  it('are a Secret of their own, with the same owner and label, written before the one that says it is complete', async () => {
    world.put(binding(SPEC));
    await world.reconcile();
    expect(files()).to.deep.equal({ 'store.jks': BYTES, 'ca.pem': Buffer.from('pem') });
    const [own, main] = [secret()!, secret(MAIN)!];
    expect(own.type).to.equal('Opaque');
    expect(own.metadata.labels).to.deep.equal(main.metadata.labels);
    expect(own.metadata.ownerReferences).to.deep.equal(main.metadata.ownerReferences);
    expect(own.metadata.annotations).to.include({
      'secrets.iomete.com/file-keys': '{"ca.pem":"CA","store.jks":"STORE"}',
      'secrets.iomete.com/spec-digest': specDigest(world.binding()!.spec),
    });
    expect(world.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([
      `create secrets analytics/${NAME}`,
      `create secrets analytics/${MAIN}`,
    ]);
    const [condition] = world.binding()!.status!.conditions!.filter(({ type }) => type === 'Ready');
    expect(condition?.message).to.equal(
      'Matching Spark jobs get 1 environment variable, 0 Spark properties and 2 files.',
    );
    expect(world.binding()!.status!.keys?.map(({ key }) => key)).to.deep.equal(['CA', 'PASSWORD', 'STORE']);
  });

  it('cost no write when nothing has changed, and a binding without any has one Secret', async () => {
    await ready();
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
    await withSpec({ env: SPEC.env });
    const other = new BindingWorld();
    other.put(storeConfig({ access: GRANT_ALL }));
    await other.store.put('PASSWORD', 'secret');
    other.put(binding({ env: SPEC.env }));
    await other.reconcile();
    expect(other.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([
      `create secrets analytics/${MAIN}`,
    ]);
    await other.cache.closeAll();
  });

  it('change with their values, which is noted on both Secrets, as rotation asks for, and told', async () => {
    await ready();
    const versions = (name: string) => secret(name)?.metadata.annotations?.['secrets.iomete.com/versions'];
    const before = [versions(NAME), versions(MAIN)];
    await changed('CA', 'new');
    expect(files()['ca.pem']?.toString()).to.equal('new');
    expect(world.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([
      `replace secrets analytics/${NAME}`,
      `replace secrets analytics/${MAIN}`,
    ]);
    expect(versions(NAME)).not.to.equal(before[0]);
    const [was, is] = [before[1], versions(MAIN)].map((note) => parseVersions(note) ?? {});
    expect(changedKeys(was!, is!)).to.deep.equal(['CA']);
    expect(world.events).to.deep.equal(['Normal SecretUpdated']);
  });

  it('are not written when only a variable changes', async () => {
    await ready();
    await changed('PASSWORD', 'new');
    expect(world.cluster.writes.filter((write) => write.includes('secrets '))).to.deep.equal([
      `replace secrets analytics/${MAIN}`,
    ]);
  });

  it('are written again when somebody changed or removed them', async () => {
    await ready();
    world.cluster.put(SECRET, { ...secret()!, ...{ data: { 'ca.pem': 'AAAA' } } });
    await world.reconcile();
    expect(files()['ca.pem']?.toString()).to.equal('pem');
    world.cluster.remove(SECRET, 'analytics', NAME);
    await world.reconcile();
    expect(Object.keys(files())).to.have.lengthOf(2);
  });

  it('go with their entry, and all of them leave an empty folder: executors of running jobs mount it', async () => {
    await ready();
    await withSpec({ env: SPEC.env, files: SPEC.files.slice(1) });
    expect(files()).to.deep.equal({ 'ca.pem': Buffer.from('pem') });
    await withSpec({ env: SPEC.env });
    expect([files(), world.ready()]).to.deep.equal([{}, 'True Injecting']);
    expect(secret()?.metadata.annotations).to.include({ 'secrets.iomete.com/file-keys': '{}' });
    expect(Buffer.from(secret(MAIN)!.data!['spark.properties']!, 'base64').toString()).not.to.include(NAME);
    world.cluster.writes.length = 0;
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
    await withSpec(SPEC);
    expect(files()).to.have.all.keys('store.jks', 'ca.pem');
  });

  for (const [what, key, value, reason] of [
    ['is no base64', 'STORE', 'hunter2!', 'InvalidValue'],
    ['is gone', 'CA', undefined, 'KeyNotFound'],
  ] as const) {
    it(`keep what they had when a value ${what}, and say so`, async () => {
      await ready();
      if (value === undefined) await world.store.remove(keyOf(key), { signal: new AbortController().signal });
      else await world.store.put(key, value);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await world.reconcile();
      expect(world.ready()).to.equal(`False ${reason}`);
      expect(JSON.stringify(world.binding()?.status)).not.to.include('hunter2');
      expect(files()).to.deep.equal({ 'store.jks': BYTES, 'ca.pem': Buffer.from('pem') });
    });
  }

  describe('whose grant is withdrawn', () => {
    const GRANTED = [{ ...GRANT_ALL[0]!, keys: ['PASSWORD', 'CA'] }];

    it('lose its value, and the others stay; it comes back with the grant', async () => {
      await ready();
      world.put(storeConfig({ access: GRANTED }));
      await world.reconcile();
      expect([world.ready(), files()]).to.deep.equal(['False AccessDenied', { 'ca.pem': Buffer.from('pem') }]);
      expect(secret()?.metadata.annotations?.['secrets.iomete.com/spec-digest']).to.equal('incomplete');
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.reconcile();
      expect([world.ready(), Object.keys(files()).length]).to.deep.equal(['True Injecting', 2]);
    });

    it('lose it also when the store can not tell of the others, and when neither spec nor status name it any more', async () => {
      await ready();
      const store = world.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')!;
      await world.cache.closeAll();
      world.store.failure = new OperatorError('StoreUnreachable');
      const { status, ...bound } = world.binding()!;
      const { spec } = binding({ ...SPEC, files: SPEC.files.slice(1) });
      world.put({ ...bound, spec, status: { ...status!, keys: [] } });
      world.put({ ...store, spec: { ...store.spec, access: GRANTED } });
      await world.reconcile();
      expect(files()).to.deep.equal({ 'ca.pem': Buffer.from('pem') });
      expect(world.variables()).to.deep.equal({ PASSWORD: 'secret' });
      world.cluster.writes.length = 0;
      await world.reconcile();
      expect(world.cluster.writes).to.deep.equal([]);
    });

    it('leave the index of the keys, without which executors of running jobs could not start', async () => {
      world.put(binding({ files: SPEC.files }));
      await world.reconcile();
      world.put(storeConfig({ access: [] }));
      await world.reconcile();
      expect([files(), world.ready()]).to.deep.equal([{}, 'False AccessDenied']);
      expect(Object.keys(secret(MAIN)!.data!).filter((name) => name.startsWith('SPARK_SECRETS_KEYS_'))).to.have.length(
        1,
      );
    });
  });

  describe('that can not be written', () => {
    it('leave a foreign Secret alone, and then the other is not called complete', async () => {
      world.cluster.put(SECRET, { metadata: { name: NAME, namespace: 'analytics' } });
      world.put(binding(SPEC));
      expect(await world.reconcile()).to.deep.equal({ requeueAfterMs: 15_000 });
      expect([world.ready(), secret(MAIN), files()]).to.deep.equal(['False Conflict', undefined, {}]);
      const message = world.binding()!.status!.conditions![0]!.message;
      expect(message).to.equal(`Secret ${NAME} exists and is not ours: delete or rename it, or rename the binding.`);
      world.cluster.remove(SECRET, 'analytics', NAME);
      await world.reconcile();
      expect([world.ready(), Object.keys(files()).length]).to.deep.equal(['True Injecting', 2]);
    });

    it('say what the API server answered, without a value', async () => {
      world.put(binding(SPEC));
      world.cluster.meanwhile = () => {
        throw new ApiError('POST Secret: refused', { code: 403, reason: 'Forbidden' });
      };
      const error = await failureOf(world.reconcile());
      expect(seenOf(error)).not.to.include('pem');
      expect([world.ready(), secret(MAIN)]).to.deep.equal(['False SecretNotWritten', undefined]);
      await world.reconcile();
      expect(world.ready()).to.equal('True Injecting');
    });
  });
});
