import { createHash } from 'node:crypto';
import type { SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { decodeText, envValueProblem } from './checked-value.ts';
import { EXECUTOR_REFERENCES_KEY, REFERENCES_KEY } from './data-keys.ts';
import type { EnvVariable } from './environment.ts';
import { escapePropertyValue, trimmedBySpark } from './properties.ts';

/** What jobs may refer to, and with what. */
export interface ReferenceInput {
  readonly secretName: string;
  readonly keys: Iterable<SecretKey>;
  readonly values: ReadonlyMap<SecretKey, SecretValue>;
  /** The variables that the Secret has anyway: a key that is one of them alone needs no entry of its own. */
  readonly variables: readonly EnvVariable[];
}

/** What the Secret of a binding has for `${secrets.KEY}` in jobs. */
export interface ReferenceContent {
  readonly data: ReadonlyMap<string, Buffer>;
  /** Keys with an entry of their own in the data, named by `referenceDataKey`. Sorted. */
  readonly keys: readonly SecretKey[];
}

/** Name in a Secret's data of a key's value that no environment variable has: `key.` and 16 hex digits. */
export function referenceDataKey(key: SecretKey): string {
  return `key.${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

/**
 * Both lists of data-keys.ts, and an entry for each key that a variable can be made of. Pure; keys without a value are
 * left out.
 */
export function referenceContent({ secretName, keys, values, variables }: ReferenceInput): ReferenceContent {
  const named = new Map(variables.map(({ name, source }) => [source, name]));
  const data = new Map<string, Buffer>();
  const own: SecretKey[] = [];
  const [lines, executorLines]: [string[], string[]] = [[], []];
  for (const key of [...new Set(keys)].sort()) {
    const bytes = values.get(key)?.reveal();
    if (bytes === undefined) continue;
    lines.push(referenceLine(key, bytes));
    const variable = named.get(key);
    if (variable === undefined) {
      if (envValueProblem({ name: key, source: key }, bytes) !== undefined) continue;
      data.set(referenceDataKey(key), bytes);
      own.push(key);
    }
    executorLines.push(`${key}=${escapePropertyValue(`${secretName}:${variable ?? referenceDataKey(key)}`)}\n`);
  }
  data.set(REFERENCES_KEY, Buffer.from(lines.join('')));
  data.set(EXECUTOR_REFERENCES_KEY, Buffer.from(executorLines.join('')));
  return { data, keys: own };
}

/** `EXECUTOR_REFERENCES_KEY` whose lines point to another Secret than before. Lines that point elsewhere stay. */
export function executorReferencesOf(lines: string, from: string, to: string): string {
  return lines.replaceAll(`=${from}\\:`, `=${to}\\:`);
}

function referenceLine(key: SecretKey, bytes: Buffer): string {
  const text = decodeText(bytes);
  if (text === undefined || trimmedBySpark(text)) return `${key}\n`;
  return `${key}=${escapePropertyValue(text).replaceAll('$', String.raw`\u0024`)}\n`;
}
