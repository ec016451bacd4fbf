import { isDynamic, parseSource, type SecretSource } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { nameOf, parseGroup, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { reservedEnvName } from './conf-key.ts';
import { carrierOf, expandedSpec } from './expanded-spec.ts';
import { parseTemplate, templateKeys, type Template, type TemplateProblem } from './template.ts';

type EnvEntry = NonNullable<BindingSpec['env']>[number];

/** One environment variable that a binding gives. */
export interface EnvVariable {
  readonly name: string;
  /** Its value: a key alone, or text around keys. */
  readonly template: Template;
  /** Where it comes from, for annotations and comparisons: the key or dynamic reference, or `template:` and the template's text. */
  readonly source: string;
  /** The property that it carries, if it is there for one. */
  readonly property?: string;
}

/** The variables of a binding, sorted by name, each once, and what is wrong with them. */
export interface Environment {
  readonly variables: readonly EnvVariable[];
  readonly problems: readonly Problem[];
}

/** No key has a colon. */
const TEMPLATE = 'template:';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A variable's name is a key of the Secret's data, where Kubernetes allows 253 characters. */
const MAX_NAME_LENGTH = 253;

/**
 * Which variables a binding gives when its groups hold these keys. An entry of env wins over envFrom; two entries of
 * the same kind that give one name different keys are a Conflict.
 */
export function environment(spec: BindingSpec, groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>): Environment {
  const problems: Problem[] = [];
  const listed = listedVariables(spec, problems);
  const grouped = new Map<string, EnvVariable>();
  for (const { group, prefix = '' } of spec.envFrom ?? []) {
    const variables = keysOf(group, groups, problems).map((key) => ofKey(prefix + nameOf(key), key));
    for (const variable of variables.filter(({ name }) => !listed.has(name))) {
      const problem = invalidEnvName(variable.name, `envFrom ${group}: key ${variable.source}`);
      if (problem === undefined) claim(grouped, variable, problems);
      else problems.push(problem);
    }
  }
  const variables = [...listed.values(), ...grouped.values()];
  return { variables: variables.sort((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

/** The key or dynamic reference that a variable's source is; undefined: it is a template. */
export function keyOfSource(source: string): SecretSource | undefined {
  return parseSource(source);
}

/** Every key and dynamic reference in a variable's source, each once. */
export function keysOfSource(source: string): readonly SecretSource[] {
  const key = keyOfSource(source);
  if (key !== undefined) return [key];
  const template = parseTemplate(source.startsWith(TEMPLATE) ? source.slice(TEMPLATE.length) : '');
  return 'problem' in template ? [] : templateKeys(template);
}

/** The variable of an entry of env, or what is wrong with it. */
export function envVariable({ name, key, template }: EnvEntry): EnvVariable | TemplateProblem {
  const where = `env ${name}`;
  if ((key === undefined) === (template === undefined))
    return invalid('InvalidTemplate', `${where}: set exactly one of key and template.`);
  if (key !== undefined) {
    const source = parseSource(key);
    return source === undefined
      ? invalid('KeyNotFound', `${where}: this is not the form of a key: write it like orders/DB_PASSWORD.`)
      : ofKey(name, source);
  }
  const parsed = parseTemplate(template ?? '');
  if ('problem' in parsed) return invalid(parsed.problem.reason, `${where}: template: ${parsed.problem.message}`);
  const [part, another] = parsed.parts;
  if (typeof part === 'object' && another === undefined) return ofKey(name, part.key);
  const dynamic = templateKeys(parsed).find(isDynamic);
  if (dynamic === undefined) return { name, template: parsed, source: TEMPLATE + (template ?? '') };
  return invalid(
    'InvalidTemplate',
    `${where}: template: ${dynamic} is made for each run and can't be part of a variable's text: give it a variable of its own.`,
  );
}

function ofKey(name: string, key: SecretSource): EnvVariable {
  return { name, template: { parts: [{ key }] }, source: key };
}

function invalid(reason: Problem['reason'], message: string): TemplateProblem {
  return { problem: { reason, message } };
}

function listedVariables(spec: BindingSpec, problems: Problem[]): Map<string, EnvVariable> {
  const listed = new Map<string, EnvVariable>();
  const expanded = expandedSpec(spec);
  const properties = new Map((expanded.sparkConf ?? []).map((entry) => [carrierOf(entry), entry.name]));
  for (const entry of expanded.env ?? []) {
    const variable = envVariable(entry);
    const problem = invalidEnvName(entry.name, `env ${entry.name}`);
    if (problem !== undefined) problems.push(problem);
    else if ('problem' in variable) problems.push(variable.problem);
    else claim(listed, withProperty(variable, properties.get(entry.name)), problems);
  }
  return listed;
}

function withProperty(variable: EnvVariable, property: string | undefined): EnvVariable {
  return property === undefined ? variable : { ...variable, property };
}

/** Which of a binding's variables go to a driver or executor; those of envFrom go to both. */
export function goesTo(spec: BindingSpec, variable: string, target: 'driver' | 'executor'): boolean {
  const entry = spec.env?.find(({ name }) => name === variable);
  return entry?.targets === undefined || entry.targets.includes(target);
}

/** What is wrong with the name of a variable, which `where` gives. */
export function invalidEnvName(name: string, where: string): Problem | undefined {
  const reserved = reservedEnvName(name);
  if (reserved !== undefined)
    return { reason: 'InvalidEnvName', message: `${where} gives the variable ${name}: ${reserved}.` };
  if (NAME.test(name) && name.length <= MAX_NAME_LENGTH) return undefined;
  const form = `letters, digits and underscores, ${MAX_NAME_LENGTH} characters at most, and no digit first`;
  return {
    reason: 'InvalidEnvName',
    message: `${where} gives the variable ${name}, which is no valid name (${form}): name it in env, and list keys instead of the group.`,
  };
}

function keysOf(
  text: string,
  groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>,
  problems: Problem[],
): readonly SecretKey[] {
  const group = parseGroup(text);
  const keys = group === undefined ? [] : (groups.get(group) ?? []);
  if (group !== undefined && keys.length === 0) {
    problems.push({
      reason: 'KeyNotFound',
      message: `envFrom ${text}: the store has no key in this group that it grants to this namespace: add one, or correct the group.`,
    });
  }
  return keys;
}

function claim(claims: Map<string, EnvVariable>, variable: EnvVariable, problems: Problem[]): void {
  const { name, source } = variable;
  const other = claims.get(name);
  if (other !== undefined && other.source !== source) {
    problems.push({
      reason: 'Conflict',
      message: `variable ${name} comes from ${sourcesOf(other, variable)}: remove one, set another prefix, or name it in env.`,
    });
  }
  claims.set(name, other ?? variable);
}

function sourcesOf(...variables: readonly EnvVariable[]): string {
  const sources = variables.map(({ source }) => source);
  return sources.every((source) => keyOfSource(source) !== undefined)
    ? `the keys ${sources.join(' and ')}`
    : 'two sources, one of which is a template';
}
