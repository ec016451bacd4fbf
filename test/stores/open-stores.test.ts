import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretStoreConfig } from '../../operator/api/kinds.ts';
import { OperatorError } from '../../operator/errors.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import { eventually } from '../doubles/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import { storeConfig } from '../support/objects.ts';
import { QuietStore, StoreDouble } from '../support/store-double.ts';

const { signal } = new AbortController();
const IDLE_MS = 40;

describe('open stores', () => {
  let opened: StoreDouble[];
  let gone: string[];
  let told: string[];
  let make: () => StoreDouble;
  let cache: StoreCache;

  beforeEach(() => {
    opened = [];
    gone = [];
    told = [];
    make = () => new QuietStore();
    cache = new StoreCache({
      open: () => {
        const store = make();
        opened.push(store);
        return store;
      },
      onChange: (readers) => told.push(...readers),
      onClose: (namespace, store) => gone.push(`${namespace}/${store}`),
      idleMs: IDLE_MS,
      lateMs: 500,
    });
  });
  afterEach(async () => {
    await cache.closeAll();
  });

  const visit = (config = storeConfig()) => cache.desk.read({ config, who: 'owner' }, key('a'), signal);
  const follow = (config: SecretStoreConfig, ...keys: string[]) =>
    cache.read(config, {
      reader: 'iomete-system/x',
      namespace: 'iomete-system',
      namespaceLabels: {},
      keys: keys.map(key),
      groups: [group('g')],
    });
  const closed = () => opened.map((store) => store.closed);

  describe('that people only visit', () => {
    it('are closed some time after the last visit, and opened again by the next', async () => {
      await visit();
      await visit();
      expect(closed()).to.deep.equal([0]);
      await eventually(() => opened[0]!.closed === 1);
      expect(cache.states()).to.deep.equal([]);
      expect(gone).to.deep.equal(['iomete-system/default']);
      await visit();
      expect(closed()).to.deep.equal([1, 0]);
    });

    it('are not closed while visits go on, nor during a long one', async () => {
      const config = storeConfig();
      for (let nth = 0; nth < 5; nth += 1) {
        await visit(config);
        await sleep(IDLE_MS / 2);
      }
      opened[0]!.before = sleep(3 * IDLE_MS);
      await visit(config);
      expect(closed()).to.deep.equal([0]);
    });

    it('are not closed under one visit because another one ended', async () => {
      await visit();
      opened[0]!.before = sleep(3 * IDLE_MS);
      const long = visit();
      opened[0]!.before = undefined;
      await visit();
      await long;
      expect(closed()).to.deep.equal([0]);
    });

    it('are closed also when the last visit failed', async () => {
      await visit();
      opened[0]!.failure = new OperatorError('StoreUnreachable');
      await failureOf(visit());
      await eventually(() => opened[0]!.closed === 1);
    });

    it('stay open once somebody stays, from then on', async () => {
      await visit();
      await cache.check(storeConfig());
      await visit();
      await sleep(3 * IDLE_MS);
      expect(closed()).to.deep.equal([0]);
    });

    it('are closed once when the spec changes, and the new one after its time', async () => {
      await visit();
      await visit(storeConfig({ refreshInterval: '1m' }));
      expect(closed()).to.deep.equal([1, 0]);
      await eventually(() => opened[1]!.closed === 1);
      await sleep(2 * IDLE_MS);
      expect(closed()).to.deep.equal([1, 1]);
    });
  });

  it('that somebody reads stay open, also when a visit is the first to know of a new spec', async () => {
    await follow(storeConfig(), 'a');
    await visit(storeConfig({ refreshInterval: '1m' }));
    await sleep(3 * IDLE_MS);
    expect(closed()).to.deep.equal([1, 0]);
  });

  it('stay what they are for one who still has the object of before a change', async () => {
    const before = storeConfig({}, { generation: 1 });
    const present = storeConfig({ refreshInterval: '1m' }, { generation: 2 });
    await follow(before, 'a');
    await follow(present, 'a');
    expect(await failureOf(visit(before))).to.include({ code: 'StoreUnreachable' });
    expect((await follow(before, 'a')).failure?.error.message).to.contain('has changed meanwhile');
    expect(closed()).to.deep.equal([1, 0]);
    // What was granted changes, and back again: the driver is the same.
    await follow(storeConfig({ refreshInterval: '1m' }, { generation: 4 }), 'a');
    expect(await failureOf(visit(storeConfig({ refreshInterval: '2m' }, { generation: 3 })))).to.include({
      status: 503,
    });
    await visit(present);
    expect(closed()).to.deep.equal([1, 0]);
    await follow(storeConfig({}, { generation: 5 }), 'a');
    expect(closed()).to.deep.equal([1, 1, 0]);
  });

  it('go back with a cluster that was restored from a backup', async () => {
    await follow(storeConfig({}, { generation: 5 }), 'a');
    const restored = storeConfig({ refreshInterval: '1m' }, { generation: 3 });
    expect(await failureOf(visit(restored))).to.include({ code: 'StoreUnreachable' });
    await eventually(async () => !(await follow(restored, 'a')).failure);
    await cache.close('iomete-system', 'default');
    await visit(storeConfig({}, { generation: 1 }));
  });

  it('stay what they are for one who still has the object of that name before', async () => {
    const [old, young] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'].map((creationTimestamp, at) =>
      storeConfig({}, { generation: 1, uid: `store-${at}`, creationTimestamp }),
    ) as [SecretStoreConfig, SecretStoreConfig];
    await follow(old, 'a');
    await follow(young, 'a');
    expect(await failureOf(visit(old))).to.include({ code: 'StoreUnreachable' });
    expect(closed()).to.deep.equal([1, 0]);
  });

  it('that can not be opened are told to visitors', async () => {
    make = () => {
      throw new TypeError('hunter2 is no URL');
    };
    const error = await failureOf(visit());
    expect(error)
      .to.include({ code: 'StoreUnreachable' })
      .and.to.have.property('message')
      .that.does.not.include('hunter2');
  });

  describe('after another process changed something', () => {
    it('read anew what is read of them, and tell the readers', async () => {
      await cache.check(storeConfig());
      for (const where of ['a', 'b', 'g/x']) await opened[0]!.put(where, '1');
      await follow(storeConfig(), 'a', 'b', 'none');
      for (const where of ['a', 'g/x', 'g/y']) await opened[0]!.put(where, '2');
      await cache.refresh('iomete-system', 'default');
      await eventually(() => told.includes('iomete-system/x'));
      const { values } = await follow(storeConfig(), 'a', 'b', 'none');
      expect(
        Object.fromEntries([...values].map(([where, { value }]) => [where, value.reveal().toString()])),
      ).to.deep.equal({
        a: '2',
        b: '1',
        'g/x': '2',
        'g/y': '2',
      });
    });

    it('are read once more, not more often, however often they are told meanwhile', async () => {
      await cache.check(storeConfig());
      await follow(storeConfig(), 'a');
      const before = opened[0]!.asked.length;
      const gate = Promise.withResolvers<undefined>();
      opened[0]!.before = gate.promise;
      const first = cache.refresh('iomete-system', 'default');
      const others = Promise.all([1, 2, 3, 4].map(() => cache.refresh('iomete-system', 'default')));
      await opened[0]!.put('a', 'late');
      opened[0]!.before = undefined;
      gate.resolve(undefined);
      await Promise.all([first, others]);
      expect(opened[0]!.asked.length - before).to.equal(2);
      expect((await follow(storeConfig(), 'a')).values.size).to.equal(1);
    });

    it('are not asked when they push, are not open, or fail', async () => {
      await cache.refresh('iomete-system', 'never-there');
      make = () => new StoreDouble();
      await follow(storeConfig(), 'a');
      await cache.refresh('iomete-system', 'default');
      expect(opened[0]!.asked).to.have.length(1);
      make = () => new QuietStore();
      const failing = storeConfig({}, { name: 'failing' });
      await cache.check(failing);
      await follow(failing, 'a');
      opened[1]!.failure = new OperatorError('StoreUnreachable');
      await failureOf(cache.check(failing));
      const { length } = opened[1]!.asked;
      await cache.refresh('iomete-system', 'failing');
      expect(opened[1]!.asked).to.have.length(length);
    });
  });
});
