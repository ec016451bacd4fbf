import { operandChoices, type Command } from '../command.ts';
import { HELP } from '../parse.ts';

/** What can follow a command. */
export interface Words {
  readonly name: string;
  readonly summary: string;
  /** The only words that an operand can be. */
  readonly operands: readonly string[];
  readonly options: readonly OptionWord[];
}

export interface OptionWord {
  /** With its dashes. */
  readonly long: string;
  readonly short: string | undefined;
  readonly about: string;
  /** Undefined: it takes none. */
  readonly value: 'file' | 'any' | readonly string[] | undefined;
}

/** The words of the commands, `help` among them. */
export function wordsOf(commands: readonly Command[]): readonly Words[] {
  const names = commands.map(({ name }) => name);
  return [
    ...commands.map((command) => ({
      ...{ name: command.name, summary: command.summary, operands: operandChoices(command) },
      options: Object.entries({ ...command.options, help: HELP }).map(optionWord),
    })),
    { name: 'help', summary: 'show the help of a command', operands: names, options: [] },
  ];
}

function optionWord([name, option]: readonly [string, Command['options'][string]]): OptionWord {
  const { type, short, about, value, choices } = option;
  const taken = type === 'boolean' ? undefined : (choices ?? (value === 'FILE' ? 'file' : 'any'));
  return { long: `--${name}`, short: short === undefined ? undefined : `-${short}`, about, value: taken };
}
