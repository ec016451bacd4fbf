import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { escapeProperty } from '../../../operator/injection/properties.ts';
import { CANARY } from '../bindings.ts';
import { NASTY_VALUES, randomTexts } from '../nasty-values.ts';
import { describeInShells, executor, reference, type MergeInput } from './shells.ts';

const REF = 'spark.kubernetes.executor.secretKeyRef';
/** Prints its system properties that begin with spark. */
const SOURCE = `
public class Shown {
  public static void main(String[] args) {
    for (String name : System.getProperties().stringPropertyNames())
      if (name.startsWith("spark.")) System.out.println(hex(name) + " " + hex(System.getProperty(name)));
  }
  static String hex(String text) {
    StringBuilder out = new StringBuilder("-");
    for (char unit : text.toCharArray()) out.append(String.format("%04x", (int) unit));
    return out.toString();
  }
}`;

let folderOfClass = '';
before(function () {
  this.timeout(60_000);
  folderOfClass = mkdtempSync(join(tmpdir(), 'java-arguments-'));
  writeFileSync(join(folderOfClass, 'Shown.java'), SOURCE);
  java('javac', ['Shown.java']);
});
after(() => {
  rmSync(folderOfClass, { recursive: true });
});

function java(command: string, args: readonly string[], options?: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd: folderOfClass,
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], ...(options === undefined ? {} : { JDK_JAVA_OPTIONS: options }) },
  });
  if (error) throw new Error(`${command} does not start: install a JDK`, { cause: error });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return stdout;
}

/** The properties of a JVM that JDK_JAVA_OPTIONS points to this argument file. */
function shownByJava(content: Buffer): Record<string, string> {
  writeFileSync(join(folderOfClass, 'jvm.args'), content);
  const lines = java('java', ['-XX:TieredStopAtLevel=1', 'Shown'], '@jvm.args').trim().split('\n');
  const text = (hex: string): string => Buffer.from(hex.slice(1), 'hex').swap16().toString('utf16le');
  return Object.fromEntries(lines.map((line) => line.split(' ').map(text) as [string, string]));
}

function jvm(properties: string, more: Partial<MergeInput> = {}): MergeInput {
  return { mode: 'jvm', after: { 'b.properties': properties, 'b.regex': '|^spark[.]b$' }, ...more };
}

describeInShells('an argument file of Java', ({ merge, lines, refusal }) => {
  it('brings every value of ASCII through, as the JVM reads it', () => {
    const nasty = [...Object.values(NASTY_VALUES), ...randomTexts(300, 5)];
    const texts = nasty.map((text) => text.replaceAll(/[^\x20-\x7e\t\n\r\f]/g, ''));
    const names = texts.map((_, at) => `spark.v${at}`);
    const properties = texts.map((text, at) => `${escapeProperty(names[at]!, text)}\n`).join('');
    const shown = shownByJava(merge(jvm(properties)));
    expect(texts.filter((text, at) => shown[names[at]!] !== text)).to.be.empty;
    expect(Object.keys(shown)).to.have.members([...names, 'spark.redaction.regex']);
  });

  it('holds what wins of the bindings and the command line, once, with references replaced', () => {
    const input: MergeInput = {
      mode: 'jvm',
      source: 'spark.ignored=${secrets.missing}\n',
      before: { 'p.properties': `spark.a=p\nspark.b=p\nspark.c=p\n${REF}.X=p\\:X\n`, 'p.regex': '|^spark[.]p$' },
      after: {
        'b.properties': 'spark.c=b\n',
        'b.references': reference('A', '"$\\ &/\n'),
        'b.executors': executor('A', 's', 'A'),
      },
      extra: `spark.b=<\${secrets.A}>\nspark.c=\${secrets.A}\nspark.executorEnv.X=\${secrets.A}\n`,
    };
    expect(lines(input)).to.deep.equal([
      '"-Dspark.b=<\\"$\\\\ &/\\n>"',
      '"-Dspark.c=b"',
      `"-D${REF}.X=s:A"`,
      '"-Dspark.a=p"',
    ]);
    expect(shownByJava(merge(input))).to.deep.equal({
      'spark.a': 'p',
      'spark.b': '<"$\\ &/\n>',
      'spark.c': 'b',
      [`${REF}.X`]: 's:A',
      'spark.redaction.regex': '^spark[.]p$|^spark[.]b$|^spark[.]c$|(?i)secret|password|token|access[.]?key|credential',
    });
  });

  it('holds a long value whole, wherever an escape stands in it', () => {
    for (let at = 990; at < 1_000; at++) {
      const [before, after] = ['x'.repeat(at), 'y'.repeat(1_000)];
      expect(lines(jvm(`spark.x=${before}\\u0022\\\\\\=${after}\n`))).to.deep.equal([
        `"-Dspark.x=${before}\\"\\\\=${after}"`,
      ]);
    }
  });

  it('takes the characters of ASCII that are escaped, and text that looks like such', () => {
    const properties = 'spark.x=\\u0024\\u0022\\u005C\\u007e\\u0020\\\\u0041\nspark.\\"y\\ z=a\n';
    expect(lines(jvm(properties))).to.deep.equal(['"-Dspark.x=$\\"\\\\~ \\\\u0041"', '"-Dspark.\\"y z=a"']);
  });

  for (const [sentence, value] of Object.entries({
    'an escaped letter': '\\u00e9',
    'a letter as it is': 'é',
    'a control character': '\\u0001',
    'the last of ASCII': '\\u007F',
    'an escape that is none': '\\u00g1',
  })) {
    it(`can't hold ${sentence} outside ASCII, and says whose it is`, () => {
      expect(refusal(jvm(`spark.a=b\nspark.x=${CANARY}${value}\n`))).to.equal(
        "spark-secrets: spark.x has characters outside ASCII, which Java's argument file can't carry: use an environment variable\n",
      );
    });
  }
});
