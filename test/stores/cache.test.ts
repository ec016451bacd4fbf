import { expect } from 'chai';
import type { SecretStoreConfig } from '../../operator/api/kinds.ts';
import { StoreCache, type Answer } from '../../operator/stores/cache.ts';
import { OperatorError } from '../../operator/errors.ts';
import { eventually } from '../doubles/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import { GRANT_ALL, storeConfig } from '../support/objects.ts';
import { StoreDouble } from '../support/store-double.ts';

describe('the cache of stores', () => {
  let opened: StoreDouble[];
  let told: string[];
  let gone: string[];
  let cache: StoreCache;

  const read = (config: SecretStoreConfig, keys: string[], groups: string[] = [], reader = 'analytics/orders') =>
    cache.read(config, {
      reader,
      namespace: reader.split('/')[0]!,
      namespaceLabels: {},
      keys: keys.map(key),
      groups: groups.map(group),
    });
  const names = ({ values }: Answer) => [...values.keys()].sort();

  beforeEach(() => {
    opened = [];
    told = [];
    gone = [];
    cache = new StoreCache({
      open: () => {
        const store = new StoreDouble();
        opened.push(store);
        return store;
      },
      onChange: (readers) => told.push(...readers),
      onClose: (namespace, store) => gone.push(`${namespace}/${store}`),
    });
  });
  afterEach(async () => {
    await cache.closeAll();
  });

  async function fill(config: SecretStoreConfig): Promise<void> {
    await cache.check(config);
    for (const where of ['a', 'g/x', 'g/y']) await opened.at(-1)!.put(where, where);
  }

  it('opens a store once, for all who use it', async () => {
    const config = storeConfig({ access: GRANT_ALL });
    await fill(config);
    await read(config, ['a']);
    await read(config, ['a'], [], 'analytics/other');
    expect(opened).to.have.length(1);
    expect(opened[0]!.asked).to.deep.equal([['a']]);
  });

  it('opens it anew when its spec or uid changes, and closes the old one', async () => {
    for (const config of [
      storeConfig({}),
      storeConfig({ kubernetes: { secretName: 'other' } }),
      storeConfig({ kubernetes: { secretName: 'other' }, refreshInterval: '1m' }),
      storeConfig({ kubernetes: { secretName: 'other' }, refreshInterval: '1m' }, { uid: 'made-anew' }),
    ])
      await cache.check(config);
    expect(opened.map(({ closed }) => closed)).to.deep.equal([1, 1, 1, 0]);
  });

  it('keeps it open when only its grants, labels or generation change', async () => {
    await cache.check(storeConfig({}));
    await cache.check(storeConfig({ access: GRANT_ALL }, { generation: 2, labels: { team: 'x' } }));
    expect(opened).to.have.length(1);
  });

  it('hands out what the grants of the moment say', async () => {
    const granted = storeConfig({ access: GRANT_ALL });
    await fill(granted);
    expect(names(await read(granted, ['a'], ['g']))).to.deep.equal(['a', 'g/x', 'g/y']);
    const less = await read(storeConfig({ access: [{ ...GRANT_ALL[0]!, keys: ['g/x'] }] }), ['a'], ['g']);
    expect(names(less)).to.deep.equal(['g/x']);
    expect(less.denied).to.deep.equal(['a']);
    expect(less.groups.get(group('g'))).to.deep.equal(['g/x']);
  });

  it('reads no key from the store that is not granted', async () => {
    const config = storeConfig();
    await fill(config);
    const answer = await read(config, ['a'], ['g']);
    expect(answer).to.deep.include({ denied: ['a'], withdrawn: [] });
    expect(names(answer)).to.deep.equal([]);
    expect(opened[0]!.asked).to.deep.equal([]);
  });

  it('says which keys the reader had and may no longer have', async () => {
    const config = storeConfig({ access: [{ ...GRANT_ALL[0]!, keys: ['g/x'] }] });
    await fill(config);
    const { withdrawn } = await cache.read(config, {
      reader: 'analytics/orders',
      namespace: 'analytics',
      namespaceLabels: {},
      keys: [],
      groups: [group('g')],
      held: [key('g/x'), key('g/y')],
    });
    expect(withdrawn).to.deep.equal(['g/y']);
  });

  it('tells a reader of the store that it reads now, not of the one before', async () => {
    const one = storeConfig({ access: GRANT_ALL });
    const two = storeConfig({ access: GRANT_ALL }, { name: 'two', uid: 'store-2' });
    await fill(one);
    await read(one, ['a']);
    await fill(two);
    await read(two, ['a']);
    await opened[0]!.put('a', 'changed');
    await opened[1]!.put('g/x', 'not read');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told).to.deep.equal([]);
    await opened[1]!.put('a', 'changed');
    await eventually(() => told.length === 1);
  });

  for (const [what, thrown] of [
    ['refuses its type', new OperatorError('StoreUnreachable', 'type x is not yet supported')],
    ['stumbles over its spec', new TypeError('hunter2 is no URL')],
  ] as const)
    it(`tells of a store whose driver ${what}, and does not throw`, async () => {
      const failing = new StoreCache({
        open: () => {
          throw thrown;
        },
        onChange: () => undefined,
      });
      const request = { reader: 'analytics/x', namespace: 'analytics', namespaceLabels: {}, groups: [group('g')] };
      const answer = await failing.read(storeConfig({ access: [{ ...GRANT_ALL[0]!, keys: ['a'] }] }), {
        ...request,
        keys: [key('a'), key('b')],
      });
      expect(answer).to.deep.include({ unknown: ['a'], denied: ['b'] });
      expect([answer.groups.size, answer.failure?.error.code]).to.deep.equal([0, 'StoreUnreachable']);
      expect(answer.failure?.error.message).not.to.include('hunter2');
      expect(await failureOf(failing.check(storeConfig()))).to.include({ code: 'StoreUnreachable' });
    });

  it('takes an interval that is none for a failure of the store', async () => {
    const answer = await read(storeConfig({ access: GRANT_ALL, refreshInterval: 'soon' }), ['a']);
    expect(answer.failure?.error.message).to.include('its spec can not be used');
  });

  it('lets go of the driver before when the new spec can not be used', async () => {
    await cache.check(storeConfig());
    await read(storeConfig({ refreshInterval: 'soon' }), ['a']);
    expect(opened.map(({ closed }) => closed)).to.deep.equal([1]);
  });

  it('says how every open store is, and no longer of one that is gone', async () => {
    await cache.check(storeConfig());
    const [state] = cache.states();
    expect(state).to.include({ namespace: 'iomete-system', store: 'default', type: 'kubernetes', isWell: true });
    expect(state?.lastGood).to.be.instanceOf(Date);
    opened[0]!.failure = new OperatorError('StoreUnreachable');
    await failureOf(cache.check(storeConfig()));
    expect(cache.states()[0]?.isWell).to.be.false;
    expect(cache.failureOf('iomete-system', 'default')?.error.code).to.equal('StoreUnreachable');
    await cache.close('iomete-system', 'default');
    expect([cache.states(), gone]).to.deep.equal([[], ['iomete-system/default']]);
  });

  it('closes a store whose object is gone, and all at the end', async () => {
    await cache.check(storeConfig());
    await cache.check(storeConfig({}, { name: 'two' }));
    await cache.close('iomete-system', 'default');
    await cache.close('iomete-system', 'never-there');
    expect(opened.map(({ closed }) => closed)).to.deep.equal([1, 0]);
    await cache.closeAll();
    expect(opened.map(({ closed }) => closed)).to.deep.equal([1, 1]);
  });
});
