import { stringify } from 'yaml';
import type { Explanation } from '../operator/injection/explain/result.ts';
import { explainArguments, USAGE, type Output } from './arguments.ts';
import { isWell, runExplain } from './explain.ts';
import { plain, plainJson, plainTree } from './plain.ts';
import { CommandProblem } from './problem.ts';
import { explanationText } from './text.ts';

const FAILED = 1;
const NOT_WELL = 3;

// Whoever reads may stop before the end, as `head` does.
process.stdout.on('error', () => process.exit(0));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `spark-secrets: ${plain(error instanceof CommandProblem ? error.message : unexpected(error))}\n`,
  );
  process.exitCode = FAILED;
}

async function run([command, ...rest]: readonly string[]): Promise<number> {
  const isHelp = command === undefined || ['help', '--help', '-h'].includes(command);
  if (!isHelp && command !== 'explain') throw new CommandProblem(`there is no command ${command}: explain is one`);
  const args = isHelp ? undefined : explainArguments(rest);
  if (args === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { explanations, skipped } = await runExplain(args);
  process.stdout.write(rendered(explanations, args.output));
  if (skipped.length > 0) process.stderr.write(`no Spark jobs: ${plain(skipped.join(', '))}\n`);
  return args.check && !isWell(explanations) ? NOT_WELL : 0;
}

/** Not its message: others' may quote what was read. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return 'unexpected';
  const frame = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return `unexpected ${error.name}${frame === undefined ? '' : ` ${frame.trim()}`}`;
}

function rendered(explanations: readonly Explanation[], output: Output): string {
  switch (output) {
    case 'text':
      return explanations.map(explanationText).join('\n');
    case 'json':
      return `${plainJson({ explanations })}\n`;
    case 'yaml':
      return stringify(plainTree({ explanations }), { aliasDuplicateObjects: false });
  }
}
