import { isDynamic, type SecretSource } from '../api/dynamic-reference.ts';
import { LABELS } from '../api/group.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { parseKey, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { confProperty, envValueProblem, templateText } from './checked-value.ts';
import { isRepublished } from './conf-key.ts';
import { confTemplate, type ConfEntry } from './conf-template.ts';
import { EXECUTOR_SECRET_KEY_REF, EXECUTOR_SECRETS, LEASED_KEY, PROPERTIES_KEY, REGEX_KEY } from './data-keys.ts';
import { environment, goesTo, keyOfSource, type EnvVariable } from './environment.ts';
import { fileContent, type FileContent } from './file-content.ts';
import { filesFolder, hasFiles } from './files.ts';
import { keyIndex, keyIndexName } from './key-index.ts';
import { carrierOf, expandedSpec } from './expanded-spec.ts';
import { leasedTemplatesNote, type LeasedProperty } from './leased-content.ts';
import { escapeProperty } from './properties.ts';
import { redactionRegex } from './redaction.ts';
import { referenceContent, type ReferenceContent } from './reference-content.ts';
import { requirements } from './requirements.ts';
import { filesSecretName } from './secret-name.ts';
import { noteTooLarge, tooLarge } from './secret-size.ts';
import { renderTemplate, templateKeys, type Template } from './template.ts';

/** What jobs refer to is short; a longer value would be in the Secret twice for nothing, so it has to be listed in references. */
const MAX_UNLISTED_BYTES = 8_192;

/** What a Secret's content is made of. */
export interface SecretContentInput {
  readonly spec: BindingSpec;
  /** Name of the binding: its files and the index of its keys are called after it. */
  readonly binding: string;
  /** Name of the Secret: its own properties point executors to it. */
  readonly secretName: string;
  /** The value of every key that is there. */
  readonly values: ReadonlyMap<SecretKey, SecretValue>;
  /** For every group of envFrom and references, the keys directly in it that the store grants. */
  readonly groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>;
}

/** Content of a binding's Secret, and of the one with its files. */
export interface SecretContent {
  /** `data` of the Secret: base64. */
  readonly data: Readonly<Record<string, string>>;
  /** Name of each environment variable → its source (`EnvVariable.source`). */
  readonly envKeys: Readonly<Record<string, string>>;
  /** Keys that jobs may refer to and no variable is made of alone: each has an entry `referenceDataKey` in the data. */
  readonly referenceKeys: readonly SecretKey[];
  /** Undefined: the binding gives none. */
  readonly files?: FileContent;
}

/** Why there is no content. */
export interface SecretContentProblems {
  readonly problems: readonly Problem[];
}

/**
 * The content of a binding's Secret, or everything that keeps it from being written. Pure and deterministic: the same
 * input gives the same bytes. A key without a value is a problem (KeyNotFound), never an empty string. Of credentials on
 * lease it only says where they go in the Secret of each run.
 */
export function secretContent(input: SecretContentInput): SecretContent | SecretContentProblems {
  const { values } = input;
  const spec = expandedSpec(input.spec);
  const { variables, problems: envProblems } = environment(spec, input.groups);
  const conf = [...(spec.sparkConf ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  const problems = [...requirements(input.spec).problems, ...envProblems, ...twice(conf)];
  const data = new Map<string, Buffer>();
  for (const variable of variables) {
    const value = envValue(variable, values, problems);
    if (value !== undefined) data.set(variable.name, value);
  }
  const properties = conf.flatMap((entry) => broken(entry, data, problems) ?? confProperties(entry, values, problems));
  const isWhole = (property: string | LeasedProperty): property is string => typeof property === 'string';
  const leased = leasedTemplatesNote(
    variables,
    properties.filter((property): property is LeasedProperty => !isWhole(property)),
  );
  if (leased !== undefined) data.set(LEASED_KEY, leased);
  const { files, problems: fileProblems } = filesOf(input);
  problems.push(...fileProblems);
  const envKeys = Object.fromEntries(variables.map(({ name, source }) => [name, source]));
  const index = keyIndex(input.binding, { envKeys, files: spec.files ?? [] });
  if (index !== undefined) data.set(keyIndexName(input.binding), Buffer.from(index));
  const lines = [...properties.filter(isWhole), ...executorLines(input, variables, index !== undefined)];
  data.set(PROPERTIES_KEY, Buffer.from(`${lines.join('\n')}\n`));
  data.set(REGEX_KEY, Buffer.from(redactionRegex(conf.map(({ name }) => name))));
  const references = withReferences(data, { ...input, variables, envKeys });
  problems.push(...tooLarge('all values', references.data), ...noteTooLarge([envKeys, references.keys], values.keys()));
  if (problems.length > 0) return { problems: distinct(problems) };
  return {
    data: Object.fromEntries([...references.data].map(([name, bytes]) => [name, bytes.toString('base64')])),
    envKeys,
    referenceKeys: references.keys,
    ...(files === undefined ? {} : { files }),
  };
}

function filesOf({ spec, values }: SecretContentInput): {
  readonly files?: FileContent;
  readonly problems: readonly Problem[];
} {
  const files = fileContent(spec, values);
  if (files === undefined) return { problems: [] };
  return 'problems' in files ? files : { files, problems: [] };
}

/**
 * The data with what references need: for the keys that references list, and for all others of the binding as far as
 * their values are short and there is room. Not for what is a file only: that is nowhere but in its file.
 */
function withReferences(
  data: ReadonlyMap<string, Buffer>,
  input: SecretContentInput & Pick<SecretContent, 'envKeys'> & { readonly variables: readonly EnvVariable[] },
): ReferenceContent {
  const { values, groups, spec } = input;
  const listed = (spec.references ?? []).flatMap(({ key, group }) => {
    const one = key === undefined ? undefined : parseKey(key);
    return one === undefined ? (groups.get((group ?? '') as SecretGroup) ?? []) : [one];
  });
  const isOfFilesOnly = filesOnly(input);
  const others = [...values]
    .filter(([key, { byteLength }]) => byteLength <= MAX_UNLISTED_BYTES && !isOfFilesOnly(key))
    .map(([key]) => key);
  const withKeys = (keys: readonly SecretKey[]): ReferenceContent => {
    const references = referenceContent({ ...input, keys });
    return { keys: references.keys, data: new Map([...data, ...references.data]) };
  };
  const all = withKeys([...listed, ...others]);
  const excess = [...tooLarge('all values', all.data), ...noteTooLarge([input.envKeys, all.keys], values.keys())];
  return excess.length === 0 ? all : withKeys(listed);
}

function filesOnly({ spec, groups }: SecretContentInput): (key: SecretKey) => boolean {
  if (!hasFiles(spec)) return () => false;
  const others = new Set([...requirements({ ...spec, files: [] }).keys, ...[...groups.values()].flat()]);
  return (key) => !others.has(key);
}

/** Lines by which Spark itself gives executors their variables and files, and a label; none of them holds a value. */
function executorLines(
  { spec, binding, secretName }: SecretContentInput,
  variables: readonly EnvVariable[],
  hasIndex: boolean,
): string[] {
  const names = variables.map(({ name }) => name).filter((name) => goesTo(spec, name, 'executor'));
  const refs = [...names, ...(hasIndex ? [keyIndexName(binding)] : [])].map((name) =>
    escapeProperty(`${EXECUTOR_SECRET_KEY_REF}${name}`, `${secretName}:${name}`),
  );
  const files = escapeProperty(EXECUTOR_SECRETS + filesSecretName(binding), filesFolder(binding));
  return [
    ...refs,
    ...(hasFiles(spec) ? [files] : []),
    escapeProperty(`spark.kubernetes.executor.label.${LABELS.injected}`, 'true'),
  ];
}

function envValue(
  variable: EnvVariable,
  values: ReadonlyMap<SecretKey, SecretValue>,
  problems: Problem[],
): Buffer | undefined {
  const key = keyOfSource(variable.source);
  if (key === undefined) return rendered(variable, values, problems);
  const bytes = valueOf(key, values, problems);
  const problem = bytes && envValueProblem(variable, bytes);
  if (problem) problems.push(problem);
  return bytes;
}

/** Undefined: it is leased, or (and then among the problems) missing. */
function valueOf(
  key: SecretSource,
  values: ReadonlyMap<SecretKey, SecretValue>,
  problems: Problem[],
): Buffer | undefined {
  if (isDynamic(key)) return undefined;
  const bytes = values.get(key)?.reveal();
  if (bytes === undefined) problems.push(missing(key));
  return bytes;
}

function rendered(
  variable: EnvVariable,
  values: ReadonlyMap<SecretKey, SecretValue>,
  problems: Problem[],
): Buffer | undefined {
  const { name, template, property } = variable;
  const texts = templateTexts(property === undefined ? `env ${name}` : `property ${property}`, template, values);
  if ('problems' in texts) {
    problems.push(...texts.problems);
    return undefined;
  }
  const bytes = Buffer.from(renderTemplate(template, (key) => texts.get(key as SecretKey) ?? unreachable(key)));
  const problem = envValueProblem(variable, bytes, texts.values());
  if (problem) problems.push(problem);
  return bytes;
}

/**
 * The line of a property that a variable should carry and can't: without a UTF-8 locale Java breaks what is not ASCII in its
 * environment, and images of Spark often have none. Auto then delivers the value. Undefined: there is no such trouble.
 */
function broken(entry: ConfEntry, data: ReadonlyMap<string, Buffer>, problems: Problem[]): string[] | undefined {
  const value = data.get(carrierOf(entry) ?? '')?.toString();
  if (value === undefined || entry.delivery === 'Environment' || isRepublished(entry.name)) return undefined;
  if (!/[^\x00-\x7f]/.test(value)) return undefined;
  // The variable was looked at for what Spark would replace.
  const line = confProperty(entry.name, value, []);
  if (typeof line === 'string') return [line];
  problems.push(line);
  return [];
}

/** The entry's line, or its parts when something in it is leased. */
function confProperties(
  entry: ConfEntry,
  values: ReadonlyMap<SecretKey, SecretValue>,
  problems: Problem[],
): (string | LeasedProperty)[] {
  const template = confTemplate(entry);
  // A template that does not parse is among the problems of `requirements`.
  if ('problem' in template) return [];
  const texts = templateTexts(`sparkConf ${entry.name}`, template, values);
  if ('problems' in texts) {
    problems.push(...texts.problems);
    return [];
  }
  const textOf = (key: SecretSource): string => texts.get(key as SecretKey) ?? unreachable(key);
  if (templateKeys(template).some(isDynamic)) {
    const parts = template.parts.map((part) => {
      if (typeof part === 'string') return part;
      return isDynamic(part.key) ? { reference: part.key } : textOf(part.key);
    });
    return [{ name: entry.name, parts }];
  }
  const line = confProperty(entry.name, renderTemplate(template, textOf), texts.values());
  if (typeof line === 'string') return [line];
  problems.push(line);
  return [];
}

function templateTexts(
  where: string,
  template: Template,
  values: ReadonlyMap<SecretKey, SecretValue>,
): ReadonlyMap<SecretKey, string> | SecretContentProblems {
  const problems: Problem[] = [];
  const texts = new Map<SecretKey, string>();
  for (const key of templateKeys(template)) {
    if (isDynamic(key)) continue;
    const bytes = values.get(key)?.reveal();
    const text = bytes === undefined ? missing(key) : templateText(where, key, bytes);
    if (typeof text === 'string') texts.set(key, text);
    else problems.push(text);
  }
  return problems.length > 0 ? { problems } : texts;
}

function twice(conf: readonly ConfEntry[]): Problem[] {
  const repeated = conf.filter(({ name }, at) => at > 0 && conf[at - 1]?.name === name);
  return repeated.map(({ name }) => ({
    reason: 'Conflict',
    message: `sparkConf ${name} is listed more than once: remove all but one.`,
  }));
}

function missing(key: SecretKey): Problem {
  return {
    reason: 'KeyNotFound',
    message: `key ${key} has no value in the store: add it, or correct the key in the binding.`,
  };
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.reason} ${problem.message}`, problem])).values()];
}

function unreachable(key: SecretSource): never {
  throw new Error(`key ${key} was to be there`);
}
