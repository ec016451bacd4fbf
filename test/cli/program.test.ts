import { expect } from 'chai';
import { COMMANDS } from '../../cli/commands.ts';
import { run } from '../../cli/program.ts';
import { silentIo } from './silent-io.ts';

async function ran(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = silentIo();
  return { code: await run(args, io), out: io.out(), err: io.err() };
}

describe('the command line', () => {
  it('shows all commands, and exits with 0', async () => {
    for (const args of [[], ['help'], ['--help'], ['-h']]) {
      const { code, out, err } = await ran(...args);
      expect([code, err]).to.deep.equal([0, '']);
      for (const { name, summary } of COMMANDS) expect(out).to.contain(`  ${name}`).and.contain(summary);
    }
  });

  for (const { name, options, examples } of COMMANDS)
    it(`shows the help of ${name}, with its options and examples`, async () => {
      const { code, out } = await ran(name, '--help');
      expect(code).to.equal(0);
      expect(out).to.match(new RegExp(`^spark-secrets ${name} `));
      for (const option of Object.keys(options)) expect(out).to.contain(`--${option}`);
      expect(examples.length).to.be.above(0);
      for (const [line] of examples) expect(out).to.contain(`spark-secrets ${line}`);
      expect(out.split('\n').filter((line) => line.length > 160)).to.deep.equal([]);
      expect(await ran('help', name)).to.deep.equal(await ran(name, '-h'));
    });

  it('has options that mean the same everywhere', () => {
    const letters = new Map<string, string>();
    for (const { name, options } of COMMANDS)
      for (const [long, { short }] of Object.entries(options)) {
        if (short === undefined || name === 'explain') continue;
        expect(letters.get(short) ?? long, `-${short} of ${name}`).to.equal(long);
        letters.set(short, long);
      }
  });

  it('says what is wrong with what was typed, without repeating what may be a value', async () => {
    const table: readonly (readonly [readonly string[], string])[] = [
      [['gte', 'x'], 'there is no command gte: stores, list, get,'],
      [['help', 'gte'], 'there is no command gte'],
      [['get'], 'get wants KEY: see spark-secrets get --help'],
      [['set', 'A', 'canary'], 'set takes KEY, and 2 were given'],
      [['set', 'A=canary'], 'this is not the form of a key'],
      [['set', 'A', '--pasword=canary'], "Unknown option '--pasword': see spark-secrets set --help"],
      [['stores', '-o', 'xml'], '--output is one of table, json, yaml'],
      [['completion', 'tcsh'], 'completion takes one of bash, zsh, fish'],
      [['list', 'a//b'], 'this is not the form of a group'],
      [['list', '--search', ''], '--search wants some text'],
      [['get', 'A', '--server', 'http://127.0.0.1'], '--server is https://HOST:PORT'],
      [['get', 'A', '--server', 'canary'], '--server is https://HOST:PORT'],
      [['get', 'A', '--token-file', 'x', '--as-account', 'n/a'], 'give one of --token-file and --as-account'],
      [['get', 'A', '--as-account', 'a'], '--as-account is NAMESPACE/NAME'],
      [['copy', 'a/b'], 'copy wants FROM TO'],
    ];
    for (const [args, message] of table) {
      const { code, out, err } = await ran(...args);
      expect([code, out], args.join(' ')).to.deep.equal([2, '']);
      expect(err)
        .to.match(/^spark-secrets: .*\n$/)
        .and.contain(message);
      expect(err).not.to.contain('canary');
    }
  });

  it('takes options from the environment, and the command line before it', async () => {
    const env = { SPARK_SECRETS_SERVER: 'http://from.env', SPARK_SECRETS_CA_FILE: '/nowhere' };
    const io = silentIo({ env });
    expect(await run(['stores'], io)).to.equal(1);
    expect(io.err()).to.contain("/nowhere can't be read (ENOENT)");
  });
});
