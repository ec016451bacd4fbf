import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CANARY } from '../bindings.ts';
import { readWithJava } from '../java-properties.ts';
import { randomTexts } from '../nasty-values.ts';
import { describeInShells, executor, reference, type MergeInput } from './shells.ts';

const LABEL = 'spark.label=x';
const BINDING = {
  'b.properties': `${LABEL}\n`,
  'b.regex': '|^spark[.]label$',
  'b.references': reference('A', 'one'),
  'b.executors': executor('A', 's', 'A'),
};

/** A file that was written by hand, and the same in canonical form. */
const WRITTEN: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'key and value with a space between': ['spark.a b\n', ['spark.a=b']],
  'any separator': [
    'spark.a=b\nspark.c: d\nspark.e\t\f f\nspark.g = h',
    ['spark.a=b', 'spark.c=d', 'spark.e=f', 'spark.g=h'],
  ],
  'separators in the value': ['spark.a b=c\nspark.d==\nspark.e = : f', ['spark.a=b=c', 'spark.d==', 'spark.e=: f']],
  'spaces before and behind': ['  \t spark.a   b c  \n', ['spark.a=b c  ']],
  'no value': ['spark.a\nspark.b=\nspark.c  \n', ['spark.a=', 'spark.b=', 'spark.c=']],
  comments: ['# x=y \\\n! x=y\n  #z\nspark.a # no comment\n\n\n', ['spark.a=# no comment']],
  'continued lines': [
    'spark.a b,\\\n    c,\\\r\n\td\nspark.e f\\\\\nspark.g h\\\\\\\n  i\n',
    ['spark.a=b,c,d', 'spark.e=f\\\\', 'spark.g=h\\\\i'],
  ],
  'a continued key': ['spa\\\n  rk.a b\n', ['spark.a=b']],
  'a continued line that looks like a comment': ['spark.a b\\\n#c\n', ['spark.a=b#c']],
  'a continued line that is empty': ['spark.a b\\\n\nspark.c d\n', ['spark.a=b', 'spark.c=d']],
  'a comment after a lone backslash': ['\\\n# x\nspark.a b\n', ['spark.a=b']],
  'a last line that is continued': ['spark.a b\\', ['spark.a=b']],
  'lines of Windows and of an old Mac': [
    'spark.a b\r\n\r\nspark.c d\rspark.e f\r',
    ['spark.a=b', 'spark.c=d', 'spark.e=f'],
  ],
  'needless escapes': ['spark\\.\\a \\$\\{b\\}\\\\\\"\\ü\n', ['spark.a=${b}\\\\"\u00c3\u00bc']],
  'escapes that matter': [
    'spark.a\\ b\\=c\\:d \\ x\\t\\n\\r\\f\\u00e9\\u0041\n',
    ['spark.a\\ b\\=c\\:d=\\ x\\t\\n\\r\\f\\u00e9\\u0041'],
  ],
  'a name in other letters': ['\\u0073park\\u002Ea\\u003d\\u005c\\u00e9 b\n', ['spark.a\\=\\\\\\u00e9=b']],
  'bytes that are not ASCII': [
    'spark.größe ключ\n',
    ['spark.gr\u00c3\u00b6\u00c3\u009fe=\u00d0\u00ba\u00d0\u00bb\u00d1\u008e\u00d1\u0087'],
  ],
  'a name twice': ['spark.a b\nspark.c d\nspark.a e\n', ['spark.a=e', 'spark.c=d']],
  'escaped spaces of every kind': ['spark.a\\\tb\\\f \\\tc\n', ['spark.a\\\tb\\\f=\\\tc']],
  references: [
    'spark.a x${secrets.A}y\nspark.executorEnv.X   ${secrets.A} \n',
    ['spark.a=xoney', 'spark.kubernetes.executor.secretKeyRef.X=s\\:A'],
  ],
  'a reference over two lines': ['spark.a ${secr\\\n   ets.A}\n', ['spark.a=one']],
};

describeInShells('spark-defaults.conf', ({ folder, run, merge, lines, refusal }) => {
  const defaults = (text: string): MergeInput => ({
    mode: 'defaults',
    conf: { 'spark-defaults.conf': text },
    after: BINDING,
  });

  for (const [sentence, [text, expected]] of Object.entries(WRITTEN)) {
    it(`may have ${sentence}`, () => {
      expect(lines(defaults(text))).to.deep.equal([...expected, LABEL]);
    });
  }

  it('means to java.util.Properties what it meant', () => {
    const texts = [...randomTexts(400, 3), ...randomTexts(400, 4)].map((text) => text.replaceAll(/\0|\\u/g, ''));
    const text = texts.map((part, at) => (at % 2 === 0 ? `\nspark.${at}${part}` : part)).join('');
    const meant = readWithJava(text).values;
    const { values } = readWithJava(merge(defaults(text)));
    expect(meant.size).to.be.above(200);
    expect([...values.keys()]).to.have.members([...meant.keys(), 'spark.label', 'spark.redaction.regex']);
    expect([...meant].filter(([name, value]) => values.get(name) !== value)).to.be.empty;
  });

  it("gives way to the command line, and extends the command line's redaction regex", () => {
    const extra = 'spark.a=c\nspark.redaction.regex=x\\:y';
    const { values } = readWithJava(merge({ ...defaults('spark.a b\nspark.redaction.regex z\n'), extra }));
    expect(Object.fromEntries(values)).to.deep.equal({
      'spark.a': 'c',
      'spark.label': 'x',
      'spark.redaction.regex': '^spark[.]label$|x:y',
    });
  });

  it('may have a long value full of backslashes, as JSON in JSON is', () => {
    const unit = String.raw`{\\"a\\":\\"b\\"}`;
    const begun = performance.now();
    expect(lines(defaults(`spark.a ${String.raw`{\\"a\\":\\"b\\"\}`.repeat(30_000)}\n`))[0]).to.equal(
      `spark.a=${unit.repeat(30_000)}`,
    );
    expect(performance.now() - begun).to.be.below(10_000);
  });

  it('need not exist, nor its folder', () => {
    expect(lines({ mode: 'defaults', after: BINDING, extra: 'spark.x=${secrets.A}' })).to.deep.equal([
      'spark.x=one',
      LABEL,
    ]);
    expect(lines({ mode: 'defaults', conf: { 'log4j2.properties': 'x' }, after: BINDING })).to.deep.equal([LABEL]);
  });

  it('is found in the folder conf of SPARK_HOME where nothing names another', () => {
    const input = defaults('spark.a b\n');
    expect(lines({ ...input, env: { SPARK_CONF_DIR: '', SPARK_HOME: folder() } })).to.deep.equal(['spark.a=b', LABEL]);
  });

  it('comes with all that is in its folder, as a ConfigMap shows it, and with nothing else', () => {
    const { folder: conf } = mountedConfigMap(folder());
    const { status, stderr, out } = run({ mode: 'defaults', after: BINDING, env: { SPARK_CONF_DIR: conf } });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(contents(join(out, '..'))).to.deep.equal({
      '.hidden': 'h',
      '-n x.xml': 'dash',
      'spark-env.sh': 'export A=b\n',
      'nested/deep/file': 'f',
      'nested/link': 'f',
      'spark-defaults.conf': `spark.a=b\n${LABEL}\nspark.redaction.regex=^spark[.]label$|(?i)secret|password|token|access[.]?key|credential\n# end\n`,
    });
    expect(statSync(join(out, '..', 'spark-env.sh')).mode & 0o777).to.equal(0o644);
  });

  it('is written again when the container starts again', () => {
    const { folder: conf } = mountedConfigMap(folder());
    const input = { mode: 'defaults', after: BINDING, env: { SPARK_CONF_DIR: conf } } as const;
    expect(merge(input).equals(merge(input))).to.be.true;
  });

  it('leaves no file of its own where it fails', () => {
    const said = refusal({ ...defaults(`spark.a=${CANARY}\${secrets.missing}\n`) });
    expect(said).to.include('${secrets.missing}').and.not.include(CANARY);
    expect(readdirSync(join(folder(), 'out', 'conf'))).to.deep.equal([]);
  });

  for (const name of ['spark-defaults.conf', 'core-site.xml', 'nested/x.xml']) {
    it(`needs leave to read ${name}, or says that it has none`, () => {
      const root = process.getuid?.() === 0;
      writeTree(folder(), { [`conf/${name}`]: CANARY, 'out/x': '' });
      chmodSync(join(folder(), 'conf', name), 0o000);
      chmodSync(join(folder(), 'out'), 0o777);
      chmodSync(folder(), 0o755);
      const said = refusal({ mode: 'defaults', after: BINDING, ...(root ? { uid: 65_534 } : {}) });
      expect(said)
        .to.include(`/conf/${name.split('/')[0]!}\n`)
        .and.include('spark-secrets: can not')
        .and.not.include(CANARY);
    });
  }

  it('needs leave to list its folder', () => {
    writeTree(folder(), { 'conf/log4j2.properties': CANARY, 'out/x': '' });
    chmodSync(join(folder(), 'conf'), 0o311);
    chmodSync(join(folder(), 'out'), 0o777);
    chmodSync(folder(), 0o755);
    const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const said = refusal({ mode: 'defaults', after: BINDING, ...uid });
    chmodSync(join(folder(), 'conf'), 0o755);
    expect(said).to.equal(`spark-secrets: can not read ${folder()}/conf\n`);
  });

  it('knows no other mode', () => {
    expect(refusal({ ...defaults(''), env: { MODE: 'default' } })).to.equal(
      'spark-secrets: there is no mode default\n',
    );
    expect(existsSync(join(folder(), 'out', 'conf'))).to.be.false;
  });
});

/** A folder as the kubelet mounts a ConfigMap, with a nested folder beside. */
function mountedConfigMap(parent: string): { folder: string } {
  const folder = join(parent, 'mounted');
  writeTree(folder, {
    '..2026_01_31/spark-defaults.conf': 'spark.a b',
    '..2026_01_31/spark-env.sh': 'export A=b\n',
    'nested/deep/file': 'f',
    '.hidden': 'h',
    '-n x.xml': 'dash',
  });
  symlinkSync('..2026_01_31', join(folder, '..data'));
  for (const name of ['spark-defaults.conf', 'spark-env.sh']) symlinkSync(`..data/${name}`, join(folder, name));
  symlinkSync('deep/file', join(folder, 'nested', 'link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  return { folder };
}

function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function contents(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  expect(entries.every((entry) => entry.isFile())).to.be.true;
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}
