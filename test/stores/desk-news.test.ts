import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import { eventually } from '../doubles/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import { storeConfig } from '../support/objects.ts';
import { QuietStore } from '../support/store-double.ts';

const { signal } = new AbortController();
const text = (value: string) => SecretValue.fromText(value);

describe('keys that people changed', () => {
  const config = storeConfig();
  const owner = { config, who: 'owner' } as const;
  let store: QuietStore;
  let told: string[];
  let cache: StoreCache;

  beforeEach(() => {
    store = new QuietStore();
    told = [];
    cache = new StoreCache({ open: () => store, onChange: (readers) => told.push(...readers) });
  });
  afterEach(async () => {
    await cache.closeAll();
  });

  const follow = (keys: string[], groups: string[] = []) =>
    cache.read(config, {
      reader: 'iomete-system/x',
      namespace: 'iomete-system',
      namespaceLabels: {},
      keys: keys.map(key),
      groups: groups.map(group),
    });

  it('are told to their readers at once, of a store that does not push', async () => {
    await store.put('g/a', '1');
    await follow(['g/a'], ['g']);
    await cache.desk.write(owner, key('g/a'), text('2'), { signal });
    await eventually(() => told.length === 1);
    const known = async () => {
      const { values } = await follow(['g/a'], ['g']);
      return [...values].map(([where, { value }]) => `${where}=${value.reveal().toString()}`).sort();
    };
    expect(await known()).to.deep.equal(['g/a=2']);
    await cache.desk.write(owner, key('g/b'), text('new'), { signal });
    await eventually(async () => {
      expect(await known()).to.deep.equal(['g/a=2', 'g/b=new']);
    });
    await cache.desk.remove(owner, key('g/a'), { signal });
    await eventually(async () => {
      expect(await known()).to.deep.equal(['g/b=new']);
    });
  });

  it('are told also when the answer to the change was lost', async () => {
    await store.put('a', '1');
    await follow(['a']);
    const write = store.write.bind(store);
    store.write = async (...call) => {
      await write(...call);
      throw new OperatorError('StoreUnreachable', 'cut');
    };
    await failureOf(cache.desk.write(owner, key('a'), text('2'), { signal }));
    await eventually(async () => (await follow(['a'])).values.get(key('a'))?.value.equals(text('2')) === true);
  });

  it('cost no read of keys that nobody follows, and none when nothing changed', async () => {
    await cache.desk.write(owner, key('a'), text('1'), { signal });
    await follow(['a']);
    const before = store.asked.length;
    await cache.desk.write(owner, key('b'), text('1'), { signal });
    await cache.desk.write(owner, key('a'), text('1'), { signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(store.asked.slice(before).map((keys) => keys.join())).to.deep.equal(['b', 'a']);
  });
});
