import type { Command, Options, Values } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpOf, overview } from './help.ts';
import type { Io } from './io.ts';
import { parse } from './parse.ts';
import { CommandProblem, EXIT, UsageProblem } from './problem.ts';
import { plain } from './terminal/plain.ts';

/** Runs a command line, without `spark-secrets`. Gives the exit code; problems are told on standard error. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const [message, code] = told(error, io);
    io.stderr.write(`spark-secrets: ${plain(message)}\n`);
    return code;
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<number> {
  if (name === undefined || ['--help', '-h'].includes(name)) return show(overview(COMMANDS), io);
  if (name === 'help') return help(rest, io);
  const command = commandOf(name);
  const { values, operands, isHelp } = parse(command, rest, io.env);
  if (isHelp) return show(helpOf(command), io);
  return (await command.run({ values: values as Values<Options>, operands, io })) ?? EXIT.done;
}

function help([name]: readonly string[], io: Io): number {
  return show(name === undefined ? overview(COMMANDS) : helpOf(commandOf(name)), io);
}

function commandOf(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  throw new UsageProblem(`there is no command ${name}: ${COMMANDS.map((command) => command.name).join(', ')}`);
}

function show(text: string, { stdout }: Io): number {
  stdout.write(text);
  return EXIT.done;
}

function told(error: unknown, { signal }: Io): readonly [message: string, code: number] {
  if (signal.aborted) return ['interrupted', EXIT.interrupted];
  if (error instanceof CommandProblem) return [error.message, error.exitCode];
  return [unexpected(error), EXIT.failed];
}

/** Not its message: others' may quote what was read. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return 'unexpected';
  const frame = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return `unexpected ${error.name}${frame === undefined ? '' : ` ${frame.trim()}`}`;
}
