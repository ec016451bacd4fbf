import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import { secretContent } from '../../operator/injection/secret-content.ts';
import { CANARY, contentOf, groups, INDEX, spec, values } from './bindings.ts';

const ORDERS_INDEX = keyIndexName('orders');
const LABEL_LINE = 'spark.kubernetes.executor.label.secrets.iomete.com/injected=true\n';

interface Case {
  readonly spec: Partial<BindingSpec>;
  readonly values?: Readonly<Record<string, string | Buffer>>;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

function problemsOf({ spec: part, values: entries = {}, groups: grouped = {} }: Case): string[] {
  const content = secretContent({
    spec: spec(part),
    binding: 'b',
    secretName: 's',
    values: values(entries),
    groups: groups(grouped),
  });
  if (!('problems' in content)) throw new Error('there is no problem');
  return content.problems.map(({ reason, message }) => `${reason}: ${message}`);
}

function withoutReferences(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !name.endsWith('references.txt')));
}

describe('secretContent', () => {
  it('has a data key for each variable, and points executors to it', () => {
    const { data, envKeys } = contentOf(
      spec({
        env: [
          { name: 'B', key: 'x/B' },
          { name: 'A', key: 'x/A', targets: ['driver'] },
        ],
      }),
      { 'x/A': 'one', 'x/B': 'two' },
    );
    expect(withoutReferences(data)).to.deep.equal({
      A: 'one',
      B: 'two',
      [ORDERS_INDEX]: 'x/A env A\nx/B env B\n',
      'spark.properties':
        `spark.kubernetes.executor.secretKeyRef.B=spark-secrets-orders\\:B\n` +
        `spark.kubernetes.executor.secretKeyRef.${ORDERS_INDEX}=spark-secrets-orders\\:${ORDERS_INDEX}\n${LABEL_LINE}`,
      'redaction.regex': '',
    });
    expect(envKeys).to.deep.equal({ A: 'x/A', B: 'x/B' });
  });

  it('takes no variable for what it has itself, whatever that is called', () => {
    const own = Object.keys(contentOf(spec({ env: [{ name: 'A', key: 'a' }] }), { a: '1' }).data);
    const names = own.flatMap((name) => [name.replace(/[.].*/, ''), name.replaceAll(/[.-]/g, '_')]);
    // The index has a name that no variable may have.
    const possible = [...new Set(names)].filter((name) => /^\w+$/.test(name) && !INDEX.test(name));
    const env = possible.map((name) => ({ name, key: 'a' }));
    expect(env.map(({ name }) => name)).to.include('references');
    const { data } = contentOf(spec({ env }), { a: CANARY });
    expect(env.filter(({ name }) => data[name] !== CANARY)).to.deep.equal([]);
    expect(Object.keys(data)).to.include.members(own.filter((name) => name !== 'A'));
  });

  it('has the files in a Secret of their own, which executors get mounted, and their values nowhere else', () => {
    const { data, files, referenceKeys } = contentOf(
      spec({
        env: [{ name: 'A', key: 'a', targets: ['driver'] }],
        files: [
          { path: 'b.txt', key: 'b' },
          { path: 'a.txt', key: 'a' },
        ],
      }),
      { a: 'one', b: CANARY },
    );
    const encoded = Object.entries({ 'a.txt': 'one', 'b.txt': CANARY }).map(
      ([name, text]) => [name, Buffer.from(text).toString('base64')] as const,
    );
    expect(files).to.deep.equal({ data: Object.fromEntries(encoded), keys: { 'a.txt': 'a', 'b.txt': 'b' } });
    expect(data['spark.properties']).to.equal(
      `spark.kubernetes.executor.secretKeyRef.${ORDERS_INDEX}=spark-secrets-orders\\:${ORDERS_INDEX}\n` +
        `spark.kubernetes.executor.secrets.spark-secrets-orders-files=/mnt/spark-secrets/files/orders\n${LABEL_LINE}`,
    );
    expect([JSON.stringify(data).includes(CANARY), referenceKeys]).to.deep.equal([false, []]);
    expect(data['references.txt']).to.equal('a=one\n');
  });

  it('lets jobs refer to the key of a file that references list, or a group has', () => {
    const files = ['b', 'g/c', 'd'].map((key) => ({ path: key.replace('/', '-'), key }));
    const { data } = contentOf(
      spec({ files, references: [{ key: 'b' }, { group: 'g' }] }),
      { b: '1', 'g/c': '2', d: '3' },
      { g: ['g/c'] },
    );
    expect(data['references.txt']).to.equal('b=1\ng/c=2\n');
  });

  it('has no files of a binding without any', () => {
    expect(contentOf(spec({ env: [{ name: 'A', key: 'a' }], files: [] }), { a: '1' })).not.to.have.property('files');
  });

  it('has the properties, escaped and sorted, and a regex that matches their names', () => {
    const { data } = contentOf(
      spec({
        sparkConf: [
          { name: 'spark.sql.catalog.c.credential', key: 'c' },
          { name: 'spark.hadoop.fs.azure.account.key.x', template: 'a=${c}', delivery: 'Value' },
        ],
      }),
      { c: 'ü:\n' },
    );
    expect(data).to.include({
      'spark.properties':
        `spark.hadoop.fs.azure.account.key.x=a\\=\\u00FC\\:\\n\nspark.sql.catalog.c.credential=\\u00FC\\:\\n\n` +
        LABEL_LINE,
      'redaction.regex':
        '|^(spark[.]hadoop[.])?fs[.]azure[.]account[.]key[.]x$|^spark[.]sql[.]catalog[.]c[.]credential$',
    });
  });

  it('has a value in the property that a variable would carry, where Java may break it in its environment', () => {
    const lines = (delivery: 'Auto' | 'Environment', value: string) =>
      contentOf(spec({ sparkConf: [{ name: 'spark.hadoop.x', key: 'k', delivery }] }), { k: value })
        .data['spark.properties']!.split('\n')
        .filter((line) => line.startsWith('spark.hadoop.x'));
    expect(lines('Auto', 'ü')).to.deep.equal(['spark.hadoop.x=\\u00FC']);
    expect(lines('Auto', 'u')[0]).to.match(/^spark\.hadoop\.x=\$\{env\.SPARK_SECRET_/);
    expect(lines('Environment', 'ü')[0]).to.match(/^spark\.hadoop\.x=\$\{env\.SPARK_SECRET_/);
  });

  it('gives every key of a group with its prefix; an entry of env wins', () => {
    const { data, envKeys } = contentOf(
      spec({ env: [{ name: 'S3_ID', key: 'own' }], envFrom: [{ group: 's3', prefix: 'S3_' }] }),
      { own: 'mine', 's3/ID': 'id', 's3/KEY': 'key' },
      { s3: ['s3/KEY', 's3/ID'] },
    );
    expect(data).to.include({ S3_ID: 'mine', S3_KEY: 'key' });
    expect(envKeys).to.deep.equal({ S3_ID: 'own', S3_KEY: 's3/KEY' });
  });

  it('takes two groups that give a name the same key', () => {
    const { envKeys } = contentOf(
      spec({ envFrom: [{ group: 's3' }, { group: 's3' }] }),
      { 's3/ID': 'id' },
      { s3: ['s3/ID'] },
    );
    expect(envKeys).to.deep.equal({ ID: 's3/ID' });
  });

  it('gives the same bytes whatever the order of entries', () => {
    const entries: Partial<BindingSpec> = {
      env: [
        { name: 'A', key: 'a' },
        { name: 'B', key: 'b' },
      ],
      sparkConf: [
        { name: 'spark.a', key: 'a' },
        { name: 'spark.b', key: 'b' },
      ],
    };
    const reversed = { env: [...entries.env!].reverse(), sparkConf: [...entries.sparkConf!].reverse() };
    const stored = { a: '1', b: '2' };
    expect(JSON.stringify(contentOf(spec(reversed), stored))).to.equal(
      JSON.stringify(contentOf(spec(entries), stored)),
    );
  });

  it('keeps bytes exactly: empty values, newlines, a byte order mark', () => {
    const stored = { a: '', b: 'x\n', c: '\uFEFFx' };
    const env = ['a', 'b', 'c'].map((name) => ({ name: name.toUpperCase(), key: name }));
    const { data } = contentOf(spec({ env, sparkConf: [{ name: 'spark.c', key: 'c' }] }), stored);
    expect(data).to.include({ A: '', B: 'x\n', C: '\uFEFFx' });
    expect(data['spark.properties']).to.include('spark.c=\\uFEFFx\n');
  });

  it('takes the largest variable that Linux carries', () => {
    const largest = 'x'.repeat(131_072 - 'A='.length - 1);
    expect(contentOf(spec({ env: [{ name: 'A', key: 'a' }] }), { a: largest }).data['A']).to.equal(largest);
  });

  const problems: Record<string, Case & { readonly expected: readonly RegExp[] }> = {
    'a variable whose key has no value': {
      spec: { env: [{ name: 'A', key: 'a' }] },
      expected: [/^KeyNotFound: key a has no value/],
    },
    'a property whose key has no value, once for all uses': {
      spec: { env: [{ name: 'A', key: 'a' }], sparkConf: [{ name: 'spark.a', template: '${a}${b}' }] },
      expected: [/^KeyNotFound: key a /, /^KeyNotFound: key b /],
    },
    'a group without keys': { spec: { envFrom: [{ group: 'g' }] }, expected: [/^KeyNotFound: envFrom g/] },
    'a key of a group that has no value': {
      spec: { envFrom: [{ group: 'g' }] },
      groups: { g: ['g/A'] },
      expected: [/^KeyNotFound: key g\/A/],
    },
    'two groups that give one name different keys': {
      spec: { envFrom: [{ group: 'g' }, { group: 'h' }] },
      groups: { g: ['g/A'], h: ['h/A'] },
      values: { 'g/A': CANARY, 'h/A': CANARY },
      expected: [/^Conflict: variable A comes from the keys g\/A and h\/A/],
    },
    'keys of a group that make no variable': {
      spec: { envFrom: [{ group: 'g' }] },
      groups: { g: ['g/a-b', 'g/PATH', `g/${'A'.repeat(254)}`] },
      values: { 'g/a-b': CANARY },
      expected: [
        /^InvalidEnvName: envFrom g: key g\/a-b/,
        /^InvalidEnvName: .*PATH: this variable belongs/,
        /^InvalidEnvName: .*AAAA/,
      ],
    },
    'a variable with a NUL byte': {
      spec: { env: [{ name: 'A', key: 'a' }] },
      values: { a: `${CANARY}\0` },
      expected: [/^InvalidValue: variable A \(key a\): the value has a NUL byte/],
    },
    'bytes that are no text, in a variable and in a property': {
      spec: { env: [{ name: 'A', key: 'a' }], sparkConf: [{ name: 'spark.a', key: 'a' }] },
      values: { a: Buffer.concat([Buffer.from(CANARY), Buffer.from([0xff])]) },
      expected: [/^InvalidValue: variable A .*not valid UTF-8/, /^InvalidValue: sparkConf spark.a .*not valid UTF-8/],
    },
    'a variable that is too large': {
      spec: { env: [{ name: 'A', key: 'a' }] },
      values: { a: CANARY + 'x'.repeat(131_072 - 2 - CANARY.length) },
      expected: [/^ValueTooLarge: variable A \(key a\): the value has 131070 bytes, Linux carries 131069/],
    },
    'values that are too large together, the largest first': {
      spec: {
        sparkConf: [1, 2, 3, 4].map((at) => ({ name: `spark.v${at}`, key: `k${at}` })),
        env: [{ name: 'A', key: 'a' }],
      },
      values: { a: 'x'.repeat(1000), k1: 'x'.repeat(1_048_576), k2: '', k3: '', k4: '' },
      expected: [
        /^ValueTooLarge: all values together .*The largest: spark.properties \(\d+ bytes\), A \(1000 bytes\), redaction/,
      ],
    },
    'a property that Spark would trim': {
      spec: { sparkConf: [{ name: 'spark.a', key: 'a' }] },
      values: { a: `${CANARY} ` },
      expected: [/^InvalidValue: sparkConf spark.a: the value starts or ends with a space.*or use env/],
    },
    'a template that Spark would trim': {
      spec: { sparkConf: [{ name: 'spark.a', template: '\t${a}' }] },
      values: { a: CANARY },
      expected: [/^InvalidValue: sparkConf spark.a/],
    },
    'a file whose key has no value, or is no base64, or a variable beside it': {
      spec: {
        files: [
          { path: 'f', key: 'f' },
          { path: 'g', key: 'g', encoding: 'base64' },
        ],
        env: [{ name: 'A', key: 'a' }],
      },
      values: { g: CANARY },
      expected: [/^KeyNotFound: key f /, /^InvalidValue: file g \(key g\)/, /^KeyNotFound: key a /],
    },
    'properties listed twice': {
      spec: {
        sparkConf: [
          { name: 'spark.a', key: 'a' },
          { name: 'spark.a', key: 'b' },
        ],
      },
      values: { a: CANARY, b: CANARY },
      expected: [/^Conflict: sparkConf spark.a is listed more than once/],
    },
    'what is wrong with the spec itself': {
      spec: { sparkConf: [{ name: 'spark.kubernetes.x', key: 'a' }], env: [{ name: 'PATH', key: 'a' }] },
      values: { a: CANARY },
      expected: [/^InvalidEnvName/, /^ForbiddenConfKey/],
    },
  };
  for (const [sentence, { expected, ...input }] of Object.entries(problems)) {
    it(`refuses ${sentence}, naming no value`, () => {
      const found = problemsOf(input);
      expect(found).to.have.lengthOf(expected.length);
      for (const pattern of expected)
        expect(
          found.some((text) => pattern.test(text)),
          found.join('\n'),
        ).to.be.true;
      expect(found.join('\n')).not.to.include(CANARY);
    });
  }

  it('takes a template whose value has the space inside', () => {
    const { data } = contentOf(spec({ sparkConf: [{ name: 'spark.a', template: '<${a}>' }] }), { a: ' x ' });
    expect(data['spark.properties']).to.include('spark.a=< x >\n');
  });

  it('allows a line end at the end of a property, which Spark keeps', () => {
    const { data } = contentOf(spec({ sparkConf: [{ name: 'spark.a', key: 'a' }] }), { a: 'x\r\n' });
    expect(data['spark.properties']).to.include('spark.a=x\\r\\n\n');
  });
});
