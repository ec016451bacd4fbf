import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { shellCommands } from '../../operator/injection/shell-words.ts';

function texts(script: string): (string | undefined)[][] {
  return shellCommands(script).map((words) => words.map(({ text }) => text));
}

/** What bash itself makes of words that depend on nothing. */
function wordsOfBash(script: string): string[] {
  const printed = `printf '%s\\0' ${script}`;
  const { stdout, status } = spawnSync('bash', ['--norc', '-c', printed], { encoding: 'utf8', timeout: 10_000 });
  expect(status, script).to.equal(0);
  return stdout.split('\0').slice(0, -1);
}

describe('words of a shell’s script', () => {
  const plain = [
    'a b  c',
    "--conf 'spark.a=b c' x",
    '--conf "spark.a=b c" x',
    '--conf spark.a="b"\'c\'d',
    String.raw`a\ b \"c\" "d\"e\$f\\g\h" '\'i`,
    'a \\\n  b\\\nc "d\\\ne"',
    '\'\' "" x',
    "a# b#c '#d'",
    'k=v= ==',
    '\tx\t',
    '\'several\nlines\' "more\nlines"',
    "'$(x) ${y} `z`' \"'\" '\"'",
  ];
  for (const script of plain) {
    it(`are those of bash: ${JSON.stringify(script)}`, () => {
      expect(texts(script)).to.deep.equal([wordsOfBash(script)]);
    });
  }

  const more: Record<string, [string, (string | undefined)[][]]> = {
    'leave a reference as it is': ['a ${secrets.K} "x${secrets.g/K}y"', [['a', '${secrets.K}', 'x${secrets.g/K}y']]],
    'leave an escaped reference as it is': ['\\${secrets.K}', [['${secrets.K}']]],
    'know no text of what depends on variables': [
      '$A ${B} "c$D" ${E:-${F}} $1 $? x$$',
      [[undefined, undefined, undefined, undefined, undefined, undefined, undefined]],
    ],
    'know no text of what depends on commands, however nested': [
      'a $(b "$(c ")" d)" (e)) `f g` "$(h \')\')" i',
      [['a', undefined, undefined, undefined, 'i']],
    ],
    "know no text of bash's own quotes": ['$\'a\' $"b"', [[undefined, undefined]]],
    'keep a dollar that means nothing': ['a$ $ "b$"', [['a$', '$', 'b$']]],
    'are apart by command': ['a b; c && d | e\nf & g', [['a', 'b'], ['c'], ['d'], ['e'], ['f'], ['g']]],
    'leave comments out': ['a # b ; c\nd', [['a'], ['d']]],
    'go on after redirections and parentheses': ['(a > b) 2>&1', [['a'], ['b'], ['2'], ['1']]],
    'come to an end when a quote does not': ['a "b', [['a', 'b']]],
    'come to an end when a command does not': ['a $(b "c', [['a', undefined]]],
    'are none of nothing': [' \n ; # x', []],
  };
  for (const [sentence, [script, expected]] of Object.entries(more)) {
    it(sentence, () => {
      expect(texts(script)).to.deep.equal(expected);
    });
  }

  it('are found in what is nested deeper than a stack is deep, in a moment', function () {
    this.timeout(2000);
    const depth = 300_000;
    const nested = `${'$('.repeat(depth)}${')'.repeat(depth)}`;
    expect(texts(`a ${nested} b`)).to.deep.equal([['a', undefined, 'b']]);
    expect(texts(`a ${'"$('.repeat(depth)}`)).to.deep.equal([['a', undefined]]);
  });

  it('tell where they stand', () => {
    const script = 'x  --conf "a=$(b c)" \\\n tail';
    const words = shellCommands(script).flat();
    expect(words.map(({ start, end }) => script.slice(start, end))).to.deep.equal(words.map(({ raw }) => raw));
    expect(words.map(({ raw }) => raw)).to.deep.equal(['x', '--conf', '"a=$(b c)"', 'tail']);
  });
});
