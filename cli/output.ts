import type { Io, Output } from './io.ts';
import { CommandProblem } from './problem.ts';
import { plainJson } from './terminal/plain.ts';

/** Writes a result: as a document for programs, or the text that `table` makes of it for people. */
export async function write(
  { stdout }: Pick<Io, 'stdout'>,
  format: 'table' | 'json' | 'yaml',
  result: object,
  table: () => string,
): Promise<void> {
  stdout.write(format === 'table' ? table() : await documentOf(format, result));
}

/** JSON or YAML with visible characters only, which means the same as the result. */
export async function documentOf(format: 'json' | 'yaml', result: unknown): Promise<string> {
  if (format === 'json') return `${plainJson(result)}\n`;
  const { plainYaml } = await import('./terminal/plain-yaml.ts');
  return plainYaml(result);
}

/** Writes a text, and waits until it is written. Throws CommandProblem. */
export async function written(output: Output, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    output.write(text, (error) => {
      if (error) reject(unwritten(error));
      else resolve();
    });
  });
}

/** Standard output took no more. */
export function unwritten({ code = 'unknown' }: NodeJS.ErrnoException): CommandProblem {
  return new CommandProblem(`standard output can't be written (${code})`);
}
