import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorError } from '../../../operator/errors.ts';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { PATIENT, read, World, write } from './world.ts';

const within = (ms: number) => AbortSignal.timeout(ms);

describe('a database that fails', function () {
  this.timeout(20_000);
  const world = World.make();
  const connections = async () => {
    const [row] = await world.server.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'keeper'",
    );
    return row!.count;
  };

  it('is read at once after its connections were cut, also those that are in use', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    await Promise.all(Array.from({ length: 8 }, () => read(store, ['a'])));
    expect(await world.server.cutConnections('keeper')).to.be.above(1);
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    await world.server.cutConnections('keeper');
    await sleep(50);
    await write(store, 'a', '2');
    expect(await read(store, ['a'])).to.deep.equal({ a: '2' });
  });

  it('loses nothing to connections that are cut all the time', async () => {
    const store = world.open();
    const done = new AbortController();
    const cutting = (async () => {
      while (!done.signal.aborted) await world.server.cutConnections('keeper');
    })();
    const written: string[] = [];
    for (let at = 0; at < 40; at += 1)
      await write(store, `K${at}`, String(at)).then(
        () => written.push(`K${at}`),
        (error: unknown) => {
          expect(error).to.include({ code: 'StoreUnreachable' });
        },
      );
    done.abort();
    await cutting;
    await sleep(50);
    expect(await read(store, written)).to.deep.equal(Object.fromEntries(written.map((name) => [name, name.slice(1)])));
  });

  it('is told of while it is down, and used again as soon as it is back', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    await world.server.stop();
    for (const call of [
      () => read(store, ['a']),
      () => write(store, 'a', '2'),
      () => store.ping(PATIENT),
      () => store.check(PATIENT),
    ]) {
      const error = await failureOf(call());
      expect(error).to.include({ code: 'StoreUnreachable' });
      expect((error as Error).message).to.include('nothing listens at its address');
    }
    await world.server.restart();
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    await write(store, 'a', '2');
  });

  it('is used again after it crashed', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    await world.server.kill();
    await world.server.restart();
    await eventually(async () => {
      expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    }, 5_000);
  });

  it('that hangs lets go of its callers when they say so, with their reason', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    world.server.pause();
    try {
      const startedAt = performance.now();
      const calls = {
        read: (signal: AbortSignal) => read(store, ['a'], signal),
        write: (signal: AbortSignal) => write(store, 'a', '2', signal),
        ping: (signal: AbortSignal) => store.ping(signal),
        check: (signal: AbortSignal) => store.check(signal),
      };
      const failures = Object.values(calls).map((call) => failureOf(call(within(300))));
      for (const failure of await Promise.all(failures)) expect(failure).to.have.property('name', 'TimeoutError');
      expect(performance.now() - startedAt).to.be.below(3_500);
    } finally {
      world.server.resume();
    }
    expect(await read(store, ['a'], within(5_000))).to.have.property('a');
  });

  it('that hangs is let go of when the store is closed', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    const pending = [failureOf(read(store, ['a'])), failureOf(store.watch(() => undefined, PATIENT))];
    world.server.pause();
    try {
      pending.push(failureOf(read(store, ['a'])));
      const startedAt = performance.now();
      await store.close();
      expect(performance.now() - startedAt).to.be.below(3_000);
    } finally {
      world.server.resume();
    }
    await Promise.allSettled(pending);
    await eventually(async () => (await connections()) === 0);
  });

  it('is asked over a few connections only, and the others wait their turn', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    let most = 0;
    const done = new AbortController();
    const counting = (async () => {
      while (!done.signal.aborted) most = Math.max(most, await connections());
    })();
    const answers = await Promise.all(Array.from({ length: 300 }, () => read(store, ['a'])));
    done.abort();
    await counting;
    expect(answers.every(({ a }) => a === '1')).to.be.true;
    expect(most).to.be.above(1).and.at.most(4);
  });

  it('whose connections are all busy is told as such, and used again afterwards', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    const locked = world.sql('DO $do$ BEGIN LOCK TABLE $t; PERFORM pg_sleep(6); END $do$');
    await sleep(200);
    const waiting = Array.from({ length: 6 }, () =>
      read(store, ['a']).catch((error: unknown) => error as OperatorError),
    );
    const answers = (await Promise.all(waiting)).map((answer) => (answer instanceof Error ? answer.message : answer));
    expect(answers.filter((answer) => typeof answer === 'string')).to.have.length(2);
    expect(answers.find((answer) => typeof answer === 'string')).to.include('all of its connections are busy');
    await locked;
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
  });

  it('never gets a second chance to be empty: tables that are gone are no keys that are gone', async () => {
    const store = world.open();
    await write(store, 'a', '1');
    await world.sql('ALTER TABLE $t RENAME TO away');
    const error = await failureOf(read(store, ['a']));
    expect(error).to.include({ code: 'StoreUnreachable' });
    expect((error as Error).message).to.include('its tables are gone: restore them');
    await world.sql('ALTER TABLE away RENAME TO $t');
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
  });
});
