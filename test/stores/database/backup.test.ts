import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../../operator/errors.ts';
import { StoreCache } from '../../../operator/stores/cache.ts';
import type { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import { eventually } from '../../doubles/eventually.ts';
import { PostgresServer } from '../../servers/postgres.ts';
import { key } from '../../support/keys.ts';
import { storeConfig } from '../../support/objects.ts';
import { newKek, openStore, Secrets } from './secrets.ts';
import { PATIENT, problemOf, read, remove, watched, World, write } from './world.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('a database that is restored from a backup', function () {
  this.timeout(30_000);
  const world = World.make();
  let folder: string;
  let archive: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backup-'));
    archive = join(folder, 'secrets.dump');
  });
  after(() => rm(folder, { recursive: true }));

  const backUp = () => world.server.client('pg_dump', 'keeper', ['--format=custom', `--file=${archive}`]);
  const restoreInPlace = () =>
    world.server.client('pg_restore', 'keeper', ['--clean', '--if-exists', '--single-transaction', archive]);

  /** Keys with one value and with several, one that was removed, and one that is back. */
  async function fill(): Promise<DatabaseStore> {
    const store = world.open();
    for (const value of ['one', 'two', HIDDEN]) await write(store, 'orders/A', value);
    await write(store, 'B', 'b');
    await write(store, 'gone', 'was here');
    await remove(store, 'gone');
    for (const value of ['first', 'second']) await write(store, 'back', value);
    return store;
  }

  async function stateOf(store: DatabaseStore) {
    const found = await store.readMany(['orders/A', 'B', 'gone', 'back'].map(key), PATIENT);
    const earlier = await store.history.versions(key('orders/A'), PATIENT);
    return {
      present: [...found].map(([where, what]) =>
        what instanceof OperatorError ? what.code : [where, what.version, what.value.reveal().toString()],
      ),
      earlier: earlier.map(({ version }) => version),
      first: (await store.history.readVersion(key('orders/A'), '1', PATIENT))?.value.reveal().toString(),
    };
  }

  describe('on another server', () => {
    let other: PostgresServer;
    let restored: DatabaseStore;
    let secrets: Secrets;
    before(async () => {
      other = await PostgresServer.start();
    });
    after(() => other.remove());
    afterEach(async () => {
      await restored.close();
      await other.query('DROP DATABASE keeper WITH (FORCE)');
      await other.query('DROP ROLE keeper');
    });

    async function restore(): Promise<void> {
      const url = await other.createDatabase('keeper', 'another-password');
      await other.client('pg_restore', 'keeper', ['--single-transaction', archive]);
      // The key-encryption key comes from elsewhere.
      secrets = new Secrets(url);
      secrets.data['kek'] = { ...world.secrets.data['kek'] };
      restored = openStore(secrets, { table: world.table });
    }

    it('has every value, version and earlier version, and goes on with greater ones', async () => {
      const before = await stateOf(await fill());
      await backUp();
      await restore();
      expect(await stateOf(restored)).to.deep.equal(before);
      expect(before.present).to.deep.include(['orders/A', '3', HIDDEN]);
      expect(await write(restored, 'orders/A', 'after')).to.equal('4');
      // Of a key that was removed, too.
      expect(await write(restored, 'gone', 'again')).to.equal('3');
    });

    it('tells what changes, once, though its rows have numbers of transactions that the server has not come to', async () => {
      // The server of the backup is far ahead.
      await world.sql('DO $do$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $do$');
      await fill();
      await backUp();
      await restore();
      const [row] = await other.query<{ ahead: boolean }>(
        `SELECT max(changed) > pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS ahead FROM ${world.table}`,
        [],
        String(secrets.data['db']!['url']),
      );
      expect(row).to.deep.equal({ ahead: true });
      const told = await watched(restored);
      await write(restored, 'orders/A', 'after');
      await eventually(() => told.length > 0, 1_800);
      // It asks every two seconds.
      await sleep(2_300);
      expect(told).to.deep.equal(['orders/A']);
    });

    it('is of no use without its key-encryption key, which is not in the backup', async () => {
      await fill();
      const kek = Buffer.from(String(world.secrets.data['kek']!['first']), 'base64');
      const dump = await world.server.dump('keeper');
      expect(dump).to.contain('orders/A');
      for (const hidden of [HIDDEN, Buffer.from(HIDDEN).toString('hex'), kek.toString('hex'), kek.toString('base64')])
        expect(dump).not.to.contain(hidden);
      await backUp();
      await restore();
      secrets.data['kek'] = { first: newKek() };
      const problem = await problemOf(restored, 'orders/A');
      expect(problem).to.include({ code: 'ValueUnreadable' });
      expect(problem.message).not.to.contain(HIDDEN);
    });
  });

  describe('in its place, while the operator runs', () => {
    const config = storeConfig({ refreshInterval: '1s' });
    const reader = { reader: 'iomete-system/x', namespace: 'iomete-system', namespaceLabels: {}, groups: [] };
    let cache: StoreCache;
    let told: number;

    beforeEach(() => {
      told = 0;
      cache = new StoreCache({ open: () => world.open(), onChange: () => (told += 1) });
    });
    afterEach(() => cache.closeAll());

    async function seen(where = 'orders/A') {
      const { values, failure } = await cache.read(config, { ...reader, keys: [key(where)] });
      return { value: values.get(key(where))?.value.reveal().toString(), failure: failure?.error.code };
    }

    it('keeps the last good values while the tables are gone, and has those of the backup when they are back', async () => {
      const store = await fill();
      await backUp();
      await write(store, 'orders/A', 'lost');
      expect(await seen()).to.deep.equal({ value: 'lost', failure: undefined });
      await world.sql('DROP TABLE $t, $h');
      await eventually(async () => (await seen()).failure === 'StoreUnreachable');
      expect((await seen()).value).to.equal('lost');
      await restoreInPlace();
      await eventually(async () => (await seen()).failure === undefined && (await seen()).value === HIDDEN);
    });

    it('never shows a key as gone while pg_restore works in one transaction', async () => {
      const store = await fill();
      await backUp();
      await write(store, 'orders/A', 'lost');
      const found = new Set<string | undefined>();
      const done = new AbortController();
      const reading = (async () => {
        while (!done.signal.aborted) found.add((await read(store, ['orders/A']))['orders/A']);
      })();
      await eventually(() => found.has('lost'));
      await restoreInPlace();
      await eventually(() => found.has(HIDDEN));
      done.abort();
      await reading;
      expect([...found]).to.deep.equal(['lost', HIDDEN]);
    });

    it('tells its readers of another value under a version that it had given before', async () => {
      const store = await fill();
      await backUp();
      expect(await write(store, 'orders/A', 'lost')).to.equal('4');
      expect((await seen()).value).to.equal('lost');
      const before = told;
      await restoreInPlace();
      expect(await write(store, 'orders/A', 'new')).to.equal('4');
      await eventually(async () => told > before && (await seen()).value === 'new');
    });
  });
});
