import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../../operator/errors.ts';
import { CANARY } from '../../http/api-world.ts';
import { key } from '../../support/keys.ts';
import { eachInCliWorld, type CliWorld, type Ran } from '../cli-world.ts';

interface Reported {
  readonly counts: Readonly<Record<string, number>>;
  readonly notBegun?: number;
  readonly results: readonly { readonly key: string; readonly outcome: string; readonly why?: string }[];
}

describe('import', function () {
  this.timeout(20_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made));

  const value = async (name: string): Promise<string> => (await world.run(['get', name])).out;
  const reported = ({ out }: Ran): Reported => JSON.parse(out) as Reported;
  const outcomes = (ran: Ran): Record<string, string> =>
    Object.fromEntries(reported(ran).results.map(({ key: name, outcome }) => [name, outcome]));

  it('writes what is not there, leaves what is, and says it of each key', async () => {
    const file = await world.file('.env', `A=1\nDB_PASSWORD=other\nB='two\nlines'\n`);
    const { code, out } = await world.run(['import', file, '--group', 'orders']);
    expect(out).to.equal(
      `created                    orders/A
different there, and left  orders/DB_PASSWORD
created                    orders/B
platform/default: 2 created, 1 different there, and left.
What is there stays as it is: --overwrite would replace what is different, --skip-existing would not look.
`,
    );
    expect(code).to.equal(3);
    expect([await value('orders/B'), await value('orders/DB_PASSWORD')]).to.deep.equal(['two\nlines', `${CANARY}-1`]);
    const again = await world.run(['import', file, '--group', 'orders', '-o', 'json']);
    expect(outcomes(again)).to.deep.equal({
      'orders/A': 'same',
      'orders/DB_PASSWORD': 'different',
      'orders/B': 'same',
    });
  });

  it('overwrites, or skips, when that is said', async () => {
    const file = await world.file('x.yaml', `ROOT: new\nsales: {TOKEN: ${CANARY}-2}\nNEW: x\n`);
    const skipped = await world.run(['import', file, '--skip-existing', '-ojson']);
    expect([skipped.code, outcomes(skipped)]).to.deep.equal([
      0,
      { ROOT: 'skipped', 'sales/TOKEN': 'skipped', NEW: 'created' },
    ]);
    const written = await world.run(['import', file, '--overwrite', '-ojson']);
    expect([written.code, outcomes(written)]).to.deep.equal([
      0,
      { ROOT: 'overwritten', 'sales/TOKEN': 'same', NEW: 'same' },
    ]);
    expect(await value('ROOT')).to.equal('new');
    expect((await world.run(['import', file, '--overwrite', '--skip-existing'])).code).to.equal(2);
  });

  it('writes nothing in a dry run, and tells the same', async () => {
    const file = await world.file('x.json', JSON.stringify({ ROOT: 'new', 'sales/TOKEN': `${CANARY}-2`, NEW: 'x' }));
    for (const flags of [[], ['--overwrite'], ['--skip-existing']]) {
      const before = await world.run(['export', '-f', '-', '--format', 'json']);
      const planned = await world.run(['import', file, '--dry-run', '-ojson', ...flags]);
      expect((await world.run(['export', '-f', '-', '--format', 'json'])).out).to.equal(before.out);
      const done = await world.run(['import', file, '-ojson', ...flags]);
      expect(outcomes(planned)).to.deep.equal(outcomes(done));
      expect(planned.code).to.equal(done.code);
      await world.run(['rm', 'NEW']);
      await world.run(['set', 'ROOT'], { input: `${CANARY}-3` });
    }
    expect((await world.run(['import', file, '--dry-run'])).out)
      .to.contain('would be created')
      .and.contain('dry run');
  });

  it('checks everything before it writes anything', async () => {
    const file = await world.file('x.yaml', 'A: x\nB: 1\n');
    const { code, err } = await world.run(['import', file]);
    expect([code, err]).to.deep.equal([1, `spark-secrets: ${file}: B is no text: put its value in quotes\n`]);
    expect((await world.run(['get', 'A'])).code).to.equal(4);
    expect((await world.run(['import'])).code).to.equal(2);
    expect((await world.run(['import', await world.file('x.txt', '')])).err).to.contain('say which format');
    expect((await world.run(['import', await world.file('y.env', '# nothing')])).err).to.contain(
      'there is no key in it',
    );
  });

  it('takes no file that is in another encoding than UTF-8', async () => {
    const utf16 = Buffer.from(`\ufeffA=${CANARY}\n`, 'utf16le');
    const latin = Buffer.from(`A=${CANARY}\u00fc\n`, 'latin1');
    for (const content of [utf16, latin]) {
      const file = await world.file('prod.env', content);
      const { code, out, err } = await world.run(['import', file]);
      expect([code, out]).to.deep.equal([1, '']);
      expect(err).to.equal(
        `spark-secrets: ${file} is not in UTF-8: convert it (iconv -t UTF-8), or give what is no text as valueBase64 in JSON or YAML\n`,
      );
      const piped = await world.run(['import', '-', '--format', 'dotenv'], { input: content });
      expect([piped.code, piped.err.includes('- is not in UTF-8')]).to.deep.equal([1, true]);
    }
    const marked = await world.file('marked.env', '\ufeffMARKED=ü\n');
    expect((await world.run(['import', marked])).code).to.equal(0);
    expect(await value('MARKED')).to.equal('ü');
  });

  it('goes on after a key that the store does not take, and says so', async () => {
    const file = await world.file('x.json', JSON.stringify({ A: 'a', BIG: 'x'.repeat(1_048_577), C: 'c' }));
    const ran = await world.run(['import', file, '-ojson']);
    expect(ran.code).to.equal(1);
    expect(outcomes(ran)).to.deep.equal({ A: 'created', BIG: 'failed', C: 'created' });
    expect(reported(ran).results[1]?.why).to.contain('too large');
    expect((await world.run(['import', file])).out).to.match(/^FAILED +BIG +the value is too large.*\n/m);
  });

  it('ends at once where every key would fail, and says what was not begun', async () => {
    const file = await world.file('x.json', JSON.stringify(Object.fromEntries(many(50).map((name) => [name, 'x']))));
    const ran = await world.run(['import', file, '-ojson'], { as: 'viewer' });
    expect(ran.code).to.equal(1);
    const { results, notBegun } = reported(ran);
    expect(results.length).to.be.below(6);
    expect(notBegun).to.equal(50 - results.length);
    expect(results[0]?.why).to.contain('viewer may not create secretstoreconfigs/keys');
    expect((await world.run(['import', file], { as: 'viewer' })).out).to.match(
      /ended before its time, 4\d not begun[.]/,
    );
  });

  it('tells an editor, who may not read, what could not be compared', async () => {
    const file = await world.file('x.json', JSON.stringify({ ROOT: 'x', NEW: 'x' }));
    const ran = await world.run(['import', file, '-ojson'], { as: 'editor' });
    expect([ran.code, outcomes(ran)]).to.deep.equal([3, { ROOT: 'uncompared', NEW: 'created' }]);
  });

  it('stops when it is interrupted, tells how far it came, and goes on when it is run again', async () => {
    const names = many(60);
    const file = await world.file('x.json', JSON.stringify(Object.fromEntries(names.map((name) => [name, 'x']))));
    const interrupt = new AbortController();
    void world.api.values.watch(() => {
      if (world.api.audited.length > 20) interrupt.abort();
    }, new AbortController().signal);
    const ran = await world.run(['import', file, '-ojson'], { signal: interrupt.signal });
    expect(ran.code).to.equal(130);
    const { counts, notBegun = 0, results } = reported(ran);
    expect(counts['failed']).to.equal(0);
    expect(counts['created']).to.be.within(20, 59);
    expect(results.length + notBegun).to.equal(60);
    const again = reported(await world.run(['import', file, '-ojson'])).counts;
    expect([again['same'], again['created']]).to.deep.equal([counts['created'], notBegun]);
  });

  it('brings back what export wrote, whatever it holds', async () => {
    const values: Readonly<Record<string, string | Buffer>> = {
      'a/QUOTES': `it's "so" \`\\n\` $HOME`,
      'a/LINES': 'one\r\ntwo\n\n',
      'a/EMOJI': '🚀 Größe\u2028',
      'b/BIN': Buffer.from([0, 255, 254, 10]),
      'b/BIG': 'é'.repeat(524_288),
    };
    for (const [name, input] of Object.entries(values)) await world.run(['set', name, '--raw'], { input });
    for (const [file, group] of [
      ['all.yaml', ''],
      ['all.json', ''],
      ['a.env', 'a'],
    ] as const) {
      await world.run(['export', ...(group === '' ? [] : [group]), '-f', world.path(file)]);
      const names = Object.keys(values).filter((name) => name.startsWith(group));
      await world.run(['rm', ...names]);
      expect((await world.run(['import', world.path(file), '-g', group])).code, file).to.equal(0);
      for (const name of names)
        expect((await world.run(['get', name])).bytes.equals(Buffer.from(values[name]!)), `${file} ${name}`).to.equal(
          true,
        );
    }
    expect((await readFile(world.path('a.env'), 'utf8')).startsWith("EMOJI='🚀")).to.equal(true);
  });

  it('ends when the store fails, and says how', async () => {
    world.api.values.failure = new OperatorError('AuthenticationFailed');
    const file = await world.file('x.json', JSON.stringify(Object.fromEntries(many(50).map((name) => [name, 'x']))));
    const ran = await world.run(['import', file, '-ojson']);
    const { results, notBegun, counts } = reported(ran);
    expect([ran.code, counts['failed']]).to.deep.equal([1, results.length]);
    expect(results.length).to.be.within(4, 7);
    expect(notBegun).to.equal(50 - results.length);
    expect(results[0]?.why).to.equal('the store refuses the operator.');
    world.api.values.failure = undefined;
    expect(await world.api.values.readMany([key('many/K0')], new AbortController().signal)).to.have.property('size', 0);
  });

  it('ends when the API is gone', async () => {
    const file = await world.file('x.json', JSON.stringify(Object.fromEntries(many(50).map((name) => [name, 'x']))));
    void world.api.values.watch(() => {
      if (world.api.written.length === 20) void world.api.stop();
    }, new AbortController().signal);
    const ran = await world.run(['import', file, '-ojson']);
    const { results, notBegun = 0, counts } = reported(ran);
    expect([ran.code, results.length + notBegun]).to.deep.equal([1, 50]);
    expect(counts['created']).to.be.within(18, 30);
    expect(counts['failed']).to.be.within(1, 4);
    expect(results.find(({ outcome }) => outcome === 'failed')?.why).to.match(/does not answer/);
    expect(notBegun).to.be.above(0);
  });
});

function many(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `many/K${at}`);
}
