import { expect } from 'chai';
import { failureOf } from '../../support/failure.ts';
import { newKek } from './secrets.ts';
import { PATIENT, read, remove, World, write } from './world.ts';

const MANY = 450;

describe('re-wrapping', function () {
  this.timeout(20_000);
  const world = World.make();
  const names = Array.from({ length: MANY }, (_, at) => `many/K${String(at).padStart(3, '0')}`);
  const expected = (value: string) => Object.fromEntries(names.map((name) => [name, value]));

  /** Many rows under the key `first`, and some former ones; from then on `second` is the key. */
  async function fill() {
    const store = world.open();
    for (const name of names) await write(store, name, 'x');
    for (const name of names.slice(0, 5)) await write(store, name, 'y');
    for (const name of names.slice(0, 5)) await write(store, name, 'x');
    world.secrets.data['kek']!['second'] = newKek();
    return world.open({ kek: 'second' });
  }
  const underFirst = async () => {
    const [row] = await world.sql<{ present: number; former: number }>(
      "SELECT (SELECT count(*) FROM $t WHERE kek_id = 'first')::int AS present, (SELECT count(*) FROM $h WHERE kek_id = 'first')::int AS former",
    );
    return row!;
  };
  const versions = () => world.sql('SELECT key, version, value, changed FROM $t ORDER BY key');

  it('puts all rows under the new key, with value and version untouched; then the old key can go', async () => {
    const store = await fill();
    expect((await store.check(PATIENT)).message).to.include(`still under an older one: ${MANY}`);
    const before = await versions();
    expect(await underFirst()).to.deep.equal({ present: MANY, former: 10 });
    const progress: number[] = [];
    const result = await store.rewrap(PATIENT, ({ rewrapped }) => progress.push(rewrapped));
    expect(result).to.deep.equal({ rewrapped: MANY + 10, unopened: [] });
    expect(progress.length).to.be.above(2);
    expect(await underFirst()).to.deep.equal({ present: 0, former: 0 });
    expect(await versions()).to.deep.equal(before);
    delete world.secrets.data['kek']!['first'];
    const later = world.open({ kek: 'second' });
    expect(await read(later, names)).to.deep.equal(expected('x'));
    expect((await later.check(PATIENT)).message).not.to.include('older');
  });

  it('does nothing the second time', async () => {
    const store = await fill();
    await store.rewrap(PATIENT);
    expect(await store.rewrap(PATIENT)).to.deep.equal({ rewrapped: 0, unopened: [] });
  });

  it('goes on after it was interrupted, and may run twice at once', async () => {
    const store = await fill();
    const stop = new AbortController();
    const first = await failureOf(
      store.rewrap(stop.signal, () => {
        stop.abort(new Error('enough for now'));
      }),
    );
    expect(first).to.have.property('message', 'enough for now');
    const left = await underFirst();
    expect(left.present).to.be.above(0).and.below(MANY);
    const results = await Promise.all([store.rewrap(PATIENT), world.open({ kek: 'second' }).rewrap(PATIENT)]);
    const total = results.reduce((sum, { rewrapped }) => sum + rewrapped, 0);
    expect(total).to.equal(left.present + left.former);
    expect(await read(store, names)).to.deep.equal(expected('x'));
  });

  it('loses nothing that is written meanwhile', async () => {
    const store = await fill();
    const writing = (async () => {
      for (const name of names.slice(0, 200)) await write(store, name, 'new');
      await remove(store, names[449]!);
    })();
    await store.rewrap(PATIENT);
    await writing;
    const rest = names.slice(0, 449).map((name, at) => [name, at < 200 ? 'new' : 'x']);
    expect(await read(store, names)).to.deep.equal(Object.fromEntries(rest));
    await store.rewrap(PATIENT);
    expect(await underFirst()).to.deep.equal({ present: 0, former: 0 });
  });

  it('names the rows that it can not open, and leaves them as they are', async () => {
    const store = await fill();
    await world.sql("UPDATE $t SET data_key = '\\x00' WHERE key = $1", names[7]);
    await world.sql("UPDATE $t SET kek_id = 'lost' WHERE key = $1", names[300]);
    const { rewrapped, unopened } = await store.rewrap(PATIENT);
    expect(unopened).to.deep.equal([
      { key: names[7], version: '1', former: false },
      { key: names[300], version: '1', former: false },
    ]);
    expect(rewrapped).to.equal(MANY + 10 - 2);
    expect(await read(store, [names[7]!, names[8]!])).to.deep.equal({
      [names[7]!]: 'ValueUnreadable',
      [names[8]!]: 'x',
    });
  });

  it('is for stores that seal', async () => {
    const error = await failureOf(world.open({ kek: null, allowPlaintext: true }).rewrap(PATIENT));
    expect(error).to.include({ code: 'CredentialsMissing' });
  });
});
