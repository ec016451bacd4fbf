import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MERGE_SCRIPT } from '../../operator/injection/merge-script.ts';
import { escapeProperty } from '../../operator/injection/properties.ts';
import { redactionRegex } from '../../operator/injection/redaction.ts';
import { CANARY, contentOf, spec } from './bindings.ts';
import { readWithJava } from './java-properties.ts';
import { describeInShells, type MergeInput } from './merge-script/shells.ts';
import { NASTY_VALUES, randomTexts } from './nasty-values.ts';

/** What Spark itself writes at the top. */
const STORED =
  '#Java properties built from Kubernetes config map with name: spark-drv-1-conf-map\n#Sat Jan 31 00:00:00 UTC 2026\n';
const DEFAULT_REGEX = '(?i)secret|password|token|access[.]?key|credential';

describeInShells('merge script', ({ folder, run, merge }) => {
  it('brings every value through, as java.util.Properties reads it', () => {
    const stored = Object.fromEntries(
      [...Object.values(NASTY_VALUES), ...randomTexts(300, 7)].map((text, at) => [`k${at}`, `<${text}>`]),
    );
    const sparkConf = Object.keys(stored).map((name) => ({ name: `spark.v.${name}`, key: name }));
    const { data } = contentOf(spec({ sparkConf }), stored);
    const source = `${STORED}spark.app.name=größe\nspark.own=a\\=b\n`;
    const after = { 's.properties': data['spark.properties']!, 's.regex': data['redaction.regex']! };
    const { values } = readWithJava(merge({ source, after }));
    expect(Object.entries(stored).filter(([name, value]) => values.get(`spark.v.${name}`) !== value)).to.be.empty;
    expect(values.get('spark.own')).to.equal('a=b');
    expect(values.get('spark.app.name')).to.equal('größe');
    expect(values.get('spark.kubernetes.executor.label.secrets.iomete.com/injected')).to.equal('true');
    expect(values.size).to.equal(sparkConf.length + 4);
  });

  it('lets the binding win over the job, and the job over a binding whose precedence is Pod', () => {
    const { values } = readWithJava(
      merge({
        source: `${STORED}spark.a=job\nspark.b=job\nspark.c=job`,
        before: { 'p.properties': 'spark.a=pod\nspark.d=pod\nspark.b=pod', 'p.regex': '' },
        after: { 'b.properties': 'spark.b=binding', 'b.regex': '' },
      }),
    );
    expect(Object.fromEntries(values)).to.deep.equal({
      'spark.a': 'job',
      'spark.b': 'binding',
      'spark.c': 'job',
      'spark.d': 'pod',
      'spark.redaction.regex': DEFAULT_REGEX,
    });
  });

  it("leaves an executor's variable to the job where that has precedence", () => {
    const lines = ['A', 'B', 'AB']
      .map((name) => escapeProperty(`spark.kubernetes.executor.secretKeyRef.${name}`, `s:${name}`))
      .join('\n');
    const { values } = readWithJava(
      merge({
        source: 'spark.executorEnv.A=own\nspark.executorEnv.C=/d;p\nspark.executorEnv.odd.name=x\n',
        before: { 'p.properties': `${lines}\n`, 'p.regex': '' },
      }),
    );
    expect([...values.keys()].filter((name) => name.includes('secretKeyRef'))).to.have.members([
      'spark.kubernetes.executor.secretKeyRef.B',
      'spark.kubernetes.executor.secretKeyRef.AB',
    ]);
  });

  it("takes an executor's variable from a binding that has precedence, and the job's own away: PySpark would prefer it", () => {
    const { values } = readWithJava(
      merge({
        source: 'spark.executorEnv.A=own\nspark.executorEnv.AB=kept\nspark.executorEnv.B=kept\n',
        after: { 'p.properties': 'spark.kubernetes.executor.secretKeyRef.A=s\\:A\n' },
      }),
    );
    expect(values.get('spark.kubernetes.executor.secretKeyRef.A')).to.equal('s:A');
    expect([...values.keys()].filter((name) => name.includes('executorEnv'))).to.have.members([
      'spark.executorEnv.AB',
      'spark.executorEnv.B',
    ]);
  });

  const api = { SPARK_SECRETS_API_URL: 'https://operator.ns.svc:8443', SPARK_SECRETS_API_CA: 'MIIB+/A= MIIC==' };
  const after = { 'b.properties': 'spark.x=y\n' };
  const told = (input: MergeInput) =>
    Object.fromEntries([...readWithJava(merge({ after, ...input })).values].filter(([name]) => name.includes('_API_')));

  it('tells executors where the API is, as the driver is told', () => {
    const expected = Object.fromEntries(
      Object.entries(api).map(([name, value]) => [`spark.executorEnv.${name}`, value]),
    );
    expect(told({ source: 'spark.a=b\n', env: api })).to.deep.equal(expected);
    expect(told({ mode: 'defaults', conf: {}, env: api })).to.deep.equal(expected);
    expect(told({ source: 'spark.a=b\n' })).to.deep.equal({});
  });

  for (const name of Object.keys(api)) {
    it(`leaves that to a job which sets ${name} for its executors: both belong together`, () => {
      const own = `spark.executorEnv.${name}`;
      expect(told({ source: `${own}=own\n`, env: api })).to.deep.equal({ [own]: 'own' });
      expect(told({ source: 'spark.a=b\n', extra: `${own}=own\n`, env: api })).to.deep.equal({ [own]: 'own' });
    });
  }

  const regexes: Record<string, [string, string]> = {
    'that of Spark where the job has none': ['spark.x=y\n', DEFAULT_REGEX],
    "the job's own": [
      escapeProperty('spark.redaction.regex', '(?i)foo\\.bar|x:y=z #!%s\\\\'),
      '(?i)foo\\.bar|x:y=z #!%s\\\\',
    ],
    'the last of two': ['spark.redaction.regex=one\nspark.redaction.regex=two\n', 'two'],
    'one that is empty': ['spark.redaction.regex=\n', ''],
  };
  for (const [sentence, [source, expected]] of Object.entries(regexes)) {
    it(`extends the redaction regex: ${sentence}`, () => {
      const { data } = contentOf(
        spec({
          sparkConf: [
            { name: 'spark.hadoop.my.id', key: 'a' },
            { name: 'spark.c.d', key: 'a' },
          ],
        }),
        { a: 'x' },
      );
      const after = {
        '1.properties': data['spark.properties']!,
        '1.regex': data['redaction.regex']!,
        '2.properties': 'my.id=as Hadoop has it\nmyXid=no\nspark.c.d.e=no\n',
        '2.regex': '|^spark[.]second$\n',
      };
      const { values, redacted } = readWithJava(merge({ source, after }));
      const added = '^spark[.]c[.]d$|^(?:spark[.]hadoop[.])?my[.]id$|^spark[.]second$';
      expect(values.get('spark.redaction.regex')).to.equal(`${added}|${expected}`);
      expect([...redacted]).to.include.members(['spark.hadoop.my.id', 'my.id', 'spark.c.d']);
      if (expected !== '') expect([...redacted]).not.to.include.members(['myXid', 'spark.c.d.e']);
    });
  }

  const open: Record<string, string> = {
    'with a comment at its end': '(?x) my[A-Z]id # (what is ours',
    'with a quotation that nothing ends': String.raw`myX\Qid`,
    'that refers to its groups': String.raw`(?i)([mn])y(x)id|(.)\3\3`,
  };
  for (const [sentence, regex] of Object.entries(open)) {
    it(`extends a redaction regex ${sentence}, and both find what they found`, () => {
      const { redacted } = readWithJava(
        merge({
          source: `${escapeProperty('spark.redaction.regex', regex)}\nmyXid=a\nmyxid=b\naaab=c\nspark.hadoop.hid=d\n`,
          after: { '1.properties': 'spark.b=c\n', '1.regex': redactionRegex(['spark.b', 'spark.hadoop.hid']) },
        }),
      );
      const more = sentence.startsWith('that') ? ['myxid', 'aaab'] : [];
      expect([...redacted]).to.have.members(['myXid', 'spark.b', 'spark.hadoop.hid', ...more]);
    });
  }

  it('writes a file that the user of the driver can read, whole or not at all', () => {
    const before = process.umask(0o077);
    try {
      const { out } = run({ source: 'spark.a=b\n', after: { 'b.properties': 'spark.x=y\n' } });
      expect(statSync(out).mode & 0o777).to.equal(0o644);
      expect(existsSync(`${out}.tmp`)).to.be.false;
    } finally {
      process.umask(before);
    }
  });

  it('writes the same again when it runs again', () => {
    const files = { source: 'spark.a=b\n', after: { 'b.properties': 'spark.x=y\n', 'b.regex': '|^spark[.]x$' } };
    const first = merge(files);
    rmSync(join(folder(), 'after'), { recursive: true });
    expect(merge(files).equals(first)).to.be.true;
  });

  const failures: Record<string, [MergeInput, RegExp]> = {
    'there is no properties file of the job': [
      { after: { 'b.properties': `spark.x=${CANARY}\n` } },
      /can not read the properties file of the job/,
    ],
    'there is a folder in place of that file': [
      { env: { SRC: '/' }, after: { 'b.properties': `spark.x=${CANARY}\n` } },
      /can not read the properties file of the job, [/]\n$/,
    ],
    'there is nothing of a binding': [{ source: `spark.x=${CANARY}\n`, after: {} }, /found no properties of a binding/],
  };
  for (const [sentence, [files, message]] of Object.entries(failures)) {
    it(`fails where ${sentence}, and says so without a value`, () => {
      const { status, stderr, out } = run(files);
      expect(status).to.equal(1);
      expect(stderr).to.match(message).and.not.include(CANARY);
      expect(existsSync(out)).to.be.false;
    });
  }

  const obstacles: Record<string, (path: string) => void> = {
    'can not be opened': (path) => mkdirSync(join(path, 'x'), { recursive: true }),
    'runs out of space': (path) => {
      symlinkSync('/dev/full', path);
    },
  };
  for (const [sentence, block] of Object.entries(obstacles)) {
    it(`fails, and leaves the driver no file, where that ${sentence}`, () => {
      mkdirSync(join(folder(), 'out'));
      block(join(folder(), 'out', 'spark.properties.tmp'));
      const { status, stderr, out } = run({
        source: 'spark.a=b\n',
        after: { 'b.properties': `spark.x=${CANARY}\n` },
      });
      expect(status).not.to.equal(0);
      expect(stderr).not.to.equal('').and.not.include(CANARY);
      expect(existsSync(out)).to.be.false;
    });
  }
});

describe('merge script in a pod', () => {
  it('has nothing that the kubelet would expand in a command: no $$, and no $(NAME) of its environment', () => {
    expect(MERGE_SCRIPT).not.to.match(
      /\$\$|\$\((MODE|SRC|OUT|BEFORE|AFTER|EXTRA|SPARK_CONF_DIR|SPARK_HOME|SPARK_SECRETS_\w+)\)/,
    );
  });

  it('is short: every driver pod carries it', () => {
    expect(MERGE_SCRIPT.length).to.be.below(10_240);
  });

  it('starts no command but those that the image of the operator has', () => {
    const names = 'awk cat cp mkdir mv rm tail'.split(' ');
    const absent = 'sed grep sort head cut tr wc ls chmod printf basename dirname mktemp tee uniq expr test'.split(' ');
    const shell = MERGE_SCRIPT.replace(/awk -v mode[^]*?\n' "\$@"/, 'awk');
    expect(shell.length).to.be.below(MERGE_SCRIPT.length / 2);
    for (const name of names) expect(shell).to.match(new RegExp(`(^|[^\\w-])${name} `, 'm'));
    for (const name of absent) expect(shell).not.to.match(new RegExp(`(^|[|&;(] *)${name} `, 'm'));
  });
});
