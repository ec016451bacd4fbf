import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../../cli/commands.ts';
import { parse } from '../../../cli/parse.ts';
import { parseArguments as clusterArguments } from '../../../deploy/local/args.ts';
import { parseArguments as benchArguments } from '../../benchmarks/arguments.ts';
import { figures } from '../../benchmarks/figures.ts';
import { ROOT, type Page } from './pages.ts';

/** Options and words that a script of ours takes, where its parser is not to be had: they stand in its text. */
const TEXTS: Readonly<Record<string, string>> = { demo: 'tools/demo.ts', test: 'tools/test.ts' };

/** `spark-secrets …`: the command's own parser reads it. @throws Error with its words */
export function checkSparkSecrets(words: readonly string[], isInline: boolean): void {
  const [name = '', ...args] = words;
  if (/^[A-Z]+$/.test(name)) return;
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new Error(`spark-secrets has no command ${name}`);
  if (!isInline || args.length > 0) parse(command, args, {});
}

/** `npm …`. Answers the command that is run within a cluster. */
export async function checkNpm(words: readonly string[]): Promise<readonly string[]> {
  if (/^ci( --ignore-scripts)?$/.test(words.join(' '))) return [];
  const [name = '', ...rest] = words[0] === 'run' ? words.slice(1) : words;
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  if (!(name in scripts) || (words[0] !== 'run' && name !== 'test'))
    throw new Error(`package.json has no script for npm ${words.join(' ')}`);
  const [dashes, ...args] = rest;
  if (dashes !== undefined && dashes !== '--')
    throw new Error(`npm keeps ${dashes} for itself: -- goes before arguments`);
  return checkScript(name, args);
}

async function checkScript(name: string, args: readonly string[]): Promise<readonly string[]> {
  if (name === 'cluster') {
    const { command, rest } = clusterArguments(args);
    return command === 'exec' ? rest : [];
  }
  if (name === 'bench')
    benchArguments(
      args.filter((word) => word !== 'FIGURE'),
      figures.map((figure) => figure.name),
    );
  else {
    const text = TEXTS[name] === undefined ? '' : await readFile(join(ROOT, TEXTS[name]), 'utf8');
    const isKnown = (word: string): boolean =>
      /^[A-Z/.]+$/.test(word) || (word.startsWith('-') ? text.includes(`  ${word} `) : text.includes(`'${word}'`));
    const unknown = args.find((word) => !isKnown(word));
    if (unknown !== undefined) throw new Error(`npm run ${name} does not take ${unknown}`);
  }
  return [];
}

/** `node FILE …`: a file of the tree, or of the operator's image. */
export function checkNode(words: readonly string[], page: Page): void {
  const [file = ''] = words;
  if (file !== '/app/operator.mjs') page.expectFile(file);
}
