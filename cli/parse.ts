import { parseArgs } from 'node:util';
import { operandChoices, operandCount, type Command, type Options } from './command.ts';
import type { Io } from './io.ts';
import { UsageProblem } from './problem.ts';

export const HELP = { type: 'boolean', short: 'h', about: 'show this' } as const;

/** What was typed after a command's name. */
export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean>>;
  readonly operands: readonly string[];
  /** `--help` is among it: then nothing else is looked at. */
  readonly isHelp: boolean;
}

/** Throws UsageProblem. */
export function parse(command: Command, args: readonly string[], env: Io['env']): Parsed {
  const options = { ...command.options, help: HELP };
  const { values, positionals: operands } = parsed(command, args, options);
  if (values['help'] === true) return { values: {}, operands, isHelp: true };
  const filled = { ...fromElsewhere(options, env), ...values } as Parsed['values'];
  for (const [name, option] of Object.entries<Options[string]>(options)) {
    const value = filled[name];
    if (option.choices !== undefined && typeof value === 'string' && !option.choices.includes(value))
      throw new UsageProblem(`--${name} is one of ${option.choices.join(', ')}`);
  }
  checkOperands(command, operands);
  return { values: filled, operands, isHelp: false };
}

function parsed(
  { name }: Command,
  args: readonly string[],
  options: Options,
): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    // Its first sentence names the option; the others explain how to give operands that look like options.
    const [first = ''] = (error as Error).message.split(/[.](?:\s|$)/);
    throw new UsageProblem(`${first}: see spark-secrets ${name} --help`);
  }
}

/** What is not given: by the environment, else the first of its choices. */
function fromElsewhere(options: Options, env: Io['env']): Record<string, string> {
  const found = Object.entries(options).map(([name, { env: variable, choices }]) => {
    const given = variable === undefined ? undefined : env[variable];
    return [name, given === undefined || given === '' ? choices?.[0] : given] as const;
  });
  return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { name, operands: text = '' } = command;
  const { least, most } = operandCount(text);
  const usage = `see spark-secrets ${name} --help`;
  if (operands.length < least) throw new UsageProblem(`${name} wants ${text}: ${usage}`);
  // What is too much is not repeated: it may be a value.
  if (operands.length > most)
    throw new UsageProblem(`${name} takes ${text || 'no operand'}, and ${operands.length} were given: ${usage}`);
  const choices = operandChoices(command);
  if (choices.length > 0 && !choices.includes(operands[0] ?? ''))
    throw new UsageProblem(`${name} takes one of ${choices.join(', ')}`);
}
