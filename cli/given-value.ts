import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { SecretValue } from '../operator/api/secret-value.ts';
import type { Io } from './io.ts';
import { CommandProblem, UsageProblem } from './problem.ts';
import { askHidden } from './terminal/prompt.ts';

/** How `set` is given a value. */
export interface ValueChoice {
  readonly file?: string;
  readonly value?: string;
  /** Not even the line end that editors and `echo` add is left out. */
  readonly raw?: boolean;
  readonly 'allow-empty'?: boolean;
}

const LOUD = `
  WARNING: the value stood on the command line. Other users of this machine could see it while the command ran (ps),
  and it is in the history of your shell. Pipe it in, give a file with -f, or let the command ask for it.

`;

/**
 * The value to write: of `--file`, of standard input, or, when that is a terminal, asked for twice without showing it.
 * Throws CommandProblem, which says nothing of it.
 */
export async function givenValue(what: string, choice: ValueChoice, io: Io): Promise<SecretValue> {
  const value = await read(what, choice, io);
  if (value.byteLength === 0 && choice['allow-empty'] !== true)
    throw new CommandProblem('the value is empty: nothing was written. With --allow-empty it would be');
  return value;
}

async function read(what: string, { file, value, raw = false }: ValueChoice, io: Io): Promise<SecretValue> {
  if (file !== undefined && value !== undefined) throw new UsageProblem('give one of --file and --value, not both');
  if (value !== undefined) {
    io.stderr.write(LOUD);
    return SecretValue.fromText(value);
  }
  if (file !== undefined && file !== '-') return withoutLineEnd(await bytesOf(file), raw, io);
  return io.stdin.isTTY === true ? asked(what, io) : withoutLineEnd(await buffer(io.stdin), raw, io);
}

async function asked(what: string, io: Io): Promise<SecretValue> {
  const questions = [`Value of ${what} (it is not shown): `, 'The same again: '];
  const [first = '', second] = await askHidden(questions, io);
  if (first !== second) throw new CommandProblem('they are not the same: nothing was written');
  return SecretValue.fromText(first);
}

/** A password with a line end is no password: of one line it is left out, and said. What has more lines is taken as it is. */
function withoutLineEnd(bytes: Buffer, raw: boolean, { stderr }: Pick<Io, 'stderr'>): SecretValue {
  const at = bytes.indexOf('\n');
  if (raw || at === -1 || at !== bytes.length - 1) return SecretValue.fromBytes(bytes);
  stderr.write('The line end after the value was left out; --raw keeps it.\n');
  return SecretValue.fromBytes(bytes.subarray(0, bytes[at - 1] === 0x0d ? at - 1 : at));
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandProblem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
