import { expect } from 'chai';
import { failureOf } from '../../support/failure.ts';
import { PATIENT, read, watched, World, write } from './world.ts';

describe('TLS to the database', function () {
  this.timeout(20_000);
  const world = World.make();
  let ca: string;
  before(async () => {
    ca = await world.server.enableTls('127.0.0.1');
  });
  const opened = (mode: string, more: Record<string, string> = {}) => {
    world.secrets.data['db'] = { url: `${world.url}?sslmode=${mode}`, ...more };
    return world.open();
  };

  it('works with its CA beside the URL, and all connections are encrypted', async () => {
    const store = opened('require', { 'ca.crt': ca });
    await watched(store);
    await write(store, 'a', '1');
    expect(await read(store, ['a'])).to.deep.equal({ a: '1' });
    const kinds = await world.server.query(
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'keeper'",
    );
    expect(kinds).to.deep.equal([{ ssl: true }]);
  });

  it('refuses a certificate that nobody vouches for, and says what to do', async () => {
    const error = await failureOf(read(opened('require'), ['a']));
    expect(error).to.include({ code: 'StoreUnreachable' });
    expect((error as Error).message).to.include('put its CA under ca.crt in the Secret of the URL');
  });

  it('checks nothing only when that is asked for in so many words', async () => {
    expect(await read(opened('no-verify'), ['a'])).to.deep.equal({});
  });

  it('refuses a certificate of another host', async () => {
    const other = await world.server.enableTls('192.0.2.1');
    const error = await failureOf(read(opened('verify-full', { 'ca.crt': other }), ['a']));
    expect((error as Error).message).to.include('its certificate is for another host');
  });

  it('takes up a new CA at the next check', async () => {
    const store = opened('verify-full', { 'ca.crt': ca });
    await failureOf(store.check(PATIENT));
    world.secrets.data['db']!['ca.crt'] = await world.server.enableTls('127.0.0.1');
    expect((await store.check(PATIENT)).ready).to.be.true;
  });

  it('says so when the server speaks none', async () => {
    await world.server.query('ALTER SYSTEM SET ssl = off');
    await world.server.restart();
    const error = await failureOf(read(opened('require', { 'ca.crt': ca }), ['a']));
    expect((error as Error).message).to.include('does not speak TLS');
  });
});
