import type { Io } from './io.ts';

/** An option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  /** What it is about, for `--help`. */
  readonly about: string;
  /** What stands for its value in the help, such as FILE. */
  readonly value?: string;
  /** The only values it may have; the first one is what it has when it is left out. */
  readonly choices?: readonly string[];
  /** The variable that says it when the option does not. */
  readonly env?: string;
  /** Under which heading the help shows it; default: the command's own. */
  readonly section?: string;
}

export type Options = Readonly<Record<string, Option>>;

/** The type of an option's value. */
type ValueOf<O extends Option> = O['type'] extends 'boolean'
  ? boolean
  : O extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : string;

/** What was given for options. One with `choices` always has a value. */
export type Values<O extends Options> = {
  readonly [N in keyof O as O[N] extends { readonly choices: readonly string[] } ? N : never]: ValueOf<O[N]>;
} & {
  readonly [N in keyof O as O[N] extends { readonly choices: readonly string[] } ? never : N]?: ValueOf<O[N]>;
};

/** One run of a command. */
export interface Call<O extends Options> {
  readonly values: Values<O>;
  /** As many as the command's operands allow. */
  readonly operands: readonly string[];
  readonly io: Io;
}

export interface Definition<O extends Options> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** As the help shows them: `KEY [VERSION]`, `KEY...`, `bash|zsh|fish`. How many there may be is read from it. */
  readonly operands?: string;
  /** Paragraphs: what it does, and what it never does. */
  readonly about: string;
  readonly options: O;
  /** A command line without `spark-secrets`, and what it does. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Gives the exit code; undefined: 0. Throws CommandProblem. */
  readonly run: (call: Call<O>) => Promise<number | undefined>;
}

/** A command, whatever its options: dispatch, help and completion are made of it. */
export type Command = Definition<Options>;

/** Keeps the types of a command's options for its `run`. */
export function command<const O extends Options>(definition: Definition<O>): Command {
  // Only the parser makes the values, from these very options.
  return definition as unknown as Command;
}

/** How many operands a text such as `KEY [VERSION]` allows. */
export function operandCount(text = ''): { readonly least: number; readonly most: number } {
  const words = text.split(' ').filter((word) => word !== '');
  const least = words.filter((word) => !word.startsWith('[')).length;
  return { least, most: words.some((word) => word.includes('...')) ? Infinity : words.length };
}

/** The only words that an operand can be, for one such as `bash|zsh|fish`. */
export function operandChoices({ operands = '' }: Pick<Command, 'operands'>): readonly string[] {
  return operands.includes('|') ? operands.split('|') : [];
}
