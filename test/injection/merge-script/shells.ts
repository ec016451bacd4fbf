import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { MERGE_SCRIPT } from '../../../operator/injection/merge-script.ts';
import { escapeProperty } from '../../../operator/injection/properties.ts';

type Texts = Readonly<Record<string, string>>;

export interface MergeInput {
  readonly mode?: 'properties' | 'defaults' | 'jvm';
  /** The job's file. */
  readonly source?: string;
  /** Files of the folder that SPARK_CONF_DIR names. */
  readonly conf?: Texts;
  readonly before?: Texts;
  readonly after?: Texts;
  readonly extra?: string;
  /** More environment. */
  readonly env?: Texts;
  /** The user to run as; only root can choose. */
  readonly uid?: number;
}

export interface Merge {
  /** The folder of this test; the job's file is `job.properties`, the others are as in MergeInput. */
  readonly folder: () => string;
  /** What is at OUT afterwards, if anything, is at `out`. */
  readonly run: (input: MergeInput) => {
    readonly status: number | null;
    readonly stderr: string;
    readonly out: string;
  };
  /** What was written; fails where the script does. */
  readonly merge: (input: MergeInput) => Buffer;
  /** The lines of that, without the redaction regex. */
  readonly lines: (input: MergeInput) => string[];
  /** What it says; fails where the script succeeds or leaves a file. */
  readonly refusal: (input: MergeInput) => string;
}

const SHELLS: Readonly<Record<string, readonly string[]>> = {
  dash: ['dash'],
  busybox: ['busybox', 'sh'],
  bash: ['bash', '--posix', '--norc'],
};

/** Tests that run once in each shell, each with a folder of its own. */
export function describeInShells(title: string, tests: (merge: Merge) => void): void {
  for (const [shell, command] of Object.entries(SHELLS)) {
    describe(`${title} in ${shell}`, function () {
      this.timeout(60_000);
      let folder = '';
      beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'merge-script-'));
      });
      afterEach(() => {
        rmSync(folder, { recursive: true });
      });
      tests(mergeIn(command, () => folder));
    });
  }
}

function mergeIn(command: readonly string[], folder: () => string): Merge {
  const run = (input: MergeInput): ReturnType<Merge['run']> => {
    writeInput(folder(), input);
    const { out, env } = environment(folder(), input);
    const [program = '', ...options] = command;
    const { error, status, stderr } = spawnSync(program, [...options, '-c', MERGE_SCRIPT], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: 30_000,
      env,
      ...(input.uid === undefined ? {} : { uid: input.uid }),
    });
    if (error) throw new Error(`${program} does not start: apt-get install dash busybox bash`, { cause: error });
    return { status, stderr, out };
  };
  const merge = (input: MergeInput): Buffer => {
    const { status, stderr, out } = run(input);
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
    return readFileSync(out);
  };
  const lines = (input: MergeInput): string[] =>
    merge(input)
      .toString('latin1')
      .split('\n')
      .filter((line) => !/^(#.*|"?(-D)?spark[.]redaction[.]regex=.*|)$/.test(line));
  const refusal = (input: MergeInput): string => {
    const { status, stderr, out } = run(input);
    expect(status).to.equal(1);
    expect(() => readFileSync(out)).to.throw('ENOENT');
    return stderr;
  };
  return { folder, run, merge, lines, refusal };
}

function environment(folder: string, { mode, extra, env }: MergeInput): { out: string; env: Record<string, string> } {
  const out = join(folder, 'out', mode === 'defaults' ? 'conf' : 'spark.properties');
  const fixed = {
    PATH: process.env['PATH'] ?? '',
    OUT: out,
    BEFORE: join(folder, 'before'),
    AFTER: join(folder, 'after'),
    ...(mode === undefined ? {} : { MODE: mode }),
    ...(mode === 'defaults' ? { SPARK_CONF_DIR: join(folder, 'conf') } : { SRC: join(folder, 'job.properties') }),
    ...(extra === undefined ? {} : { EXTRA: extra }),
  };
  return { out: mode === 'defaults' ? join(out, 'spark-defaults.conf') : out, env: { ...fixed, ...env } };
}

function writeInput(folder: string, { source, conf, before, after }: MergeInput): void {
  mkdirSync(join(folder, 'out'), { recursive: true });
  if (source !== undefined) writeFileSync(join(folder, 'job.properties'), source, 'utf8');
  for (const [name, files] of Object.entries({ conf, before, after })) {
    if (files !== undefined) mkdirSync(join(folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files ?? {})) {
      mkdirSync(dirname(join(folder, name, file)), { recursive: true });
      writeFileSync(join(folder, name, file), text);
    }
  }
}

/** A line of a `.references` file. */
export function reference(key: string, value: string): string {
  return `${key}${escapeProperty('', value).replaceAll('$', '\\u0024')}\n`;
}

/** The line of a key whose value no property can have. */
export function unusable(key: string): string {
  return `${key}\n`;
}

/** A line of an `.executors` file. */
export function executor(key: string, secret: string, dataKey: string): string {
  return `${key}=${secret}\\:${dataKey}\n`;
}
