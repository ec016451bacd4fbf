import { expect } from 'chai';
import { key } from '../../support/keys.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import type { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import { newKek } from './secrets.ts';
import { PATIENT, remove, World, write } from './world.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('earlier values in the database', function () {
  this.timeout(20_000);
  const world = World.make();

  const listed = async (store: DatabaseStore, where: string) =>
    (await store.history.versions(key(where), PATIENT)).map(({ version, current }) =>
      current ? `${version}*` : version,
    );
  const textAt = async (store: DatabaseStore, where: string, version: string) =>
    (await store.history.readVersion(key(where), version, PATIENT))?.value.reveal().toString();

  it('are twenty of each key, and the present one', async () => {
    const store = world.open();
    for (let nth = 1; nth <= 25; nth += 1) await write(store, 'a', String(nth));
    const expected = Array.from({ length: 21 }, (_, nth) => String(25 - nth));
    expect(await listed(store, 'a')).to.deep.equal(['25*', ...expected.slice(1)]);
    expect(await textAt(store, 'a', '5')).to.equal('5');
    expect(await textAt(store, 'a', '4')).to.be.undefined;
  });

  it('leave removals out, whose numbers have no value', async () => {
    const store = world.open();
    await write(store, 'a', 'one');
    await remove(store, 'a');
    await write(store, 'a', 'three');
    await remove(store, 'a');
    expect(await listed(store, 'a')).to.deep.equal(['3', '1']);
    for (const version of ['2', '4']) expect(await textAt(store, 'a', version), version).to.be.undefined;
    expect(await textAt(store, 'a', '3')).to.equal('three');
  });

  it('are kept of a key whose row was deleted by SQL', async () => {
    const store = world.open();
    await write(store, 'a', 'one');
    await world.sql("DELETE FROM $t WHERE key='a'");
    expect(await listed(store, 'a')).to.deep.equal(['1']);
    expect(await textAt(store, 'a', '1')).to.equal('one');
  });

  it('name a former row that was put back once, as the present one', async () => {
    const store = world.open();
    for (const value of ['one', 'two']) await write(store, 'a', value);
    await world.sql(
      "UPDATE $t a SET version=h.version, data_key=h.data_key, value=h.value FROM $h h WHERE a.key='a' AND h.key='a'",
    );
    expect(await listed(store, 'a')).to.deep.equal(['2', '1*']);
    expect(await textAt(store, 'a', '1')).to.equal('one');
  });

  it('open with the key that they were sealed with, also after another one is named, and after a re-wrap', async () => {
    await write(world.open(), 'a', 'one');
    world.secrets.data['kek']!['second'] = newKek();
    const store = world.open({ kek: 'second' });
    await write(store, 'a', 'two');
    expect(await textAt(store, 'a', '1')).to.equal('one');
    await store.rewrap(PATIENT);
    delete world.secrets.data['kek']!['first'];
    const later = world.open({ kek: 'second' });
    expect(await textAt(later, 'a', '1')).to.equal('one');
    expect(await listed(later, 'a')).to.deep.equal(['2*', '1']);
  });

  it('that do not open are told as unreadable, without a value', async () => {
    const store = world.open();
    for (const value of [HIDDEN, 'two']) await write(store, 'a', value);
    await world.sql("UPDATE $h SET value=set_byte(value, 30, (get_byte(value, 30) + 1) % 256) WHERE key='a'");
    const error = await failureOf(store.history.readVersion(key('a'), '1', PATIENT));
    expect(error).to.include({ code: 'ValueUnreadable' });
    expect(seenOf(error)).not.to.include(HIDDEN);
  });

  it('of another key do not open under this one', async () => {
    const store = world.open();
    for (const where of ['a', 'b']) for (const value of ['one', 'two']) await write(store, where, `${where} ${value}`);
    await world.sql(
      "UPDATE $h a SET data_key=b.data_key, value=b.value FROM $h b WHERE a.key='a' AND b.key='b' AND a.version=b.version",
    );
    expect(await failureOf(store.history.readVersion(key('a'), '1', PATIENT))).to.include({ code: 'ValueUnreadable' });
  });
});
