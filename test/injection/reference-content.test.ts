import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { escapeProperty, trimmedBySpark } from '../../operator/injection/properties.ts';
import { referenceDataKey } from '../../operator/injection/reference-content.ts';
import { contentOf, key, spec } from './bindings.ts';
import { readWithJava } from './java-properties.ts';
import { NASTY_VALUES, randomTexts } from './nasty-values.ts';

const SEDS: Readonly<Record<string, readonly string[]>> = { sed: ['sed'], 'sed of busybox': ['busybox', 'sed'] };

/** Keys of which each is the start of another, or would match another as a pattern. */
const KEYS = ['a', 'a.b', 'aXb', 'a.b/c', 'g/a', 'g/a-b_c', 'A.B'];

for (const [name, [command = '', ...options]] of Object.entries(SEDS)) {
  describe(`references.sed in ${name}`, () => {
    let folder = '';
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'references-'));
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    function edited(script: string, text: string): string {
      writeFileSync(join(folder, 'script'), script);
      const args = [...options, '-f', join(folder, 'script')];
      const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
      const { status, stdout } = spawnSync(command, args, { input: text, env, encoding: 'latin1', timeout: 20_000 });
      expect(status).to.equal(0);
      return stdout;
    }

    it('puts each value in, alone and inside a longer value, as Java reads it', function () {
      this.timeout(60_000);
      const texts = [...Object.values(NASTY_VALUES).filter((text) => text.length < 8_192), ...randomTexts(200)];
      const usable = texts.filter((text) => !trimmedBySpark(text));
      const values = Object.fromEntries(usable.map((text, at) => [`k/${at}`, text]));
      const { data } = contentOf(spec({ references: Object.keys(values).map((each) => ({ key: each })) }), values);
      const lines = usable.flatMap((_, at) => [
        escapeProperty(`spark.a${at}`, `\${secrets.k/${at}}`),
        escapeProperty(`spark.b${at}`, `x=\${secrets.k/${at}}:\${secrets.k/${at}}`),
      ]);
      const read = readWithJava(edited(data['references.sed']!, `${lines.join('\n')}\n`)).values;
      for (const [at, text] of usable.entries()) {
        expect(read.get(`spark.a${at}`)).to.equal(text);
        expect(read.get(`spark.b${at}`)).to.equal(`x=${text}:${text}`);
      }
    });

    it('takes no key for another, nor a value for a reference', () => {
      const values = Object.fromEntries(KEYS.map((each) => [each, `<${each} \${secrets.a}>`]));
      const { data } = contentOf(spec({ references: KEYS.map((each) => ({ key: each })) }), values);
      const lines = KEYS.map((each, at) => escapeProperty(`spark.k${at}`, `\${secrets.${each}}`));
      const read = readWithJava(edited(data['references.sed']!, `${lines.join('\n')}\n`)).values;
      expect(KEYS.map((_, at) => read.get(`spark.k${at}`))).to.deep.equal(Object.values(values));
    });

    it('makes of a variable of executors one that Spark takes from the Secret', () => {
      const bindingSpec = spec({ env: [{ name: 'VARIABLE', key: 'g/a' }], references: [{ key: 'a.b' }] });
      const { data } = contentOf(bindingSpec, { 'g/a': 'one', 'a.b': 'two' });
      const text = [
        'spark.executorEnv.MINE=${secrets.g/a}',
        'spark.executorEnv.OTHER=${secrets.a.b}',
        'spark.executorEnv.PART=x${secrets.a.b}',
        'spark.executorEnv.NO=${secrets.aXb}',
      ];
      expect(edited(data['executor-references.sed']!, `${text.join('\n')}\n`).split('\n')).to.deep.equal([
        'spark.kubernetes.executor.secretKeyRef.MINE=spark-secrets-orders\\:VARIABLE',
        `spark.kubernetes.executor.secretKeyRef.OTHER=spark-secrets-orders\\:${referenceDataKey(key('a.b'))}`,
        ...text.slice(2),
        '',
      ]);
      expect(data[referenceDataKey(key('a.b'))]).to.equal('two');
    });
  });
}

describe('what jobs may refer to', () => {
  const covered = (
    part: Parameters<typeof spec>[0],
    entries: Readonly<Record<string, string | Buffer>>,
    grouped = {},
  ) =>
    [...contentOf(spec(part), entries, grouped).data['references.sed']!.matchAll(/secrets\\\.(.*?)}/g)].map((match) =>
      match[1]!.replaceAll('\\', ''),
    );

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
    expect(data['references.sed']).to.equal(
      's/\\${secrets\\.blank\\.}/${secrets-unusable.blank\\.}/g\n' +
        's/\\${secrets\\.bytes}/${secrets-unusable.bytes}/g\n',
    );
    expect(referenceKeys, 'and of bytes no variable can be made').to.deep.equal(['blank.']);
  });

  it('has a value once where a variable is that key', () => {
    const { data, referenceKeys } = contentOf(spec({ env: [{ name: 'A', key: 'a' }] }), { a: '1' });
    expect(referenceKeys).to.deep.equal([]);
    expect(Object.keys(data).filter((name) => name.startsWith('key.'))).to.deep.equal([]);
  });
});
