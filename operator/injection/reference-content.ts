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
 * Both sed scripts of data-keys.ts, and an entry for each key that a variable can be made of. Pure; keys without a value
 * are left out. A value that no Spark property can hold gives a text by which the merge script says so.
 */
export function referenceContent({ secretName, keys, values, variables }: ReferenceInput): ReferenceContent {
  const named = new Map(variables.map(({ name, source }) => [source, name]));
  const data = new Map<string, Buffer>();
  const own: SecretKey[] = [];
  const [lines, executorLines]: [string[], string[]] = [[], []];
  for (const key of [...new Set(keys)].sort()) {
    const bytes = values.get(key)?.reveal();
    if (bytes === undefined) continue;
    lines.push(`s/${pattern(key)}/${replacement(key, bytes)}/g\n`);
    const variable = named.get(key);
    if (variable === undefined) {
      if (envValueProblem(key, key, bytes) !== undefined) continue;
      data.set(referenceDataKey(key), bytes);
      own.push(key);
    }
    executorLines.push(executorLine(key, secretName, variable ?? referenceDataKey(key)));
  }
  data.set(REFERENCES_KEY, Buffer.from(lines.join('')));
  data.set(EXECUTOR_REFERENCES_KEY, Buffer.from(executorLines.join('')));
  return { data, keys: own };
}

/** `executor-references.sed` whose lines point to another Secret than before. */
export function executorReferencesOf(script: string, from: string, to: string): string {
  const start = `=${from}\\\\:`;
  return script.replaceAll(start, `=${to}\\\\:`);
}

/** Basic regular expression: of what a key has, only `.` and the `/` that ends the expression mean something. */
function pattern(key: SecretKey): string {
  return `\\\${secrets\\.${escapedKey(key)}}`;
}

function escapedKey(key: SecretKey): string {
  return key.replaceAll(/[./]/g, String.raw`\$&`);
}

/** Without `$`, so that no value is ever taken for a reference. */
function replacement(key: SecretKey, bytes: Buffer): string {
  const text = decodeText(bytes);
  if (text === undefined || trimmedBySpark(text)) return `\${secrets-unusable.${escapedKey(key)}}`;
  const escaped = escapePropertyValue(text).replaceAll('$', String.raw`\u0024`);
  return escaped.replaceAll(/[\\/&]/g, String.raw`\$&`);
}

function executorLine(key: SecretKey, secretName: string, dataKey: string): string {
  const variable = String.raw`s/^spark\.executorEnv\.\([A-Za-z0-9_.-]*\)=${pattern(key)}$/`;
  return String.raw`${variable}spark.kubernetes.executor.secretKeyRef.\1=${secretName}\\:${dataKey}/` + '\n';
}
