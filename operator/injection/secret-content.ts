import { LABELS } from '../api/group.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { confTemplate, type ConfEntry } from './conf-template.ts';
import { environment, goesTo, type EnvVariable } from './environment.ts';
import { escapeProperty, trimmedBySpark } from './properties.ts';
import { redactionRegex } from './redaction.ts';
import { requirements } from './requirements.ts';
import { renderTemplate, templateKeys, type Template } from './template.ts';

/** Names in the Secret's data, beside one per environment variable (whose names have no dot). */
export const PROPERTIES_KEY = 'spark.properties';
export const REGEX_KEY = 'redaction.regex';

/** Linux' MAX_ARG_STRLEN: what `NAME=value` and its NUL may take. */
const MAX_ENV_BYTES = 131_072;
/** Kubernetes' MaxSecretSize, over all values of the data. */
const MAX_SECRET_BYTES = 1_048_576;

/** What a Secret's content is made of. */
export interface SecretContentInput {
  readonly spec: BindingSpec;
  /** Name of the Secret: its own properties point executors to it. */
  readonly secretName: string;
  /** The value of every key that is there. */
  readonly values: ReadonlyMap<SecretKey, SecretValue>;
  /** For every group of envFrom, the keys directly in it that the store grants. */
  readonly groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>;
}

/** Content of a binding's Secret. */
export interface SecretContent {
  /** `data` of the Secret: base64. */
  readonly data: Readonly<Record<string, string>>;
  /** Name of each environment variable → its key in the store. */
  readonly envKeys: Readonly<Record<string, string>>;
}

/** Why there is no content. */
export interface SecretContentProblems {
  readonly problems: readonly Problem[];
}

/**
 * The content of a binding's Secret, or everything that keeps it from being written. Pure and deterministic: the same
 * input gives the same bytes. A key without a value is a problem (KeyNotFound), never an empty string.
 */
export function secretContent(input: SecretContentInput): SecretContent | SecretContentProblems {
  const { spec, secretName } = input;
  const { variables, problems: envProblems } = environment(spec, input.groups);
  const conf = [...(spec.sparkConf ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  const problems = [...requirements(spec).problems, ...envProblems, ...twice(conf)];
  const data = new Map<string, Buffer>();
  for (const variable of variables) {
    const value = envValue(variable, input.values, problems);
    if (value !== undefined) data.set(variable.name, value);
  }
  const confLines = conf.flatMap((entry) => confLine(entry, input.values, problems));
  const lines = [...confLines, ...executorLines(spec, secretName, variables)];
  data.set(PROPERTIES_KEY, Buffer.from(`${lines.join('\n')}\n`));
  data.set(REGEX_KEY, Buffer.from(redactionRegex(conf.map(({ name }) => name))));
  problems.push(...tooLarge(data));
  if (problems.length > 0) return { problems: distinct(problems) };
  return {
    data: Object.fromEntries([...data].map(([name, bytes]) => [name, bytes.toString('base64')])),
    envKeys: Object.fromEntries(variables.map(({ name, key }) => [name, key])),
  };
}

/** Lines by which Spark itself gives executors their variables, and a label; none of them holds a value. */
function executorLines(spec: BindingSpec, secretName: string, variables: readonly EnvVariable[]): string[] {
  const refs = variables
    .filter(({ name }) => goesTo(spec, name, 'executor'))
    .map(({ name }) => escapeProperty(`spark.kubernetes.executor.secretKeyRef.${name}`, `${secretName}:${name}`));
  return [...refs, escapeProperty(`spark.kubernetes.executor.label.${LABELS.injected}`, 'true')];
}

function envValue(
  { name, key }: EnvVariable,
  values: ReadonlyMap<SecretKey, SecretValue>,
  problems: Problem[],
): Buffer | undefined {
  const bytes = values.get(key)?.reveal();
  const where = `variable ${name} (key ${key})`;
  if (bytes === undefined) problems.push(missing(key));
  else if (bytes.includes(0)) problems.push(invalid(where, 'has a NUL byte, where the variable would end: remove it'));
  else if (decode(bytes) === undefined) problems.push(invalid(where, NOT_TEXT));
  else if (Buffer.byteLength(name) + bytes.byteLength + 2 > MAX_ENV_BYTES) {
    const most = MAX_ENV_BYTES - Buffer.byteLength(name) - 2;
    const message = `${where}: the value has ${bytes.byteLength} bytes, Linux carries ${most} in this variable: shorten it, or use sparkConf.`;
    problems.push({ reason: 'ValueTooLarge', message });
  }
  return bytes;
}

function confLine(entry: ConfEntry, values: ReadonlyMap<SecretKey, SecretValue>, problems: Problem[]): string[] {
  const template = confTemplate(entry);
  // A template that does not parse is among the problems of `requirements`.
  if ('problem' in template) return [];
  const texts = confTexts(entry.name, template, values);
  if ('problems' in texts) {
    problems.push(...texts.problems);
    return [];
  }
  const rendered = renderTemplate(template, (key) => texts.get(key) ?? unreachable(key));
  if (trimmedBySpark(rendered)) {
    const cut = 'starts or ends with a space or control character, which Spark would cut off';
    problems.push(invalid(`sparkConf ${entry.name}`, `${cut}: remove it from the value, or use env`));
  }
  return [escapeProperty(entry.name, rendered)];
}

function confTexts(
  name: string,
  template: Template,
  values: ReadonlyMap<SecretKey, SecretValue>,
): ReadonlyMap<SecretKey, string> | SecretContentProblems {
  const problems: Problem[] = [];
  const texts = new Map<SecretKey, string>();
  for (const key of templateKeys(template)) {
    const bytes = values.get(key)?.reveal();
    const text = bytes && decode(bytes);
    if (bytes === undefined) problems.push(missing(key));
    else if (text === undefined) problems.push(invalid(`sparkConf ${name} (key ${key})`, NOT_TEXT));
    else texts.set(key, text);
  }
  return problems.length > 0 ? { problems } : texts;
}

const NOT_TEXT = 'is not valid UTF-8 text: store it as base64 and decode it in the job';

/** Without `ignoreBOM` a value that starts with U+FEFF would lose it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function twice(conf: readonly ConfEntry[]): Problem[] {
  const repeated = conf.filter(({ name }, at) => at > 0 && conf[at - 1]?.name === name);
  return repeated.map(({ name }) => ({
    reason: 'Conflict',
    message: `sparkConf ${name} is listed more than once: remove all but one.`,
  }));
}

function tooLarge(data: ReadonlyMap<string, Buffer>): Problem[] {
  const total = [...data.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total <= MAX_SECRET_BYTES) return [];
  const largest = [...data].sort(([, a], [, b]) => b.byteLength - a.byteLength).slice(0, 3);
  const sizes = largest.map(([name, { byteLength }]) => `${name} (${byteLength} bytes)`).join(', ');
  const message = `all values together have ${total} bytes, a Kubernetes Secret carries ${MAX_SECRET_BYTES}: shorten them or use two bindings. The largest: ${sizes}.`;
  return [{ reason: 'ValueTooLarge', message }];
}

function missing(key: SecretKey): Problem {
  return {
    reason: 'KeyNotFound',
    message: `key ${key} has no value in the store: add it, or correct the key in the binding.`,
  };
}

function invalid(where: string, what: string): Problem {
  return { reason: 'InvalidValue', message: `${where}: the value ${what}.` };
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.reason} ${problem.message}`, problem])).values()];
}

function unreachable(key: SecretKey): never {
  throw new Error(`key ${key} was to be there`);
}
