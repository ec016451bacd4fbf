import { expect } from 'chai';
import { OperatorError } from '../../../operator/errors.ts';
import { RequestBudget } from '../../../operator/stores/request-budget.ts';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { Secrets } from './secrets.ts';
import { PATIENT, read, World, write } from './world.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('logging in to the database', function () {
  this.timeout(20_000);
  const world = World.make();
  const setUrl = (url: string) => {
    world.secrets.data['db']!['url'] = url;
  };
  let users = 0;

  /** A user with these rights, and no others, on the table that the owner made. */
  async function userWith(grants: readonly string[]): Promise<Secrets> {
    const user = `user_${++users}`;
    await world.server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'their-password'`);
    await write(world.open(), 'a', '1');
    for (const grant of grants) await world.sql(`GRANT ${grant} TO ${user}`);
    const secrets = new Secrets(world.url.replace('keeper:right-password', `${user}:their-password`));
    secrets.data['kek'] = world.secrets.data['kek']!;
    return secrets;
  }

  const refused = {
    'a wrong password': [(url: string) => url.replace('right-password', 'wrong-password'), 'user or password'],
    'an unknown user': [(url: string) => url.replace('keeper:', 'nobody:'), 'user or password'],
    'an unknown database': [
      (url: string) => url.replace(/keeper$/, 'elsewhere'),
      'database that the connection URL names',
    ],
  } as const;
  for (const [what, [change, message]] of Object.entries(refused)) {
    it(`with ${what} fails as such, and works as soon as the Secret is right`, async () => {
      setUrl(change(world.url));
      const store = world.open();
      for (const call of [() => store.check(PATIENT), () => read(store, ['a']), () => store.ping(PATIENT)]) {
        const error = await failureOf(call());
        expect(error).to.include({ code: 'AuthenticationFailed' });
        expect((error as Error).message).to.include(message);
        for (const secret of ['wrong-password', 'right-password', 'nobody', '127.0.0.1', 'elsewhere', 'postgresql://'])
          expect(seenOf(error)).not.to.include(secret);
      }
      setUrl(world.url);
      await write(store, 'a', '1');
      expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    });
  }

  it('goes on with a password that was changed on both sides, without a failure', async () => {
    await world.server.query("CREATE ROLE rotated LOGIN PASSWORD 'one'");
    await world.server.query('GRANT keeper TO rotated');
    setUrl(world.url.replace('keeper:right-password', 'rotated:one'));
    const store = world.open();
    await write(store, 'a', '1');
    setUrl(world.url.replace('keeper:right-password', 'rotated:two'));
    await world.server.query("ALTER ROLE rotated PASSWORD 'two'");
    await world.server.cutConnections('rotated');
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
  });

  it('moves to another database when a check finds another URL, and leaves none of the connections before', async () => {
    const store = world.open();
    await write(store, 'a', 'here');
    setUrl(await world.server.createDatabase('moved', 'pw'));
    expect((await store.check(PATIENT)).keys).to.equal(0);
    expect(await read(store, ['a'])).to.deep.equal({});
    await eventually(async () => {
      const left = await world.server.query("SELECT FROM pg_stat_activity WHERE usename = 'keeper'");
      return left.length === 0;
    });
  });

  it('says which key of which Secret is missing', async () => {
    delete world.secrets.data['db']!['url'];
    const error = await failureOf(read(world.open(), ['a']));
    expect(error).to.include({ code: 'CredentialsMissing' });
    expect((error as Error).message).to.include('Secret db has no key url');
  });

  it('leaves other kinds of databases alone', () => {
    expect(() => world.open({ client: 'mysql2' })).to.throw(
      OperatorError,
      'client mysql2 is not yet supported: use pg',
    );
  });

  describe('as a user without the right to make tables', () => {
    const all = ['SELECT, INSERT, UPDATE ON $t', 'SELECT, INSERT, UPDATE, DELETE ON $h', 'SELECT ON $t_migrations'];

    it('reads, writes, removes and watches', async () => {
      const store = world.open({}, await userWith(all));
      const told: string[] = [];
      await store.watch((keys) => told.push(...keys), PATIENT);
      await write(store, 'a', '2');
      await write(store, 'b', '1');
      await store.remove(key('b'), { signal: PATIENT });
      expect(await read(store, ['a', 'b'])).to.deep.equal({ a: '2' });
      expect((await store.check(PATIENT)).ready).to.be.true;
      await write(store, 'a', '3');
      expect(new Set(told)).to.deep.equal(new Set(['a', 'b']));
    });

    it('that may only read, reads; a write says what to grant', async () => {
      const store = world.open({}, await userWith(['SELECT ON $t', 'SELECT ON $h', 'SELECT ON $t_migrations']));
      expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
      const error = await failureOf(write(store, 'a', HIDDEN));
      expect(error).to.include({ code: 'AuthenticationFailed' });
      expect((error as Error).message).to.include(`GRANT SELECT, INSERT, UPDATE ON "${world.table}"`);
    });

    for (const missing of all) {
      it(`says what to grant when ${missing} is missing`, async () => {
        const store = world.open({}, await userWith(all.filter((grant) => grant !== missing)));
        const error = await failureOf(write(store, 'a', HIDDEN));
        expect(error).to.include({ code: 'AuthenticationFailed' });
        const named = missing.replaceAll('$t', world.table).replaceAll('$h', `${world.table}_history`);
        expect((error as Error).message).to.include(`GRANT ${named.replace(/ON (.*)/, 'ON "$1"')}`);
        expect(seenOf(error)).not.to.include(HIDDEN).and.not.include('their-password');
      });
    }

    it('says so when there are no tables', async () => {
      const secrets = await userWith([]);
      const error = await failureOf(read(world.open({ table: 'never_made' }, secrets), ['a']));
      expect(error).to.include({ code: 'AuthenticationFailed' });
      expect((error as Error).message).to.include('GRANT CREATE ON SCHEMA');
    });
  });

  describe('making the tables', () => {
    it('is done once, however many stores begin at the same time', async () => {
      const stores = Array.from({ length: 5 }, () => world.open());
      await Promise.all(stores.map((store, at) => write(store, `K${at}`, '1')));
      expect((await stores[0]!.check(PATIENT)).keys).to.equal(5);
      expect(await world.sql('SELECT name FROM "$t_migrations"')).to.deep.equal([{ name: '0001-tables' }]);
    });

    it('is not stuck after one that was killed half-way', async () => {
      // It comes to where it makes the table, and waits there for a transaction that made one of that name.
      const blocker = world.sql('DO $do$ BEGIN CREATE TABLE $t (); PERFORM pg_sleep(60); END $do$');
      blocker.catch(() => undefined);
      const abandoned = world.open();
      const written = write(abandoned, 'a', '1');
      written.catch(() => undefined);
      await eventually(async () => {
        const [row] = await world.server.query<{ count: number }>(
          "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE%'",
        );
        return row!.count === 1;
      });
      await Promise.all([world.server.cutConnections('keeper'), abandoned.close()]);
      await write(world.open(), 'b', '1');
      expect(await read(world.open(), ['a', 'b'])).to.deep.equal({ b: '1' });
    });

    it('keeps two tables of one database apart, whatever the length of their names', async () => {
      const long = 'x'.repeat(62);
      const names = ['short', 'Short', `${long}a`, `${long}b`];
      for (const table of names) await write(world.open({ table }), 'a', table);
      for (const table of names) {
        const store = world.open({ table });
        const told: string[] = [];
        await store.watch((keys) => told.push(...keys), PATIENT);
        expect(await read(store, ['a'])).to.deep.equal({ a: table });
        await write(store, 'a', `${table}-2`);
        expect((await store.check(PATIENT)).keys).to.equal(1);
      }
    });

    it('leaves a table alone that somebody else made under that name', async () => {
      await world.sql('CREATE TABLE $t (key text, value text)');
      await world.sql("INSERT INTO $t VALUES ('a', 'theirs')");
      const error = await failureOf(read(world.open(), ['a']));
      expect((error as Error).message).to.include("tables of that name that are not the operator's");
      expect(await world.sql('SELECT * FROM $t')).to.deep.equal([{ key: 'a', value: 'theirs' }]);
    });

    it('leaves rows of one table unreadable in another', async () => {
      await write(world.open(), 'a', HIDDEN);
      await read(world.open({ table: 'other' }), ['a']);
      await world.sql(
        'INSERT INTO other (key, version, sealing, kek_id, data_key, value) SELECT key, version, sealing, kek_id, data_key, value FROM $t',
      );
      expect(await read(world.open({ table: 'other' }), ['a'])).to.deep.equal({ a: 'ValueUnreadable' });
    });
  });

  it('asks once for many keys, and as often as its budget allows', async () => {
    const store = world.open({ budget: new RequestBudget({ perSecond: 1, burst: 2 }) });
    await read(
      store,
      Array.from({ length: 1_000 }, (_, at) => `K${at}`),
    );
    await read(store, ['a']);
    const signal = AbortSignal.timeout(200);
    expect(await failureOf(read(store, ['a'], signal))).to.have.property('name', 'TimeoutError');
    await store.ping(PATIENT);
  });
});
