import type { Command, Option } from './command.ts';
import { HELP } from './parse.ts';
import { columns } from './terminal/table.ts';

const ABOUT = `Keys of the Spark secrets operator: list, read, write, move; and what becomes of a Spark job, and of an installation.
Also as a plugin of kubectl: kubectl spark-secrets COMMAND.`;

const CODES = `Exit codes: 0 done, 1 could not, 2 wrong usage, 3 see the command, 4 not there, 5 not as you said it is (there already,
another version, in use), 130 interrupted.`;

/** The help of all. */
export function overview(commands: readonly Command[]): string {
  return [
    'spark-secrets COMMAND [OPTION...]',
    ABOUT,
    columns(commands.map(({ name, summary }) => [`  ${name}`, summary])).join('\n'),
    'spark-secrets COMMAND --help tells more of one.',
    CODES,
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

/** The help of one. */
export function helpOf({ name, operands, about, options, examples }: Command): string {
  const usage = ['spark-secrets', name, ...(operands === undefined ? [] : [operands]), '[OPTION...]'].join(' ');
  const sections = Map.groupBy(Object.entries(options), ([, option]) => option.section ?? 'Options');
  const own = [...(sections.get('Options') ?? []), ['help', HELP] as const];
  const others = [...sections].filter(([title]) => title !== 'Options');
  const shown = [['Options', own] as const, ...others].map(
    ([title, entries]) => `${title}:\n${columns(entries.map(optionCells)).join('\n')}`,
  );
  const lines = examples.map(([line, says]) => [`  spark-secrets ${line}`, says]);
  return [usage, folded(about), ...shown, ...(lines.length === 0 ? [] : [`Examples:\n${columns(lines).join('\n')}`])]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

const WIDTH = 120;

/** Lines that are too long are broken at spaces. */
function folded(text: string): string {
  return text.replaceAll(new RegExp(`(?=.{${WIDTH + 1}})(.{1,${WIDTH}}) `, 'g'), '$1\n');
}

function optionCells([name, { short, value, about, env }]: readonly [string, Option]): string[] {
  const letter = short === undefined ? '    ' : `-${short}, `;
  const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
  return [`  ${letter}${long}`, env === undefined ? about : `${about} (${env})`];
}
