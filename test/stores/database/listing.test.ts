import { expect } from 'chai';
import { parseKey, type SecretGroup } from '../../../operator/api/secret-key.ts';
import type { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import { tableNames } from '../../../operator/stores/database/names.ts';
import { listFolders } from '../../../operator/stores/database/sql/list-folders.ts';
import { listKeys } from '../../../operator/stores/database/sql/list-keys.ts';
import { selectNews } from '../../../operator/stores/database/sql/select-news.ts';
import { selectRows } from '../../../operator/stores/database/sql/select-rows.ts';
import { listing } from '../../../operator/stores/listing.ts';
import { failureOf } from '../../support/failure.ts';
import { group } from '../../support/keys.ts';
import { PATIENT, World, write } from './world.ts';

describe('listing the database', function () {
  this.timeout(20_000);
  const world = World.make();
  const list = (store: DatabaseStore, where: string) => Array.fromAsync(store.list(group(where), PATIENT));
  /** Rows as SQL puts them there. */
  const insert = (keys: readonly string[]) =>
    world.sql("INSERT INTO $t (key, value) SELECT unnest($1::text[]), 'x'", keys);
  const made = async () => {
    const store = world.open({ kek: null, allowPlaintext: true });
    await store.check(PATIENT);
    return store;
  };

  it('shows of any tree what the other stores show, in every group', async () => {
    const store = await made();
    const segments = ['a', 'A', 'a-b', 'a.b', 'a_b', 'a0', 'b', '-', '_', '0', 'z', 'Z.z', '..a'];
    const at = (depth: number, seed: number) =>
      segments[(seed * 31 + depth * 17 + ((seed * seed) >> depth)) % segments.length]!;
    const keys = [
      ...new Set(
        Array.from({ length: 400 }, (_, seed) =>
          Array.from({ length: (seed % 4) + 1 }, (__, depth) => at(depth, seed)).join('/'),
        ),
      ),
    ].flatMap((text) => parseKey(text) ?? []);
    await insert(keys);
    const groups = new Set([
      '',
      ...keys.flatMap((each) => each.split('/').map((_, end, all) => all.slice(0, end).join('/'))),
    ]);
    expect(groups.size).to.be.above(20);
    for (const where of groups)
      expect(await list(store, where), where).to.deep.equal(listing(keys, where as SecretGroup));
  });

  it('goes through more groups than a page has, and through more keys', async () => {
    const store = await made();
    const groups = Array.from({ length: 2_100 }, (_, at) => `g/x${at}`).sort();
    const keys = Array.from({ length: 1_001 }, (_, at) => `g/k${at}`).sort();
    await insert([...groups.map((each) => `${each}/deep/K`), ...keys]);
    const entries = await list(store, 'g');
    expect(entries).to.deep.equal([...keys.map((each) => ({ key: each })), ...groups.map((each) => ({ group: each }))]);
  });

  it('never meets a name that is no key: the database refuses it from SQL too', async () => {
    const store = await made();
    for (const name of [
      'no key',
      '../up',
      'a//b',
      '/root',
      'a/',
      'ü',
      'g/..',
      '..',
      '.',
      'a/./b',
      '',
      'a\nb',
      'x'.repeat(513),
    ])
      expect(await failureOf(insert([name])), name).to.be.instanceOf(Error);
    await insert(['fine', 'x'.repeat(512), '..fine', 'g/...']);
    expect(await list(store, '')).to.deep.equal([
      { key: '..fine' },
      { key: 'fine' },
      { group: 'g' },
      { key: 'x'.repeat(512) },
    ]);
  });

  it('goes from folder to folder, and to keys, through an index', async () => {
    const store = await made();
    await insert(Array.from({ length: 20_000 }, (_, at) => `big/K${at}`));
    await write(store, 'small/K', '1');
    await world.sql('ANALYZE $t');
    expect(await list(store, '')).to.deep.equal([{ group: 'big' }, { group: 'small' }]);
    const names = tableNames(world.table);
    for (const { text, values } of [
      listFolders(names.table, '', '', 1_000),
      listKeys(names.table, 'big', 'big/K1', 1_000),
      selectRows(names.table, ['big/K1', 'small/K']),
      selectNews(names, null),
    ]) {
      const plan = await world.sql<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, ...values);
      const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(lines).to.include('Index').and.not.include(`Seq Scan on ${names.table} `).and.not.include('Sort');
    }
  });
});
