import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientPrograms } from '../../../deploy/local/binaries.ts';
import { helm } from '../../../deploy/manifests/helm.ts';
import { Program } from './help.ts';
import { ROOT, type Page } from './pages.ts';

const program = new Program('helm', async () => join(await clientPrograms(), 'helm'), { ask: '--help' });
const CHART = join(ROOT, 'deploy', 'chart');
const WITH_VALUES = ['install', 'upgrade', 'template'];

/** @throws Error that says what the real helm does not know, or the chart does not take */
export async function checkHelm(words: readonly string[], page: Page): Promise<void> {
  const { path, operands, options } = await program.read(words);
  const [, chart] = operands;
  if (WITH_VALUES.includes(path[0] ?? '') && chart !== undefined && page.find(chart) !== CHART)
    throw new Error(`${chart} is not the chart`);
  const values = options.filter(([name]) => ['-f', '--values', '--set', '--set-string', '--set-json'].includes(name));
  if (values.length > 0) await render(values, page);
}

/** Renders the chart with the values of a page's text. @throws Error with helm's words, which checks them by the chart's schema */
export async function renderText(text: string): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'values.yaml');
    await writeFile(file, text);
    await helm('template', 'docs', CHART, '--values', file);
  });
}

type Values = readonly (readonly [name: string, value: string])[];

async function render(values: Values, page: Page): Promise<void> {
  await inFolder(async (folder) => {
    const args: string[] = [];
    for (const [name, value] of values) {
      const isFile = name === '-f' || name === '--values';
      args.push(name, isFile ? await valuesFile(value, page, folder) : value.replace('…', '0'));
    }
    await helm('template', 'docs', CHART, ...args);
  });
}

async function valuesFile(name: string, page: Page, folder: string): Promise<string> {
  page.expectFile(name);
  const text = page.shown(name);
  if (text === undefined) return page.find(name) ?? name;
  const path = join(folder, 'values.yaml');
  await writeFile(path, text);
  return path;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'spark-secrets-docs-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
