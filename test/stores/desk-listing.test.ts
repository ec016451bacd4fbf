import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import { StoreCache, type ListOptions, type SearchOptions } from '../../operator/stores/cache.ts';
import { OpenStores } from '../../operator/stores/open-stores.ts';
import { StoreDesk } from '../../operator/stores/store-desk.ts';
import type { SecretEntry } from '../../operator/stores/store.ts';
import { failureOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import { storeConfig } from '../support/objects.ts';
import { QuietStore } from '../support/store-double.ts';

const { signal } = new AbortController();
const KEYS = [
  'B',
  'a',
  'a/x',
  'a-b',
  'a.b/y',
  'b',
  'orders/DB_PASSWORD',
  'orders/s3/KEY',
  'orders/s3/deep/Password',
  'z',
];

describe('the keys of a store for people', () => {
  let store: QuietStore;
  let cache: StoreCache;
  let requests: string[];

  const granting = (...keys: string[]) =>
    storeConfig({ access: [{ namespaces: { matchNames: ['analytics'] }, keys }] });
  const owner = { config: granting(), who: 'owner' } as const;
  const consumer = (...keys: string[]) => ({
    config: granting(...keys),
    who: { namespace: 'analytics', namespaceLabels: {} },
  });
  const pathOf = (entry: SecretEntry) => ('key' in entry ? entry.key : `${entry.group}/`);
  const entryOf = (path: string): SecretEntry =>
    path.endsWith('/') ? { group: group(path.slice(0, -1)) } : { key: key(path) };
  const list = async (
    where: string,
    access: Parameters<StoreDesk['list']>[0] = owner,
    more: Partial<ListOptions> = {},
  ) => (await Array.fromAsync(cache.desk.list(access, { group: group(where), ...more }, signal))).map(pathOf);
  const search = async (
    text: string,
    access: Parameters<StoreDesk['search']>[0] = owner,
    more: Partial<SearchOptions> = {},
  ) => (await Array.fromAsync(cache.desk.search(access, { group: group(''), text, ...more }, signal))).map(pathOf);

  beforeEach(async () => {
    store = new QuietStore();
    requests = [];
    cache = new StoreCache({
      open: () => store,
      onChange: () => undefined,
      onRequest: (_store, operation) => requests.push(operation),
    });
    for (const where of KEYS) await store.put(where, '1');
  });
  afterEach(async () => {
    await cache.closeAll();
  });

  it('are listed with the groups beside them', async () => {
    expect(await list('')).to.deep.equal(['B', 'a', 'a/', 'a-b', 'a.b/', 'b', 'orders/', 'z']);
    expect(await list('orders')).to.deep.equal(['orders/DB_PASSWORD', 'orders/s3/']);
    expect(await list('none')).to.deep.equal([]);
  });

  it('go on behind any entry, also one that is gone', async () => {
    const all = await list('');
    for (const [nth, path] of all.entries())
      expect(await list('', owner, { after: entryOf(path) }), path).to.deep.equal(all.slice(nth + 1));
    expect(await list('', owner, { after: entryOf('a.a') })).to.deep.equal(['a.b/', 'b', 'orders/', 'z']);
  });

  it('are found by a part of their path, in capitals or not, in one order', async () => {
    expect(await search('password')).to.deep.equal(['orders/DB_PASSWORD', 'orders/s3/deep/Password']);
    expect(await search('S3/')).to.deep.equal(['orders/s3/KEY', 'orders/s3/deep/Password']);
    expect(await search('')).to.deep.equal(['B', 'a', 'a/x', 'a-b', 'a.b/y', ...KEYS.slice(5)]);
    expect(await search('x', owner, { group: group('orders') })).to.deep.equal([]);
  });

  it('are searched on behind a key, without groups that lie before it', async () => {
    const all = await search('');
    for (const [nth, path] of all.entries())
      expect(await search('', owner, { after: entryOf(path) }), path).to.deep.equal(all.slice(nth + 1));
    const before = store.lists;
    await search('', owner, { after: entryOf('orders/s3/KEY') });
    expect(store.lists - before, 'the root, orders, orders/s3 and orders/s3/deep').to.equal(4);
  });

  const grants: Readonly<Record<string, readonly [string[], root: string[], found: string[]]>> = {
    'one key': [['a'], ['a'], ['a']],
    'keys of a group': [['orders/*'], ['orders/'], ['orders/DB_PASSWORD']],
    'a key far down': [['orders/s3/deep/*'], ['orders/'], ['orders/s3/deep/Password']],
    'two grants': [
      ['z', 'a/**'],
      ['a/', 'z'],
      ['a/x', 'z'],
    ],
    'keys of the root': [['*'], ['B', 'a', 'a-b', 'b', 'z'], ['B', 'a', 'a-b', 'b', 'z']],
    'a name anywhere': [['**/KEY'], ['a/', 'a.b/', 'orders/'], ['orders/s3/KEY']],
    'a group by its exact name, which is no key': [['orders', 'a.b/'], [], []],
    nothing: [[], [], []],
  };
  for (const [what, [globs, root, found]] of Object.entries(grants)) {
    it(`are those that a consumer is granted: ${what}`, async () => {
      expect(await list('', consumer(...globs))).to.deep.equal(root);
      expect(await search('', consumer(...globs))).to.deep.equal(found);
    });
  }

  it('in a group where nothing is granted are not looked at', async () => {
    expect(await list('orders', consumer('a'))).to.deep.equal([]);
    expect(await search('', consumer('a'), { group: group('orders') })).to.deep.equal([]);
    expect(store.lists).to.equal(0);
    await search('', consumer('a/*'));
    expect(store.lists, 'the root and a').to.equal(2);
  });

  it('are passed over in a search where the store refuses a group, but not where the search begins', async () => {
    store.refused.set('orders/s3/', new OperatorError('KeyRefused', 'orders/s3'));
    expect(await search('', owner))
      .to.include('orders/DB_PASSWORD')
      .and.include('z')
      .and.not.include('orders/s3/KEY');
    expect(await failureOf(search('', owner, { group: group('orders/s3') }))).to.include({ code: 'KeyRefused' });
    expect(await failureOf(list('orders/s3'))).to.include({ code: 'KeyRefused' });
  });

  it('come a thousand to a request, and only as many as are taken', async () => {
    for (let nth = 0; nth < 2_500; nth += 1)
      await store.write(key(`many/K${String(nth).padStart(4, '0')}`), SecretValue.fromText('1'), { signal });
    expect(await list('many')).to.have.length(2_500);
    expect(requests).to.deep.equal(['list', 'list', 'list']);
    for await (const entry of cache.desk.list(owner, { group: group('many') }, signal)) {
      expect(pathOf(entry)).to.equal('many/K0000');
      break;
    }
    expect(requests).to.have.length(4);
  });

  it('of which there are too many below are not searched to the end, and it is said', async () => {
    for (const limits of [
      { groups: 3, entries: 100 },
      { groups: 100, entries: 8 },
    ]) {
      const desk = new StoreDesk(new OpenStores({ open: () => store, onChange: () => undefined }), limits);
      const found: string[] = [];
      const looking = async () => {
        for await (const entry of desk.search(owner, { group: group(''), text: '' }, signal)) found.push(pathOf(entry));
      };
      expect(await failureOf(looking())).to.include({ code: 'SearchTooWide', status: 422 });
      expect(found).to.include('a').and.not.include('z');
      const some = await Array.fromAsync(desk.search(owner, { group: group('orders/s3'), text: 'key' }, signal));
      expect(some.map(pathOf)).to.deep.equal(['orders/s3/KEY']);
    }
  });

  it('end with the caller’s signal, and leave nothing under way', async () => {
    const leaving = new AbortController();
    const looking = async () => {
      for await (const entry of cache.desk.search(owner, { group: group(''), text: '' }, leaving.signal))
        if (pathOf(entry) === 'a') leaving.abort(new Error('the caller left'));
    };
    expect(await failureOf(looking())).to.have.property('message', 'the caller left');
  });

  it('are not waited for longer than a request may take', async () => {
    const impatient = new StoreCache({ open: () => store, onChange: () => undefined, times: { readMs: 30 } });
    const reasons: unknown[] = [];
    store.list = async function* (_group, own) {
      await new Promise((_resolve, reject) => {
        own.addEventListener('abort', () => {
          reasons.push(own.reason);
          reject(own.reason as Error);
        });
      });
      yield { key: key('never') };
    };
    const listing = Array.fromAsync(impatient.desk.list(owner, { group: group('') }, signal));
    expect(await failureOf(listing)).to.include({ code: 'StoreUnreachable' });
    expect(reasons).to.have.length(1);
    await impatient.closeAll();
  });
});
