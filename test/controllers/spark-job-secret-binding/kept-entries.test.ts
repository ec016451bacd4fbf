import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { SECRET, SECRET_STORE_CONFIG, type BindingSpec, type DriverPod } from '../../../operator/api/kinds.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { referenceDataKey } from '../../../operator/injection/reference-content.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { key } from '../../support/keys.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const NOTE = 'secrets.iomete.com/kept-entries';
const BOTH = {
  env: [
    { name: 'A', key: 'A' },
    { name: 'B', key: 'B' },
  ],
};
const ONLY_A = { env: [{ name: 'A', key: 'A' }] };

describe('what a binding gives no more, while a job runs that got it', () => {
  let world: BindingWorld;
  const secret = () => world.cluster.find(SECRET, 'analytics', 'spark-secrets-orders');

  beforeEach(() => {
    world = new BindingWorld();
    world.put(storeConfig({ access: GRANT_ALL }));
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  function driver(creationTimestamp: string, more: Partial<DriverPod> = {}): DriverPod {
    const metadata = { name: `d-${creationTimestamp}`, namespace: 'analytics', creationTimestamp };
    return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Running' }, ...more };
  }

  /** The binding with one spec, a driver that starts, then the other spec an hour later. */
  async function changed(before: Partial<BindingSpec>, after: Partial<BindingSpec>, drivers = [driver(EARLIER)]) {
    for (const name of ['A', 'B', 'g/C', 'g/D']) await world.store.put(name, `${name}-value`);
    world.put(binding(before));
    await world.reconcile();
    expect(world.ready()).to.equal('True Injecting');
    world.drivers = drivers;
    await change(after);
  }
  const EARLIER = '2026-01-01T00:10:00Z';

  async function change(spec: Partial<BindingSpec>): Promise<void> {
    world.now = new Date('2026-01-01T01:00:00Z');
    world.put({ ...world.binding()!, spec: binding(spec).spec });
    await world.reconcile();
  }

  /** A look after the store has told of a change. */
  async function pushed(): Promise<void> {
    await sleep(20);
    await world.reconcile();
  }

  it('stays in the Secret, for the executors that it starts', async () => {
    await changed(BOTH, ONLY_A);
    expect(world.variables()).to.deep.equal({ A: 'A-value', B: 'B-value' });
    expect(JSON.parse(secret()!.metadata.annotations![NOTE]!)).to.deep.equal({
      B: { source: 'B', since: '2026-01-01T01:00:00Z' },
    });
    expect(world.ready()).to.equal('True Injecting');
    // New jobs do not get it.
    expect(secret()!.metadata.annotations!['secrets.iomete.com/env-keys']).to.equal('{"A":"A"}');
    expect(Buffer.from(secret()!.data!['spark.properties']!, 'base64').toString()).not.to.include('secretKeyRef.B');
  });

  it('is written once, also when others come and go and another value changes', async () => {
    await changed(BOTH, ONLY_A);
    world.cluster.writes.length = 0;
    world.now = new Date('2026-01-01T02:00:00Z');
    world.drivers.push(driver('2026-01-01T01:30:00Z'));
    await world.reconcile();
    expect(world.cluster.writes.filter((write) => write.includes('Secret '))).to.deep.equal([]);
    await world.store.put('A', 'another');
    await pushed();
    expect(world.variables()).to.deep.equal({ A: 'another', B: 'B-value' });
    world.cluster.writes.length = 0;
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
  });

  const gone: Readonly<Record<string, () => void>> = {
    'has ended': () => (world.drivers = [driver(EARLIER, { status: { phase: 'Succeeded' } })]),
    'is gone': () => (world.drivers = []),
    'is gone, and another runs that began later': () => (world.drivers = [driver('2026-01-01T01:00:01Z')]),
    'is being deleted': () => {
      const { metadata, ...pod } = driver(EARLIER);
      world.drivers = [{ ...pod, metadata: { ...metadata, deletionTimestamp: EARLIER } }];
    },
  };
  for (const [sentence, end] of Object.entries(gone)) {
    it(`goes when the job ${sentence}`, async () => {
      await changed(BOTH, ONLY_A);
      end();
      await world.reconcile();
      expect(world.variables()).to.deep.equal({ A: 'A-value' });
      expect(secret()!.metadata.annotations).not.to.have.property(NOTE);
    });
  }

  it('goes at once when no job needs it: none runs, or each has a Secret of its own', async () => {
    await changed(BOTH, ONLY_A, []);
    expect(world.variables()).to.deep.equal({ A: 'A-value' });
    const runs = [{ binding: 'orders', run: 'r', secret: 's' }];
    await change(BOTH);
    world.drivers = [driver(EARLIER, { runs })];
    await change(ONLY_A);
    expect(world.variables()).to.deep.equal({ A: 'A-value' });
  });

  it('goes when its grant is withdrawn, also while the store can not tell', async () => {
    await changed({ env: [...BOTH.env, { name: 'C', key: 'g/C' }] }, ONLY_A);
    expect(world.variables()).to.deep.equal({ A: 'A-value', B: 'B-value', C: 'g/C-value' });
    const grant = async (keys: string[]): Promise<void> => {
      const store = world.cluster.find(SECRET_STORE_CONFIG, 'iomete-system', 'default')!;
      world.put({ ...store, spec: { ...store.spec, access: [{ ...GRANT_ALL[0]!, keys }] } });
      await world.reconcile();
    };
    await grant(['A', 'g/*']);
    expect(world.variables()).to.deep.equal({ A: 'A-value', C: 'g/C-value' });
    await world.cache.closeAll();
    world.store.failure = new OperatorError('StoreUnreachable');
    await grant(['g/*']);
    expect(world.variables()).to.deep.equal({ C: 'g/C-value' });
    await grant(['A']);
    expect(world.variables()).to.deep.equal({});
  });

  it('is also a key of envFrom that left the store, what a job may refer to, and what stood for a property', async () => {
    await changed(
      {
        envFrom: [{ group: 'g' }],
        references: [{ key: 'A' }],
        sparkConf: [{ name: 'spark.hadoop.x', key: 'B' }],
      },
      { envFrom: [{ group: 'g' }], sparkConf: [{ name: 'spark.hadoop.x', key: 'B', delivery: 'Value' }] },
    );
    await world.store.remove(key('g/D'), { signal: new AbortController().signal });
    await pushed();
    const names = Object.keys(JSON.parse(secret()!.metadata.annotations![NOTE]!) as object);
    expect(names)
      .to.have.length(3)
      .and.include.members(['D', referenceDataKey(key('A'))]);
    expect(names.find((name) => name.startsWith('SPARK_SECRET_'))).to.be.a('string');
    for (const name of names) expect(secret()!.data, name).to.have.property(name);
    expect(world.variables()).to.include({ C: 'g/C-value', D: 'g/D-value' });
  });

  it('is also the index of keys, when no variable is left', async () => {
    await changed(
      { ...BOTH, sparkConf: [{ name: 'spark.x', key: 'A' }] },
      { sparkConf: [{ name: 'spark.x', key: 'A' }] },
    );
    expect(Object.keys(secret()!.data!).filter((name) => name.startsWith('SPARK_SECRETS_KEYS_'))).to.have.length(1);
    world.drivers = [];
    await world.reconcile();
    expect(Object.keys(secret()!.data!).filter((name) => name.startsWith('SPARK_SECRETS_KEYS_'))).to.have.length(0);
  });

  it('is the binding’s again when it gives it again, with the value that it has then', async () => {
    await changed(BOTH, ONLY_A);
    await world.store.put('B', 'new');
    await sleep(20);
    await change(BOTH);
    expect(world.variables()).to.deep.equal({ A: 'A-value', B: 'new' });
    expect(secret()!.metadata.annotations).not.to.have.property(NOTE);
  });

  it('does not keep the Secret from being written when there is no room for both', async () => {
    const big = 'x'.repeat(100_000);
    const many = (prefix: string) =>
      Array.from({ length: 9 }, (_, at) => ({ name: `${prefix}${at}`, key: `${prefix}${at}` }));
    for (const { key: name } of [...many('P'), ...many('Q')]) await world.store.put(name, big);
    await changed({ env: many('P') }, { env: many('Q') });
    expect(Object.keys(world.variables()!)).to.deep.equal(many('Q').map(({ name }) => name));
    world.cluster.writes.length = 0;
    await world.reconcile();
    expect(world.cluster.writes).to.deep.equal([]);
  });
});
