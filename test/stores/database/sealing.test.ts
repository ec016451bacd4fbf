import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { failureOf } from '../../support/failure.ts';
import { newKek } from './secrets.ts';
import { PATIENT, problemOf, read, remove, World, write } from './world.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('values in the database', function () {
  this.timeout(20_000);
  const world = World.make();

  it('are nowhere in a dump of it: not as they are, in base64 or in hex', async () => {
    const store = world.open();
    await write(store, 'orders/a', HIDDEN);
    await write(store, 'orders/a', `${HIDDEN}-later`);
    await write(store, 'orders/gone', HIDDEN);
    await remove(store, 'orders/gone');
    const dump = await world.server.dump('keeper');
    expect(dump).to.include('orders/a').and.include('orders/gone');
    for (const encoding of ['utf8', 'base64', 'hex', 'latin1'] as const)
      expect(dump.toLowerCase()).not.to.include(
        Buffer.from(HIDDEN).toString(encoding).replace(/=+$/, '').toLowerCase(),
      );
    for (const kek of Object.values(world.secrets.data['kek']!)) expect(dump).not.to.include(kek);
  });

  it('have a data key and a nonce of their own each', async () => {
    const store = world.open();
    for (const where of ['a', 'b']) await write(store, where, HIDDEN);
    const [{ values, keys }] = (await world.sql(
      'SELECT count(DISTINCT value)::int AS values, count(DISTINCT data_key)::int AS keys FROM $t',
    )) as [{ values: number; keys: number }];
    expect({ values, keys }).to.deep.equal({ values: 2, keys: 2 });
  });

  const tampering = {
    'a row that was copied over another':
      "UPDATE $t a SET sealing=b.sealing, kek_id=b.kek_id, data_key=b.data_key, value=b.value FROM $t b WHERE a.key='a' AND b.key='b'",
    'a row that was copied over another with its version':
      "UPDATE $t a SET version=b.version, kek_id=b.kek_id, data_key=b.data_key, value=b.value FROM $t b WHERE a.key='a' AND b.key='b'",
    'a value that was copied without its data key':
      "UPDATE $t a SET value=b.value FROM $t b WHERE a.key='a' AND b.key='b'",
    'an old version put back under a newer number':
      "UPDATE $t a SET version=a.version+1, data_key=h.data_key, value=h.value FROM $h h WHERE a.key='a' AND h.key='a'",
    'a row whose version was changed': "UPDATE $t SET version=version+1 WHERE key='a'",
    'a row that was renamed':
      "WITH gone AS (DELETE FROM $t WHERE key='a' RETURNING *) INSERT INTO $t (key, version, sealing, kek_id, data_key, value) SELECT 'moved', version, sealing, kek_id, data_key, value FROM gone",
    'a changed byte of the value':
      "UPDATE $t SET value=set_byte(value, 30, (get_byte(value, 30) + 1) % 256) WHERE key='a'",
    'a changed byte of the data key':
      "UPDATE $t SET data_key=set_byte(data_key, 40, (get_byte(data_key, 40) + 1) % 256) WHERE key='a'",
    'a value that was cut short': "UPDATE $t SET value=substr(value, 1, 20) WHERE key='a'",
    'a data key that is missing': "UPDATE $t SET data_key=NULL WHERE key='a'",
  };
  for (const [what, statement] of Object.entries(tampering)) {
    it(`do not open after ${what}; the others do`, async () => {
      const store = world.open();
      await write(store, 'a', 'former');
      for (const where of ['a', 'b', 'c']) await write(store, where, HIDDEN);
      await write(store, 'b', `${HIDDEN}-b`);
      await world.sql(statement);
      const where = what.includes('renamed') ? 'moved' : 'a';
      expect(await read(store, [where, 'c'])).to.deep.equal({ [where]: 'ValueUnreadable', c: HIDDEN });
      expect((await problemOf(store, where)).message).to.include(`${where} holds what was not sealed for this key`);
    });
  }

  it('can be written over where they do not open', async () => {
    const store = world.open();
    const before = await write(store, 'a', HIDDEN);
    await world.sql("UPDATE $t SET value = value || '\\x00' WHERE key = 'a'");
    expect(await write(store, 'a', HIDDEN)).not.to.equal(before);
    expect(await read(store, ['a'])).to.deep.equal({ a: HIDDEN });
  });

  describe('the key-encryption key', () => {
    it('may be 32 bytes as they are, or base64 with a line break', async () => {
      const raw = randomBytes(32);
      world.secrets.data['kek'] = { first: raw };
      await write(world.open(), 'a', HIDDEN);
      world.secrets.data['kek'] = { first: `${raw.toString('base64')}\n` };
      expect(await read(world.open(), ['a'])).to.deep.equal({ a: HIDDEN });
    });

    const wrong = {
      'is not in its Secret': [{ other: newKek() }, 'Secret kek has no key first'],
      'is too short': [
        { first: randomBytes(16) },
        'key first of Secret kek must hold a key-encryption key of 32 bytes',
      ],
      'is a passphrase': [{ first: 'correct horse battery staple' }, 'openssl rand -base64 32'],
      'is base64 of too much': [
        { first: randomBytes(33).toString('base64') },
        'must hold a key-encryption key of 32 bytes',
      ],
      'has no Secret': [undefined, 'create Secret kek'],
    } as const;
    for (const [what, [data, message]] of Object.entries(wrong)) {
      it(`is told of when it ${what}`, async () => {
        if (data === undefined) delete world.secrets.data['kek'];
        else world.secrets.data['kek'] = data;
        const store = world.open();
        for (const call of [() => store.check(PATIENT), () => write(store, 'a', HIDDEN), () => read(store, ['a'])]) {
          const error = await failureOf(call());
          expect(error).to.include({ code: 'CredentialsMissing' });
          expect((error as Error).message).to.include(message);
        }
        expect(await world.sql('SELECT key FROM $t')).to.deep.equal([]);
      });
    }

    it('of a row may be one that the Secret no longer has: that key alone is not readable, and it is said which', async () => {
      await write(world.open(), 'old', HIDDEN);
      world.secrets.data['kek'] = { second: newKek() };
      const store = world.open({ kek: 'second' });
      await write(store, 'new', HIDDEN);
      expect(await read(store, ['old', 'new'])).to.deep.equal({ old: 'ValueUnreadable', new: HIDDEN });
      expect((await problemOf(store, 'old')).message).to.include(
        'Secret kek does not have: put the data key first back',
      );
    });

    it('may be one that was added by another replica a moment ago', async () => {
      const store = world.open();
      await write(store, 'a', HIDDEN);
      world.secrets.data['kek']!['second'] = newKek();
      await write(world.open({ kek: 'second' }), 'a', `${HIDDEN}-2`);
      await store.check(PATIENT);
      expect(await read(store, ['a'])).to.deep.equal({ a: `${HIDDEN}-2` });
    });

    it('that lies in the Secret under another name opens nothing by its bytes alone', async () => {
      const { first } = world.secrets.data['kek']!;
      await write(world.open(), 'a', HIDDEN);
      world.secrets.data['kek'] = { first: newKek(), second: first! };
      expect(await read(world.open(), ['a'])).to.deep.equal({ a: 'ValueUnreadable' });
      await world.sql("UPDATE $t SET kek_id = 'second'");
      expect(await read(world.open(), ['a'])).to.deep.equal({ a: 'ValueUnreadable' });
    });
  });

  describe('in clear', () => {
    it('are stored and read where that is allowed, and marked as such', async () => {
      const store = world.open({ kek: null, allowPlaintext: true });
      await write(store, 'a', HIDDEN);
      expect(await read(store, ['a'])).to.deep.equal({ a: HIDDEN });
      expect(await world.sql('SELECT sealing, kek_id FROM $t')).to.deep.equal([{ sealing: 'none', kek_id: null }]);
      expect((await store.check(PATIENT)).message).to.include('in clear');
    });

    it('are refused by a store that seals, whoever put them there', async () => {
      const store = world.open();
      await write(store, 'a', HIDDEN);
      await world.sql(
        "UPDATE $t SET sealing = 'none', kek_id = NULL, data_key = NULL, value = 'forged' WHERE key = 'a'",
      );
      expect(await read(store, ['a'])).to.deep.equal({ a: 'ValueUnreadable' });
      expect((await problemOf(store, 'a')).message).to.include('stored in clear');
    });

    it('are read by a store that seals and allows them, and sealed when they are written again', async () => {
      await write(world.open({ kek: null, allowPlaintext: true }), 'a', HIDDEN);
      const store = world.open({ allowPlaintext: true });
      expect(await read(store, ['a'])).to.deep.equal({ a: HIDDEN });
      expect((await store.check(PATIENT)).message).to.include('keys in clear: 1');
      await write(store, 'a', HIDDEN);
      expect(await read(world.open(), ['a'])).to.deep.equal({ a: HIDDEN });
    });

    it('are neither written nor read by a store that names no key and has no leave', async () => {
      await write(world.open({ kek: null, allowPlaintext: true }), 'clear', HIDDEN);
      const store = world.open({ kek: null });
      expect(await failureOf(write(store, 'a', HIDDEN))).to.include({ code: 'CredentialsMissing' });
      expect(await read(store, ['a', 'clear'])).to.deep.equal({ clear: 'ValueUnreadable' });
    });

    it('are no reason to read sealed ones without a key', async () => {
      await write(world.open(), 'sealed', HIDDEN);
      await write(world.open({ kek: null, allowPlaintext: true }), 'clear', HIDDEN);
      expect(await read(world.open({ kek: null, allowPlaintext: true }), ['sealed', 'clear'])).to.deep.equal({
        sealed: 'ValueUnreadable',
        clear: HIDDEN,
      });
    });

    it('get the next version when SQL changes them', async () => {
      const store = world.open({ kek: null, allowPlaintext: true });
      await write(store, 'a', '1');
      await world.sql("UPDATE $t SET value = '2' WHERE key = 'a'");
      await world.sql("INSERT INTO $t (key, value) VALUES ('b', 'new')");
      expect(await read(store, ['a', 'b'])).to.deep.equal({ a: '2', b: 'new' });
      expect(await world.sql('SELECT key, version FROM $t ORDER BY key')).to.deep.equal([
        { key: 'a', version: '2' },
        { key: 'b', version: '1' },
      ]);
    });
  });

  describe('their versions', () => {
    it('go on over a removal, also one by SQL', async () => {
      const store = world.open();
      const versions = [await write(store, 'a', '1')];
      await remove(store, 'a');
      versions.push(await write(store, 'a', '1'));
      await world.sql("DELETE FROM $t WHERE key = 'a'");
      expect(await read(store, ['a'])).to.deep.equal({});
      versions.push(await write(store, 'a', '1'));
      expect(new Set(versions)).to.have.property('size', 3);
      expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    });

    it('are kept, twenty former ones of each key', async () => {
      const store = world.open();
      for (let at = 1; at <= 25; at += 1) await write(store, 'a', String(at));
      const rows = await world.sql<{ version: string }>("SELECT version FROM $h WHERE key = 'a' ORDER BY version");
      expect(rows.map(({ version }) => Number(version))).to.deep.equal(Array.from({ length: 20 }, (_, at) => at + 5));
    });
  });
});
