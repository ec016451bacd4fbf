import { parseSource, type SecretSource } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { nameOf, parseGroup, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { reservedEnvName } from './conf-key.ts';

/** One environment variable that a binding gives. */
export interface EnvVariable {
  readonly name: string;
  readonly key: SecretSource;
}

/** The variables of a binding, sorted by name, each once, and what is wrong with them. */
export interface Environment {
  readonly variables: readonly EnvVariable[];
  readonly problems: readonly Problem[];
}

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
  const grouped = new Map<string, SecretSource>();
  for (const { group, prefix = '' } of spec.envFrom ?? []) {
    const variables = keysOf(group, groups, problems).map((key) => ({ name: prefix + nameOf(key), key }));
    for (const variable of variables.filter(({ name }) => !listed.has(name))) {
      const problem = invalidEnvName(variable.name, `envFrom ${group}: key ${variable.key}`);
      if (problem === undefined) claim(grouped, variable, problems);
      else problems.push(problem);
    }
  }
  const variables = [...listed, ...grouped].map(([name, key]) => ({ name, key }));
  return { variables: variables.sort((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

function listedVariables(spec: BindingSpec, problems: Problem[]): Map<string, SecretSource> {
  const listed = new Map<string, SecretSource>();
  for (const { name, key: text } of spec.env ?? []) {
    const key = parseSource(text);
    const problem = invalidEnvName(name, `env ${name}`);
    if (problem !== undefined) problems.push(problem);
    else if (key !== undefined) claim(listed, { name, key }, problems);
  }
  return listed;
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

function claim(claims: Map<string, SecretSource>, { name, key }: EnvVariable, problems: Problem[]): void {
  const other = claims.get(name);
  if (other !== undefined && other !== key) {
    problems.push({
      reason: 'Conflict',
      message: `variable ${name} comes from the keys ${other} and ${key}: remove one, set another prefix, or name it in env.`,
    });
  }
  claims.set(name, other ?? key);
}
