import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated-files.ts';
import { runStep } from './run-step.ts';

/** One check of the tree that needs no cluster. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<boolean>;
}

const ROOT = join(import.meta.dirname, '..');
const LIMIT_MS = 300_000;

function command(name: string, binary: string, ...args: readonly string[]): Check {
  return { name, run: () => runStep(binary, args, { limitMs: LIMIT_MS }) };
}

/** Types, lint, format, import rules, generated files: in order of how soon they tell. */
export const CHECKS: readonly Check[] = [
  command('types', 'tsc', '-p', '.'),
  command('types of the page', 'tsc', '-p', 'operator/console/app'),
  command(
    'import rules',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
    'operator',
    'cli',
    'tools',
    'test',
  ),
  { name: 'generated files', run: generatedFilesAreCurrent },
  command('format', 'prettier', '--check', '--log-level', 'warn', '.'),
  command('lint', 'eslint', '--max-warnings', '0', '.'),
];

/** Runs all checks and says how each went; returns how many passed, and the names of those that failed. */
export async function runChecks(): Promise<{ passed: number; failed: string[] }> {
  const failed: string[] = [];
  for (const { name, run } of CHECKS) {
    const start = performance.now();
    const ok = await run().catch((error: unknown) => {
      console.error(error);
      return false;
    });
    if (!ok) failed.push(name);
    console.log(`  ${ok ? '✔' : '✗'} check: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  }
  return { passed: CHECKS.length - failed.length, failed };
}

async function generatedFilesAreCurrent(): Promise<boolean> {
  const stale: string[] = [];
  for await (const { path, text } of generatedFiles(ROOT)) {
    const present = await readFile(join(ROOT, path), 'utf8').catch(() => undefined);
    if (present !== text) stale.push(path);
  }
  for (const path of stale)
    console.error(`${path} is not what \`npm run generate\` makes: run it, and commit the result`);
  return stale.length === 0;
}
