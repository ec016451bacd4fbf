import { join } from 'node:path';
import { openBaoProgram } from '../../servers/openbao-program.ts';
import { postgresPrograms } from '../../servers/postgres.ts';
import { checkHelm } from './helm.ts';
import { Program } from './help.ts';
import { checkKubectl } from './kubectl.ts';
import { checkOptions, PROGRAMS as OTHERS } from './options.ts';
import { checkNode, checkNpm, checkSparkSecrets } from './ours.ts';
import type { Page, Script } from './pages.ts';
import { checkSparkSubmit } from './spark-submit.ts';
import { commandsOf } from './shell.ts';

interface Where {
  readonly page: Page;
  readonly isInline: boolean;
}

type Check = (args: readonly string[], where: Where) => Promise<void> | void;

const openBao = new Program('bao', openBaoProgram, { ask: '-h' });
const POSTGRES = ['createdb', 'pg_dump', 'pg_restore', 'psql'];

/** What is checked of which program; `options.ts` has the others. */
const CHECKS: Readonly<Record<string, Check>> = {
  bao: async (args) => {
    await openBao.read(args);
  },
  vault: async (args) => {
    await openBao.read(args);
  },
  cd: ([folder = ''], { page }) => {
    page.expectFile(folder);
    page.enter(folder);
  },
  helm: (args, { page }) => checkHelm(args, page),
  kubectl: async (args, where) => {
    if (args[0] === 'spark-secrets') return checkCommand(args, where);
    await checkInner(await checkKubectl(args, where.page), where);
  },
  node: (args, { page }) => {
    checkNode(args, page);
  },
  npm: async (args, where) => checkInner(await checkNpm(args), where),
  npx: async (args, where) => checkCommand(args, where),
  mocha: ([file = ''], { page }) => {
    page.expectFile(file);
  },
  prettier: () => undefined,
  sh: ([option, script = ''], where) => checkScript(option === '-c' ? script : '', where),
  'spark-secrets': (args, { isInline }) => {
    checkSparkSecrets(args, isInline);
  },
  'spark-submit': (args) => {
    checkSparkSubmit(args);
  },
  ...Object.fromEntries(POSTGRES.map((name) => [name, postgres(name)])),
};

function postgres(name: string): Check {
  const program = new Program(name, async () => join(await postgresPrograms(), name), { ask: '--help' });
  return async (args) => {
    await program.read(args);
  };
}

async function checkInner(words: readonly string[], where: Where): Promise<void> {
  if (words.length > 0) await checkCommand(words, where);
}

/** Programs whose names in a sentence make it a command. */
export const PROGRAMS: readonly string[] = [...Object.keys(CHECKS), ...OTHERS];

/** What is wrong with a page's commands, each with its place; none: all is well. */
export async function mistakesOf(page: Page): Promise<string[]> {
  const mistakes = page.unmarked().map((where) => `${where}: a block of commands begins with \`\`\`sh`);
  for (const script of page.scripts(PROGRAMS)) {
    const problem = await mistakeIn(script, page);
    if (problem !== undefined) mistakes.push(`${script.where}: ${problem}`);
  }
  return mistakes;
}

async function mistakeIn({ text, isInline }: Script, page: Page): Promise<string | undefined> {
  try {
    await checkScript(text, { page, isInline });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function checkScript(text: string, where: Where): Promise<void> {
  for (const { words, writes } of commandsOf(text)) {
    await checkCommand(
      words.filter((word) => word !== '…'),
      where,
    );
    for (const file of writes) where.page.write(file);
  }
}

async function checkCommand([program = '', ...args]: readonly string[], where: Where): Promise<void> {
  const check = CHECKS[program];
  // `kubectl get`, of which a sentence says more.
  if (where.isInline && args.length === 0) return;
  if (check === undefined) checkOptions([program, ...args]);
  else await check(args, where);
}
