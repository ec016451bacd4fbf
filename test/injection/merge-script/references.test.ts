import { expect } from 'chai';
import { forbiddenConfKey, isRepublished } from '../../../operator/injection/conf-key.ts';
import { EXECUTOR_REFERENCES_KEY, REFERENCES_KEY } from '../../../operator/injection/data-keys.ts';
import { redactionRegex } from '../../../operator/injection/redaction.ts';
import { referenceContent, referenceDataKey } from '../../../operator/injection/reference-content.ts';
import { CANARY, key, values } from '../bindings.ts';
import { readWithJava } from '../java-properties.ts';
import { NASTY_VALUES, randomTexts } from '../nasty-values.ts';
import { describeInShells, executor, reference, unusable, type MergeInput } from './shells.ts';

const LABEL = 'spark.label=x';
const REF = 'spark.kubernetes.executor.secretKeyRef';

/** The input of a job with these lines, and a binding that covers these keys. */
function jobOf(source: string, references: string, executors = ''): MergeInput {
  return {
    source,
    after: { 'b.properties': `${LABEL}\n`, 'b.regex': '', 'b.references': references, 'b.executors': executors },
  };
}

const COVERED =
  reference('A', 'one') +
  reference('A.B', 'two') +
  reference('orders/DB_PASSWORD', 'p&s/w\\d') +
  reference('orders.DB_PASSWORD', 'other') +
  reference('brace', '{secrets.A}') +
  reference('rest', 'rets.A}') +
  reference('whole', `\${secrets.A}${CANARY}`) +
  reference('empty', '') +
  unusable('bin/x.p12');
const EXECUTORS = executor('A', 's', 'A') + executor('orders/DB_PASSWORD', 's', 'orders.DB_PASSWORD');

/** What the job writes, and what there is instead. */
const PUT_IN: Readonly<Record<string, readonly [string, string]>> = {
  'alone and inside a longer value': ['spark.x=a${secrets.A}b${secrets.A}\n', 'spark.x=aoneboned'.slice(0, -1)],
  'each of two keys, one of which begins like the other': ['spark.x=${secrets.A.B},${secrets.A}\n', 'spark.x=two,one'],
  'keys that differ in the character that a regex would take for any': [
    'spark.x=${secrets.orders.DB_PASSWORD} ${secrets.orders/DB_PASSWORD}\n',
    'spark.x=other p&s/w\\\\d',
  ],
  'beside a text of a value that looks like a reference': [
    'spark.x=${secrets.whole}\n',
    `spark.x=\\u0024{secrets.A}${CANARY}`,
  ],
  'behind a $, which makes no reference with the value': ['spark.x=$${secrets.brace}\n', 'spark.x=${secrets.A}'],
  'behind half a reference, which the value does not complete': [
    'spark.x=${sec${secrets.rest}\n',
    'spark.x=${secrets.A}',
  ],
  'behind backslashes that are text': ['spark.x=\\\\${secrets.A}\\\\\\\\${secrets.A}\n', 'spark.x=\\\\one\\\\\\\\one'],
  'behind a backslash that Java ignores': ['spark.x=\\${secrets.A}$\\{secrets.A}\n', 'spark.x=oneone'],
  'an empty value': ['spark.x=a${secrets.empty}\n', 'spark.x=a'],
  'into the last line, which has no end': ['spark.x=${secrets.A}', 'spark.x=one'],
  'into a line of Windows': ['spark.x=${secrets.A}\r\n', 'spark.x=one'],
  'not where its dollar is escaped': ['spark.x=\\u0024{secrets.A}\n', 'spark.x=\\u0024{secrets.A}'],
  'not where other references are meant': [
    'spark.x=${env.A}${secret.A}${secrets}\n',
    'spark.x=${env.A}${secret.A}${secrets}',
  ],
  "not for the driver's environment, which the webhook has resolved": [
    'spark.kubernetes.driverEnv.X=${secrets.A}${secrets.missing}${secrets.}\n',
    'spark.kubernetes.driverEnv.X=${secrets.A}${secrets.missing}${secrets.}',
  ],
  'not for a line that a later one beats': ['spark.x=${secrets.missing}\nspark.x=y\n', 'spark.x=y'],
  'for an executor, as a reference to the Secret': [
    'spark.executorEnv.DB=${secrets.orders/DB_PASSWORD}\n',
    `${REF}.DB=s\\:orders.DB_PASSWORD`,
  ],
  'for an executor, in a variable whose name no shell takes': [
    'spark.executorEnv.my.db-x=${secrets.A}\n',
    `${REF}.my.db-x=s\\:A`,
  ],
  'for an executor, where spaces follow': ['spark.executorEnv.DB=${secrets.A} \t\n', `${REF}.DB=s\\:A`],
  'into a password of TLS': ['spark.ssl.keyPassword=${secrets.A}\n', 'spark.ssl.keyPassword=one'],
};

const INSIDE =
  'a reference inside a longer value would show in executor pod specs: use env with a template in the binding, or make the reference the whole value';
function uncovered(key: string, property: string): string {
  return `the job refers to \${secrets.${key}} in ${property}, but no binding that selects it covers this key: add it to references of a SparkJobSecretBinding`;
}
function noKey(property: string): string {
  return `${property}: what follows \${secrets. is no key: a key has letters, digits and ._-/ only, and } ends it`;
}

/** What the job writes, and what it is told. */
const REFUSED: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'a key that no binding covers': ['spark.x=${secrets.missing}\n', [uncovered('missing', 'spark.x')]],
  'a key of which only the beginning is covered': ['spark.x=${secrets.A.B.C}\n', [uncovered('A.B.C', 'spark.x')]],
  'each such key once': [
    'spark.x=${secrets.m}${secrets.m}${secrets.n/o}\nspark.y=${secrets.m}${secrets.A}\n',
    [uncovered('m', 'spark.x'), uncovered('n/o', 'spark.x'), uncovered('m', 'spark.y')],
  ],
  'a value that is no text': [
    'spark.x=${secrets.bin/x.p12}\n',
    [
      "the value of bin/x.p12 can't be a Spark property (not text, or a space or control character at its start or end): use it as an environment variable",
    ],
  ],
  'a reference without a key': ['spark.x=a${secrets.}\n', [noKey('spark.x')]],
  'a key with a space': ['spark.x=${secrets.a b}\n', [noKey('spark.x')]],
  'a reference that does not end': [`spark.x=\${secrets.A${CANARY}\n`, [noKey('spark.x')]],
  'a reference in a reference': ['spark.x=${secrets.${secrets.A}}\n', [noKey('spark.x')]],
  "a longer value of an executor's variable": [
    'spark.executorEnv.X=u:${secrets.A}\n',
    [`spark.executorEnv.X: ${INSIDE}`],
  ],
  "a key for an executor's variable that is not covered": [
    'spark.executorEnv.X=${secrets.missing}\n',
    [uncovered('missing', 'spark.executorEnv.X')],
  ],
  "a key for an executor's variable that is covered for properties only": [
    'spark.executorEnv.X=${secrets.A.B}\n',
    [uncovered('A.B', 'spark.executorEnv.X')],
  ],
  "an executor's variable that its JVM prints": [
    'spark.executorEnv.JAVA_TOOL_OPTIONS=${secrets.A}\nspark.executorEnv.SPARK_WORKER_OPTS=${secrets.A}\n',
    ['JAVA_TOOL_OPTIONS', 'SPARK_WORKER_OPTS'].map(
      (name) =>
        `spark.executorEnv.${name}: the JVM or Spark would show its value in a log or a command line: choose another variable`,
    ),
  ],
  'a name with escapes that hide what it is': [
    'spark.\\u0061uth.\\x=${secrets.A}\n',
    ['spark.auth.x: Spark writes this property into pod specs in clear: use an environment variable'],
  ],
};

describeInShells('references in a job', ({ merge, lines, refusal }) => {
  for (const [sentence, [source, expected]] of Object.entries(PUT_IN)) {
    it(`are replaced: ${sentence}`, () => {
      expect(lines(jobOf(source, COVERED, EXECUTORS))).to.deep.equal([expected, LABEL]);
    });
  }

  for (const [sentence, [source, expected]] of Object.entries(REFUSED)) {
    it(`stop the driver: ${sentence}`, () => {
      const said = refusal(jobOf(source, COVERED, EXECUTORS));
      expect(said).to.equal(expected.map((text) => `spark-secrets: ${text}\n`).join(''));
    });
  }

  it('put in every value as java.util.Properties reads it', () => {
    const texts = [...Object.values(NASTY_VALUES), ...randomTexts(300, 11)].map((text) => `<${text}>`);
    const stored = values(Object.fromEntries(texts.map((text, at) => [`k/${at}`, text])));
    const { data } = referenceContent({ secretName: 's', keys: stored.keys(), values: stored, variables: [] });
    const references = data.get(REFERENCES_KEY)!.toString();
    const source = texts.map((_, at) => `spark.v${at}=1\\:\${secrets.k/${at}}\\\\\${secrets.k/${at}}2`).join('\n');
    const written = readWithJava(merge(jobOf(source, references))).values;
    const wrong = texts.filter((text, at) => written.get(`spark.v${at}`) !== `1:${text}\\${text}2`);
    expect(wrong).to.be.empty;
  });

  it('are left as they are in the properties of a binding', () => {
    const after = { 'b.properties': 'spark.b=${secrets.A}${secrets.missing}\n', 'b.references': COVERED };
    expect(lines({ source: '', after })).to.deep.equal(['spark.b=${secrets.A}${secrets.missing}']);
  });

  it('may be covered by a binding whose precedence is Pod', () => {
    const before = { 'b.properties': `${LABEL}\n`, 'b.references': COVERED, 'b.executors': EXECUTORS };
    const source = 'spark.x=${secrets.A}\nspark.executorEnv.X=${secrets.A}\n';
    expect(lines({ source, before })).to.deep.equal(['spark.x=one', `${REF}.X=s\\:A`, LABEL]);
  });

  it("make an executor's variable the job's own: it beats a binding whose precedence is Pod, and yields to another", () => {
    const source = ['B', 'C', 'D'].map((name) => `spark.executorEnv.${name}=\${secrets.A}\n`).join('');
    const bindings = {
      before: { 'p.properties': `${REF}.B=p\\:B\n${REF}.D=p\\:D\n`, 'p.executors': EXECUTORS },
      after: { 'b.properties': `${REF}.C=b\\:C\n${REF}.D=b\\:D\n` },
    };
    expect(lines({ source, ...bindings })).to.have.members([`${REF}.B=s\\:A`, `${REF}.C=b\\:C`, `${REF}.D=b\\:D`]);
  });

  it("don't count where a binding that has precedence gives the executor's variable", () => {
    const source = 'spark.executorEnv.C=${secrets.missing}\n';
    expect(lines({ source, after: { 'b.properties': `${REF}.C=b\\:C\n` } })).to.deep.equal([`${REF}.C=b\\:C`]);
  });

  it('are taken from lines of the command line too, which beat those of the file', () => {
    const input = jobOf('spark.x=${secrets.missing}\nspark.y=y\n', COVERED, EXECUTORS);
    const extra = 'spark.x=<${secrets.A}>\nspark.z=${secrets.orders/DB_PASSWORD}\\:\nspark.executorEnv.X=${secrets.A}';
    expect(lines({ ...input, extra })).to.deep.equal([
      'spark.x=<one>',
      'spark.y=y',
      'spark.z=p&s/w\\\\d\\:',
      `${REF}.X=s\\:A`,
      LABEL,
    ]);
  });

  const other = { 'c.properties': 'spark.c=d\n', 'c.references': reference('A', CANARY) + reference('A.B', 'two') };
  it('may be covered by two bindings that agree', () => {
    const input = jobOf('spark.x=${secrets.A.B}\n', COVERED);
    expect(lines({ ...input, before: other })).to.deep.equal(['spark.x=two', 'spark.c=d', LABEL]);
  });
  it('are taken for an executor from a binding that has precedence, where another covers them as well', () => {
    const input = jobOf('spark.executorEnv.X=${secrets.A}\n', COVERED, EXECUTORS);
    const before = { 'p.properties': 'spark.p=q\n', 'p.references': COVERED, 'p.executors': executor('A', 'p', 'A') };
    expect(lines({ ...input, before })).to.include(`${REF}.X=s\\:A`);
  });
  for (const property of ['spark.x', 'spark.executorEnv.X']) {
    it(`stop the driver where two bindings give a key different values and ${property} uses it`, () => {
      const input = jobOf(`${property}=\${secrets.A}\n`, COVERED, EXECUTORS);
      expect(refusal({ ...input, before: other })).to.equal(
        'spark-secrets: key A is covered by two bindings with different stores or values (c, b): leave it in the references of one\n',
      );
    });
  }

  it('stop the driver in each property that a binding may not set either, and in no other', () => {
    const names =
      'auth authenticate.secret rpc.x network.crypto port.x x.port portx ssl.x ssl.keyStore ssl.xPassword ssl executorEnv.a.b kubernetes.x kubernetesx driver.extraJavaOptions executor.defaultJavaOptions driver.extraJavaOptions2 driver.extraClassPath executor.extraLibraryPath executor.extraClassPaths jars jars.repositories jarsigner files files.x archives home local.dir eventLog.dir sql.warehouse.dir sql.warehouse.dirs pyspark.python pyspark.driver.python redaction.string.regex redactions.x master masters submit.x app.id app.name app.names driver.host driver.bindAddress driver.hosts hadoop.x sql.x'
        .split(' ')
        .map((name) => `spark.${name}`);
    const isForbidden = (name: string): boolean => forbiddenConfKey(name) !== undefined || isRepublished(name);
    const refused = names.filter((name) => isForbidden(name));
    const allowed = names.filter((name) => !isForbidden(name));
    for (const name of refused) {
      const said = refusal(jobOf(`${name}=\${secrets.A}${CANARY}\n`, COVERED));
      expect(said)
        .to.match(new RegExp(`^spark-secrets: ${name}: .*(use|write) .*\n$`))
        .and.not.include(CANARY);
    }
    const source = allowed.map((name) => `${name}=\${secrets.A}\n`).join('');
    expect(lines(jobOf(source, COVERED))).to.deep.equal([...allowed.map((name) => `${name}=one`), LABEL]);
  });

  it('say as much as a termination message holds', () => {
    const source = Array.from({ length: 40 }, (_, at) => `spark.x${at}${'y'.repeat(at)}=\${secrets.m}\n`).join('');
    const said = refusal(jobOf(source, COVERED));
    expect(said.length).to.be.within(1_500, 2_048);
    expect(said.split('\n').length).to.be.at.most(12);
    expect(said).to.match(/^spark-secrets: the job refers .*\n[^]*\nspark-secrets: and \d+ more\n$/);
  });

  it('say no more than fits of a long name, and of several', () => {
    const said = (count: number): string => {
      const names = Array.from({ length: count }, (_, at) => `spark.${at}${'y'.repeat(5_000)}`);
      return refusal(jobOf(names.map((name) => `${name}=\${secrets.m}\n`).join(''), COVERED));
    };
    expect(said(1).length).to.be.within(100, 500);
    expect(said(9).length).to.be.within(1_500, 2_048);
    expect(said(9)).to.match(/\nspark-secrets: and \d more\n$/);
  });

  it('hide their properties, whatever their names are, and no others', () => {
    const names = [
      'spark.hadoop.fs.key',
      'spark.a-b_c@d',
      'spark.ä',
      'spark.q w',
      'spark.\t',
      'spark.e=:#!',
      ...'^$[]()*+?|\\&-{}/"\'`,~%<>;'.split('').map((char) => `spark.<${char}>`),
    ];
    const source = names
      .map((name) => name.replaceAll(/[\\=:#! ]/g, '\\$&').replaceAll('\t', '\\t'))
      .map((name) => `${name}=\${secrets.A}\n`)
      .join('');
    const { values, redacted } = readWithJava(merge(jobOf(`${source}spark_hadoop.fs.key=x\nspark.<aa>=x\n`, COVERED)));
    expect([...values].filter(([, value]) => value === 'one').map(([name]) => name)).to.have.members(names);
    expect([...redacted]).to.have.members(names);
    expect(values.get('spark.redaction.regex')).to.include(
      redactionRegex(['spark.hadoop.fs.key', 'spark.a-b_c@d']).replace('(', '(?:').slice(1),
    );
  });

  it('may be many in a large file', () => {
    const keys = Array.from({ length: 300 }, (_, at) => `group/KEY_${at}`);
    const references = keys.map((key) => reference(key, `${key}\n${'x'.repeat(100)}`)).join('');
    const many = Array.from({ length: 5_000 }, (_, at) => `spark.p${at}=a,\${secrets.${keys[at % 300]}},b`);
    const started = Date.now();
    const written = lines(jobOf(many.join('\n'), references));
    expect(Date.now() - started).to.be.below(10_000);
    expect(written.length).to.equal(5_001);
    expect(written[4_999]).to.equal(`spark.p4999=a,group/KEY_199\\n${'x'.repeat(100)},b`);
  });
});

describe('the files of a binding', () => {
  it('are in these tests what the operator makes', () => {
    const texts = { 'orders/DB.1': '/a\\&$\n', bin: Buffer.from([0xff]), A: ' x' };
    const stored = values(texts);
    const { data } = referenceContent({ secretName: 's', keys: stored.keys(), values: stored, variables: [] });
    const dataKey = (name: string): string => referenceDataKey(key(name));
    expect(data.get(REFERENCES_KEY)!.toString()).to.equal(
      unusable('A') + unusable('bin') + reference('orders/DB.1', texts['orders/DB.1']),
    );
    expect(data.get(EXECUTOR_REFERENCES_KEY)!.toString()).to.equal(
      executor('A', 's', dataKey('A')) + executor('orders/DB.1', 's', dataKey('orders/DB.1')),
    );
  });
});
