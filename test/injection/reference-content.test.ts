import { expect } from 'chai';
import { escapeProperty, trimmedBySpark } from '../../operator/injection/properties.ts';
import { executorReferencesOf, referenceDataKey } from '../../operator/injection/reference-content.ts';
import { contentOf, key, spec } from './bindings.ts';
import { readWithJava } from './java-properties.ts';
import { describeInShells } from './merge-script/shells.ts';
import { NASTY_VALUES, randomTexts } from './nasty-values.ts';

/** Keys of which each is the start of another, or would match another as a pattern. */
const KEYS = ['a', 'a.b', 'aXb', 'a.b/c', 'g/a', 'g/a-b_c', 'A.B'];

/** The files that the merge script is given of a binding. */
function filesOf(data: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'b.properties': 'spark.label=x\n',
    'b.references': data['references.txt']!,
    'b.executors': data['executor-references.txt']!,
  };
}

describe('the list of values for references', () => {
  it('has each value on one line as Java reads it, and nothing in it that could be a reference', function () {
    this.timeout(60_000);
    const texts = [...Object.values(NASTY_VALUES), ...randomTexts(400)].filter((text) => !trimmedBySpark(text));
    const values = Object.fromEntries(texts.map((text, at) => [`k/${at}`, text]));
    const { data } = contentOf(spec({ references: Object.keys(values).map((each) => ({ key: each })) }), values);
    const lines = data['references.txt']!.split('\n');
    expect(lines.pop()).to.equal('');
    expect(lines).to.have.lengthOf(texts.length);
    expect(lines.filter((line) => !/^k\/\d+=[ -#%-~]*$/.test(line))).to.deep.equal([]);
    const inside = lines.map((line) =>
      line.replace(/^(k.\d+)=(.*)$/, (_, name, value) => `${name}=x${value}\\:${value}`),
    );
    const [alone, twice] = [lines, inside].map((each) => readWithJava(`${each.join('\n')}\n`).values);
    expect(Object.fromEntries(alone!)).to.deep.equal(values);
    expect(Object.entries(values).filter(([name, text]) => twice!.get(name) !== `x${text}:${text}`)).to.be.empty;
  });

  it('is sorted by key, one line each', () => {
    const { data } = contentOf(spec({ references: KEYS.map((each) => ({ key: each })) }), {
      ...Object.fromEntries(KEYS.map((each) => [each, '$=x'])),
    });
    const expected = [...KEYS].sort().map((each) => `${each}=\\u0024\\=x\n`);
    expect(data['references.txt']).to.equal(expected.join(''));
  });
});

describeInShells('references to the keys of a binding', ({ merge }) => {
  it('take no key for another, nor a value for a reference', () => {
    const values = Object.fromEntries(KEYS.map((each) => [each, `<${each} \${secrets.a}>`]));
    const { data } = contentOf(spec({ references: KEYS.map((each) => ({ key: each })) }), values);
    const source = KEYS.map((each, at) => `${escapeProperty(`spark.k${at}`, `\${secrets.${each}}`)}\n`).join('');
    const read = readWithJava(merge({ source, after: filesOf(data) })).values;
    expect(KEYS.map((_, at) => read.get(`spark.k${at}`))).to.deep.equal(Object.values(values));
  });

  it('make of a variable of executors one that Spark takes from the Secret', () => {
    const bindingSpec = spec({ env: [{ name: 'VARIABLE', key: 'g/a' }], references: [{ key: 'a.b' }] });
    const { data } = contentOf(bindingSpec, { 'g/a': 'one', 'a.b': 'two' });
    const source = 'spark.executorEnv.MINE=${secrets.g/a}\nspark.executorEnv.OTHER=${secrets.a.b}\n';
    const { values } = readWithJava(merge({ source, after: filesOf(data) }));
    const start = 'spark.kubernetes.executor.secretKeyRef.';
    expect(values.get(`${start}MINE`)).to.equal('spark-secrets-orders:VARIABLE');
    expect(values.get(`${start}OTHER`)).to.equal(`spark-secrets-orders:${referenceDataKey(key('a.b'))}`);
    expect(data[referenceDataKey(key('a.b'))]).to.equal('two');
  });
});

describe('the list of references for executors', () => {
  it('is pointed to the Secret of a run line by line, whatever keys are called', () => {
    const lines = 's=s\\:s\ns-2=s-2\\:A\ng/s=s\\:key.s\nx=xs\\:B\n';
    expect(executorReferencesOf(lines, 's', 's-run')).to.equal(
      's=s-run\\:s\ns-2=s-2\\:A\ng/s=s-run\\:key.s\nx=xs\\:B\n',
    );
  });
});

describe('what jobs may refer to', () => {
  const covered = (
    part: Parameters<typeof spec>[0],
    entries: Readonly<Record<string, string | Buffer>>,
    grouped = {},
  ) =>
    contentOf(spec(part), entries, grouped)
      .data['references.txt']!.split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/=.*/, ''));

  it('is every key that the binding names in any way', () => {
    const part = {
      env: [
        { name: 'A', key: 'env' },
        { name: 'B', template: '${t1}-${t2}' },
      ],
      envFrom: [{ group: 'g' }],
      sparkConf: [
        { name: 'spark.hadoop.x', key: 'hadoop' },
        { name: 'spark.y', template: '${conf}' },
      ],
      presets: [{ type: 'IcebergREST' as const, group: 'p', catalog: 'c' }],
      references: [{ key: 'listed' }, { group: 'h' }],
    };
    const names = ['env', 't1', 't2', 'g/K', 'hadoop', 'conf', 'p/CREDENTIAL', 'listed', 'h/ONE', 'h/TWO'];
    const entries = Object.fromEntries(names.map((name) => [name, name]));
    expect(covered(part, entries, { g: ['g/K'], h: ['h/ONE', 'h/TWO'] })).to.have.members(names);
  });

  it('is a long value only when it is listed, so that it does not take room for nothing', () => {
    const entries = { long: 'x'.repeat(9_000), short: 'y' };
    const env = [
      { name: 'LONG', key: 'long' },
      { name: 'SHORT', key: 'short' },
    ];
    expect(covered({ env }, entries)).to.deep.equal(['short']);
    expect(covered({ env, references: [{ key: 'long' }] }, entries)).to.deep.equal(['long', 'short']);
  });

  it('leaves out what is not listed where the Secret would be too large with it', () => {
    const names = Array.from({ length: 120 }, (_, at) => `K${at}`);
    const entries = Object.fromEntries(names.map((name) => [name, 'x'.repeat(8_000)]));
    const env = names.map((name) => ({ name, key: name }));
    expect(covered({ env }, entries)).to.deep.equal([]);
    expect(covered({ env, references: [{ key: 'K7' }] }, entries)).to.deep.equal(['K7']);
  });

  it('tells of a value that no Spark property can hold', () => {
    const { data, referenceKeys } = contentOf(spec({ references: [{ key: 'blank.' }, { key: 'bytes' }] }), {
      'blank.': 'x ',
      bytes: Buffer.from([0xff, 0xfe]),
    });
    expect(data['references.txt']).to.equal('blank.\nbytes\n');
    expect(referenceKeys, 'and of bytes no variable can be made').to.deep.equal(['blank.']);
  });

  it('has a value once where a variable is that key', () => {
    const { data, referenceKeys } = contentOf(spec({ env: [{ name: 'A', key: 'a' }] }), { a: '1' });
    expect(referenceKeys).to.deep.equal([]);
    expect(Object.keys(data).filter((name) => name.startsWith('key.'))).to.deep.equal([]);
  });
});
