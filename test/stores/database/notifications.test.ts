import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { PATIENT, remove, watched, World, write } from './world.ts';

describe('watching the database', function () {
  this.timeout(20_000);
  const world = World.make();
  /** It asks every two seconds: what is told sooner was announced. */
  const ANNOUNCED_MS = 1_800;
  const cutListener = () => world.server.cutConnections('keeper', '%pg_snapshot_xmin%');

  it('tells at once what another client changed, with SQL too', async () => {
    const store = world.open();
    for (const where of ['a', 'orders/b', 'c', 'quiet']) await write(store, where, '1');
    const told = await watched(store);
    await write(world.open(), 'a', '2');
    await world.sql("UPDATE $t SET value = '\\x00' WHERE key = 'orders/b'");
    await world.sql("DELETE FROM $t WHERE key = 'c'");
    await world.sql("INSERT INTO $t (key, value) VALUES ('d', 'x')");
    await eventually(() => told.length >= 4, ANNOUNCED_MS);
    expect(told).to.deep.equal(['a', 'orders/b', 'c', 'd']);
  });

  it('tells each change once, though it also asks', async () => {
    const store = world.open();
    const told = await watched(store);
    await write(store, 'a', '1');
    await sleep(2_300);
    await write(store, 'a', '2');
    await sleep(100);
    expect(told).to.deep.equal(['a', 'a']);
  });

  it('tells nothing of a change that is rolled back', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    const told = await watched(store);
    await failureOf(world.sql("DO $do$ BEGIN UPDATE $t SET value = '\\x00'; RAISE 'no'; END $do$"));
    await write(store, 'b', '1');
    await eventually(() => told.length > 0, ANNOUNCED_MS);
    expect(told).to.deep.equal(['b']);
  });

  it('tells what changed while its connection was lost', async () => {
    const store = world.open();
    for (const where of ['a', 'b', 'gone', 'deleted', 'quiet']) await write(store, where, '1');
    const told = await watched(store);
    await world.sql('ALTER TABLE $t DISABLE TRIGGER record');
    // Nothing announces these; what is left is to ask, over a new connection.
    expect(await cutListener()).to.equal(1);
    await write(store, 'a', '2');
    await world.sql('ALTER TABLE $t ENABLE TRIGGER record');
    await remove(store, 'gone');
    await world.sql("DELETE FROM $t WHERE key = 'deleted'");
    await eventually(() => new Set(told).size === 3);
    expect([...new Set(told)].sort()).to.deep.equal(['a', 'deleted', 'gone']);
  });

  it('tells what was begun before its connection was lost and committed after', async () => {
    const store = world.open();
    await write(store, 'slow', '1');
    const told = await watched(store);
    const slow = world.sql(
      "DO $do$ BEGIN UPDATE $t SET value = '\\x00' WHERE key = 'slow'; PERFORM pg_sleep(3.5); END $do$",
    );
    await sleep(300);
    for (const where of ['x', 'y']) await write(store, where, '1');
    await eventually(() => told.includes(key('y')), ANNOUNCED_MS);
    await sleep(2_200);
    const down = (async () => {
      while (!told.includes(key('slow'))) {
        await cutListener();
        await sleep(400);
      }
    })();
    await slow;
    await eventually(() => told.includes(key('slow')));
    await down;
  });

  it('notices a server that is gone and back without a goodbye', async () => {
    const store = world.open();
    const told = await watched(store);
    await world.server.kill();
    await world.server.restart();
    await write(store, 'a', '1');
    await eventually(() => told.includes(key('a')));
  });

  it('goes on after the server hung', async () => {
    const store = world.open();
    const told = await watched(store);
    world.server.pause();
    await sleep(4_700);
    world.server.resume();
    await write(store, 'a', '1');
    await eventually(() => told.includes(key('a')));
  });

  it('keeps no connection once nobody listens', async () => {
    const store = world.open();
    const abort = new AbortController();
    await watched(store, abort.signal);
    const listening = async () =>
      (
        await world.server.query(
          "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_snapshot_xmin%' AND usename = 'keeper'",
        )
      ).length;
    expect(await listening()).to.equal(1);
    abort.abort();
    await eventually(async () => (await listening()) === 0);
  });

  it('fails when the first connection does, and works the next time', async () => {
    world.secrets.data['db']!['url'] = world.url.replace(String(world.server.port), '1');
    const store = world.open();
    expect(await failureOf(store.watch(() => undefined, PATIENT))).to.include({ code: 'StoreUnreachable' });
    world.secrets.data['db']!['url'] = world.url;
    await store.check(PATIENT);
    const told = await watched(store);
    await write(store, 'a', '1');
    await eventually(() => told.length === 1, ANNOUNCED_MS);
  });
});
