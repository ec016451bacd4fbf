import { expect } from 'chai';
import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { CANARY } from '../../http/api-world.ts';
import { eachInCliWorld, type CliWorld } from '../cli-world.ts';

const KEY = 'orders/DB_PASSWORD';

describe('the commands for keys', function () {
  this.timeout(20_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made));

  it('lists stores, and says why one is not Ready', async () => {
    const { code, out } = await world.run(['stores']);
    expect(code).to.equal(0);
    expect(out).to.match(
      /^NAMESPACE +NAME +TYPE +READY +KEYS +BINDINGS\nplatform +default +kubernetes +Unknown Pending/,
    );
    expect(out).to.match(/\nplatform\/default +The operator has not looked at it yet[.]\n$/);
    const { out: json } = await world.run(['stores', '-o', 'json', '--consumer=analytics'], { as: 'analytics-viewer' });
    expect((JSON.parse(json) as { items: { name: string }[] }).items.map(({ name }) => name)).to.deep.equal([
      'default',
    ]);
    expect((await world.run(['stores'], { as: 'nobody' })).out).to.equal('You see no store.\n');
  });

  it('lists groups as folders, walks, and searches', async () => {
    for (const key of ['orders/s3/ACCESS_KEY', 'a/b/c/d']) await world.api.put(key, CANARY);
    const list = async (...args: string[]): Promise<string[]> =>
      (await world.run(['list', ...args])).out.split('\n').slice(0, -1);
    expect(await list()).to.deep.equal(['a/', 'orders/', 'sales/', 'ROOT']);
    expect(await list('orders/')).to.deep.equal(['orders/s3/', KEY]);
    expect(await list('-r')).to.have.members([KEY, 'orders/s3/ACCESS_KEY', 'a/b/c/d', 'sales/TOKEN', 'ROOT']);
    expect(await list('-r', 'a')).to.deep.equal(['a/b/c/d']);
    expect(await list('--search', 'KEY')).to.deep.equal(['orders/s3/ACCESS_KEY']);
    const { out } = await world.run(['list', 'orders', '-oyaml']);
    expect(parse(out)).to.deep.equal({ items: [{ key: KEY }, { group: 'orders/s3' }] });
  });

  it('follows pages', async () => {
    for (let at = 0; at < 1_203; at += 1) await world.api.put(`many/K${at}`, 'x');
    expect((await world.run(['list', 'many'])).out.split('\n')).to.have.length(1_204);
  });

  it('writes a value as its bytes, with a line end on a terminal alone', async () => {
    expect((await world.run(['get', KEY])).out).to.equal(`${CANARY}-1`);
    expect((await world.run(['get', KEY], { terminal: true })).out).to.equal(`${CANARY}-1\n`);
    const json = JSON.parse((await world.run(['get', KEY, '-o', 'json'])).out) as object;
    expect(json).to.include({ key: KEY, value: `${CANARY}-1` });
  });

  it('keeps every byte, from standard input to standard output', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_048_576 }, (_, at) => (at * 7 + (at >> 8)) % 256));
    expect((await world.run(['set', 'orders/BIN'], { input: bytes })).code).to.equal(0);
    expect((await world.run(['get', 'orders/BIN'])).bytes.equals(bytes)).to.equal(true);
    const { out } = await world.run(['get', 'orders/BIN', '-ojson']);
    const { valueBase64 } = JSON.parse(out) as { valueBase64: string };
    expect(Buffer.from(valueBase64, 'base64').equals(bytes)).to.equal(true);
    const more = await world.run(['set', 'orders/BIN'], { input: Buffer.concat([bytes, bytes.subarray(0, 1)]) });
    expect([more.code, more.err]).to.deep.equal([
      1,
      'spark-secrets: the value is too large for the store: orders/BIN has 1048577 bytes of 1048576.\n',
    ]);
  });

  it('writes to a terminal nothing that it would act on', async () => {
    for (const value of ['\u001b[2J', 'a\rb', '\u202e', Buffer.from([0xff, 0xfe])]) {
      await world.run(['set', 'X'], { input: value });
      const { code, out, err } = await world.run(['get', 'X'], { terminal: true });
      expect([code, out]).to.deep.equal([1, '']);
      expect(err).to.match(/terminal would not show, or act on: write it to a file/);
      expect((await world.run(['get', 'X', '-ojson'], { terminal: true })).out).to.match(/^[ -~\n]+$/);
    }
    await world.run(['set', 'X'], { input: 'a\n\tb é🚀\n' });
    expect((await world.run(['get', 'X'], { terminal: true })).out).to.equal('a\n\tb é🚀\n');
  });

  it('takes a value from standard input or a file, and leaves out the line end that echo adds', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['one\n', 'one'],
      ['one\r\n', 'one'],
      ['one', 'one'],
      ['two\nlines\n', 'two\nlines\n'],
      ['\ntwo', '\ntwo'],
    ];
    for (const [given, kept] of cases) {
      const { err } = await world.run(['set', 'A'], { input: given });
      expect(err.includes('line end')).to.equal(given.length !== kept.length);
      expect((await world.run(['get', 'A'])).out).to.equal(kept);
      await world.run(['set', 'B', '-f', await world.file('value', given)]);
      expect((await world.run(['get', 'B'])).out).to.equal(kept);
      await world.run(['set', 'B', '--raw'], { input: given });
      expect((await world.run(['get', 'B'])).out).to.equal(given);
    }
    const loud = await world.run(['set', 'A', '--value', CANARY]);
    expect(loud.err).to.contain('WARNING: the value stood on the command line');
    expect(loud.out + loud.err).not.to.contain(CANARY);
    expect((await world.run(['get', 'A'])).out).to.equal(CANARY);
  });

  it('writes an empty value only when it is said', async () => {
    for (const input of ['', '\n']) {
      const { code, err } = await world.run(['set', KEY], { input });
      expect([code, err.split('\n').at(-2)]).to.deep.equal([
        1,
        'spark-secrets: the value is empty: nothing was written. With --allow-empty it would be',
      ]);
    }
    expect((await world.run(['get', KEY])).out).to.equal(`${CANARY}-1`);
    expect((await world.run(['set', KEY, '--allow-empty'])).code).to.equal(0);
    expect((await world.run(['get', KEY])).bytes).to.have.length(0);
  });

  it('creates only, or changes only a version, when that is asked for', async () => {
    const set = (input: string, ...args: string[]) => world.run(['set', 'NEW', ...args], { input });
    const created = await set('1', '--create', '-o', 'json');
    const { version } = JSON.parse(created.out) as { version: string };
    expect(JSON.parse(created.out)).to.include({ key: 'NEW', created: true });
    expect((await set('2', '--create')).code).to.equal(5);
    expect((await set('2', '--if-version', version)).out).to.match(/^NEW changed in platform\/default, version \d+\n$/);
    expect((await set('3', '--if-version', version)).code).to.equal(5);
    expect((await set('2')).out).to.match(/^NEW has that value already/);
    expect((await set('x', '--create', '--if-version', '1')).code).to.equal(2);
    expect((await world.run(['get', 'NEW'])).out).to.equal('2');
  });

  it('removes keys that are there, but not under a running application', async () => {
    await world.run(['set', 'A'], { input: 'x' });
    const { code, out, err } = await world.run(['rm', 'A', 'MISTYPED', 'ROOT']);
    expect([code, out, err]).to.deep.equal([
      4,
      'A removed from platform/default\n',
      'spark-secrets: platform/default has no key MISTYPED\n',
    ]);
    const both = await world.run(['rm', 'MISTYPED', 'ROOT', '--ignore-not-found']);
    expect(both.out).to.equal('MISTYPED was not in platform/default\nROOT removed from platform/default\n');
    world.api.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.api.drivers.push({ of: 'analytics/orders', metadata: { namespace: 'analytics', name: 'driver' } });
    const used = await world.run(['rm', KEY]);
    expect(used.code).to.equal(5);
    expect(used.err).to.contain('in use by analytics/driver (driver driver)');
    expect((await world.run(['rm', KEY, '--force'])).code).to.equal(0);
    expect((await world.run(['get', KEY])).code).to.equal(4);
  });

  it('rolls back to the version before, or to one that is named', async () => {
    for (const input of ['two', 'three']) await world.run(['set', KEY], { input });
    const { out } = await world.run(['versions', KEY]);
    const rows = out
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ +/));
    expect(rows.map(([, , current]) => current)).to.deep.equal(['current', undefined, undefined]);
    expect((await world.run(['rollback', KEY])).out).to.match(/has the value of version \d+ again, version \d+\n$/);
    expect((await world.run(['get', KEY])).out).to.equal('two');
    await world.run(['rollback', KEY, rows[2]![0]!]);
    expect((await world.run(['get', KEY])).out).to.equal(`${CANARY}-1`);
    expect((await world.run(['rollback', KEY, '9999'])).code).to.equal(4);
    expect((await world.run(['rollback', 'sales/TOKEN'])).err).to.contain('keeps no earlier version of sales/TOKEN');
  });

  it('tells who uses a key, and what was done to it', async () => {
    world.api.addBinding('analytics', 'orders', { env: [{ name: 'PASSWORD', key: KEY }] });
    const { out } = await world.run(['usage', KEY]);
    expect(out).to.match(/^BINDING +READY +GIVES IT AS\nanalytics\/orders +False +variable PASSWORD\n\nNo application/);
    expect((await world.run(['usage', 'ROOT'])).out).to.equal('No binding covers it.\n');
    await world.run(['get', KEY]);
    const audit = await world.run(['audit', KEY, '--limit', '1']);
    expect(audit.out).to.match(/^TIME .*\n\S+Z +revealValue +orders\/DB_PASSWORD +ok +owner\n$/);
    expect((await world.run(['audit', '--limit', '0'])).code).to.equal(2);
  });

  it('asks in the name of a consumer', async () => {
    const as = 'analytics-owner';
    const consumer = ['--consumer', 'analytics'];
    expect((await world.run(['list', '-r', ...consumer], { as })).out).to.equal(`${KEY}\n`);
    expect((await world.run(['get', KEY, ...consumer], { as })).out).to.equal(`${CANARY}-1`);
    const refused = await world.run(['get', 'ROOT', ...consumer, '-s', 'platform/default'], { as });
    expect([refused.code, refused.err]).to.deep.equal([
      1,
      'spark-secrets: the store does not grant this key: SecretStoreConfig platform/default does not grant ROOT to namespace analytics: its owner can add it to its spec.access.\n',
    ]);
    expect((await world.run(['rm', KEY, ...consumer], { as })).code).to.equal(0);
  });

  it('finds the store that is meant, or says which there are', async () => {
    world.api.addStore('platform', 'second');
    const unclear = await world.run(['list']);
    expect([unclear.code, unclear.err]).to.deep.equal([
      2,
      'spark-secrets: say which store with --store: platform/default, platform/second\n',
    ]);
    for (const args of [
      ['-s', 'platform/second'],
      ['-s', 'second', '-n', 'platform'],
    ])
      expect((await world.run(['list', ...args])).code).to.equal(0);
    expect((await world.run(['list'], { env: { SPARK_SECRETS_STORE: 'platform/second' } })).code).to.equal(0);
    expect((await world.run(['list', '-s', 'second'])).err).to.contain('NAMESPACE/NAME, or --namespace');
    expect((await world.run(['list', '-s', 'a/b/c'])).code).to.equal(2);
    expect((await world.run(['list', '-s', 'platform/third'])).code).to.equal(4);
    expect((await world.run(['list'], { as: 'nobody' })).err).to.contain('you see no store');
  });

  it('exports a whole store into a file of its owner alone, and replaces none unasked', async () => {
    const file = world.path('backup.yaml');
    const { code, err } = await world.run(['export', '-f', file]);
    expect([code, err]).to.deep.equal([0, `3 keys of platform/default written to ${file}.\n`]);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const text = await readFile(file, 'utf8');
    expect(parse(text)).to.deep.include({ key: KEY, value: `${CANARY}-1` });
    const reads = world.api.audited.length;
    expect((await world.run(['export', '-f', file])).err).to.contain('is there already: --force replaces it');
    expect(world.api.audited, 'nothing was read').to.have.length(reads);
    expect((await world.run(['export', 'orders', '-f', file, '--force'])).code).to.equal(0);
    expect((parse(await readFile(file, 'utf8')) as object[]).length).to.equal(1);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it('exports to standard output when that is said, and to a terminal when that is said, too', async () => {
    const args = ['export', '-f', '-', '--format', 'json'];
    expect(JSON.parse((await world.run(args)).out)).to.have.length(3);
    const refused = await world.run(args, { terminal: true });
    expect([refused.code, refused.out]).to.deep.equal([2, '']);
    expect((await world.run([...args, '--show-on-terminal'], { terminal: true })).out).to.contain(CANARY);
    expect((await world.run(['export'])).err).to.contain('say where to: -f FILE');
    expect((await world.run(['export', '-f', '-'])).err).to.contain('say which format');
  });

  it('exports all or nothing', async () => {
    const file = world.path('all.json');
    const { code, err } = await world.run(['export', '-f', file, '--consumer', 'analytics'], {
      as: 'analytics-editor',
    });
    expect([code, err]).to.deep.equal([
      1,
      'spark-secrets: analytics-editor may not get secretstoreconfigs/keys.secrets.iomete.com in namespace analytics.\n',
    ]);
    expect(await stat(file).catch(() => 'nothing')).to.equal('nothing');
    await world.run(['set', 'orders/NOT-A-NAME'], { input: 'x' });
    const env = await world.run(['export', 'orders', '-f', world.path('orders.env')]);
    expect(env.err).to.contain('orders/NOT-A-NAME is no name of a variable: export it as json or yaml');
    expect(await stat(world.path('orders.env')).catch(() => 'nothing')).to.equal('nothing');
  });

  it('says what a dotenv file has no place for', async () => {
    await world.api.put('orders/s3/KEY', 'x');
    const file = world.path('orders.env');
    const { err } = await world.run(['export', 'orders', '-f', file]);
    expect(err).to.contain('In groups below').and.contain('are 1 more: NOT in it');
    expect(await readFile(file, 'utf8')).to.equal(`DB_PASSWORD=${CANARY}-1\n`);
  });
});
