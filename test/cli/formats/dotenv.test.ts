import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dotenvLine, parseDotenv } from '../../../cli/formats/dotenv.ts';
import { CommandProblem } from '../../../cli/problem.ts';
import { NASTY_VALUES, randomTexts } from '../../injection/nasty-values.ts';

const TEXTS = [
  ...Object.values(NASTY_VALUES),
  ...randomTexts(400, 11),
  ...[
    `it's "quoted" \`so\``,
    "a'b\nc",
    'it\'s\r\n\\n\\\n$x "`',
    "'",
    '"',
    '`',
    '\\',
    "\\'",
    "x'\\n",
    "$HOME '$(id)'",
    '#',
    ' # x',
    'a #b',
    '=',
    '',
  ],
  ...['🚀', '\ufeff', '\r\n', '\t', ' lead', 'trail ', 'export A=1\nB=2', "'\u2028"],
].filter((text) => text.isWellFormed() && !text.includes('\0'));

describe('a dotenv file', () => {
  const read = (text: string): [string, string][] =>
    parseDotenv(text).map(({ key, value }) => [key, value.reveal().toString('utf8')]);

  it('gives back every text that was written', () => {
    const text = TEXTS.map((value, at) => dotenvLine(`K${at}`, value)).join('');
    expect(read(text)).to.deep.equal(TEXTS.map((value, at) => [`K${at}`, value]));
  });

  it('means the same to a shell', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dotenv-'));
    try {
      const lines = TEXTS.map((value, at) => dotenvLine(`K${at}`, value)).join('');
      const print = TEXTS.map((_, at) => `printf '%s\\0' "$K${at}"\n`).join('');
      await writeFile(join(folder, 'run.sh'), `${lines}${print}`);
      const { stdout } = await promisify(execFile)('bash', [join(folder, 'run.sh')], { env: {}, timeout: 20_000 });
      expect(stdout.split('\0').slice(0, -1)).to.deep.equal(TEXTS);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is read as people write it', () => {
    const text = [
      '\ufeff# a comment',
      '',
      'PLAIN=value',
      '  export INDENTED = spaced out  # comment',
      'HASH=a#b',
      'AT_ONCE=#b',
      'NOTHING=',
      'NOTHING_MORE= # comment',
      "SINGLE='it is $HOME\\n' # comment",
      'DOUBLE="a\\n\\t\\"b\\" \\$HOME \\x \\\\n"',
      'BACKTICK=`it\'s "so"`',
      'LINES="one',
      '# no comment',
      'two"',
      "WITH.DOT-AND_DASH='x'",
      'URL=postgres://u:p@h/d?sslmode=require',
      'REFERENCE=${HOME}/x',
    ].join('\r\n');
    expect(read(text)).to.deep.equal([
      ['PLAIN', 'value'],
      ['INDENTED', 'spaced out'],
      ['HASH', 'a#b'],
      ['AT_ONCE', '#b'],
      ['NOTHING', ''],
      ['NOTHING_MORE', ''],
      ['SINGLE', 'it is $HOME\\n'],
      ['DOUBLE', 'a\n\t"b" $HOME \\x \\n'],
      ['BACKTICK', 'it\'s "so"'],
      ['LINES', 'one\r\n# no comment\r\ntwo'],
      ['WITH.DOT-AND_DASH', 'x'],
      ['URL', 'postgres://u:p@h/d?sslmode=require'],
      ['REFERENCE', '${HOME}/x'],
    ]);
  });

  const wrong: Readonly<Record<string, [string, string]>> = {
    'a line that is no variable': ['A=1\n\ncanary\n', 'line 3 is neither NAME=value nor a comment'],
    'a name that is none': ['A/canary=1', 'line 1 is neither NAME=value nor a comment'],
    'a quote that is open': ['A=1\nB="canary\nC=2\n', 'line 2: the quote is not closed'],
    'a quote that is escaped at the end': ['A="canary\\"', 'line 1: the quote is not closed'],
    'words behind a quote': ["A=1\nB='x\n' canary\n", 'line 3: something follows the closing quote'],
  };
  for (const [name, [text, message]] of Object.entries(wrong)) {
    it(`refuses ${name}, by its line and without it`, () => {
      expect(() => parseDotenv(text))
        .to.throw(CommandProblem, message)
        .with.property('message')
        .not.contain('canary');
    });
  }

  it('reads a value of a mebibyte at once', () => {
    for (const letter of ['a', '\\', '"', "'", '\n']) {
      const value = `x'${letter.repeat(1_048_000)}`;
      expect(read(dotenvLine('BIG', value))[0]?.[1] === value, letter).to.equal(true);
    }
  });

  it('never takes longer than the text is long', () => {
    const text = `A="${'\\"'.repeat(500_000)}`;
    expect(() => parseDotenv(text)).to.throw('not closed');
  });
});
