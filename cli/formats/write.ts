import type { SecretValue } from '../../operator/api/secret-value.ts';
import { wireOf } from '../api/value-wire.ts';
import { documentOf } from '../output.ts';
import { CommandProblem } from '../problem.ts';
import { dotenvLine, isVariable } from './dotenv.ts';
import type { Format } from './format.ts';

/** A key and its value. */
export interface Exported {
  readonly key: string;
  readonly value: SecretValue;
}

/** The text of a file with these values, which `import` reads as they were. Throws CommandProblem for what it can't hold. */
export async function fileOf(format: Format, values: readonly Exported[]): Promise<string> {
  if (format === 'dotenv') return values.map(variableOf).join('');
  return documentOf(
    format,
    values.map(({ key, value }) => ({ key, ...wireOf(value) })),
  );
}

function variableOf({ key, value }: Exported): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const wire = wireOf(value);
  if (!isVariable(name)) throw new CommandProblem(`${key} is no name of a variable: export it as json or yaml`);
  if (!('value' in wire) || wire.value.includes('\0'))
    throw new CommandProblem(`${key} is no text that a variable can hold: export it as json or yaml`);
  return dotenvLine(name, wire.value);
}
