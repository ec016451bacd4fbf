import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { parseGroup, parseKey, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { forbiddenConfKey } from './conf-key.ts';
import { confTemplate } from './conf-template.ts';
import { invalidEnvName } from './environment.ts';
import { templateKeys } from './template.ts';

/** What a binding has to be given before its Secret can be written. */
export interface Requirements {
  /** Keys that env and sparkConf name, sorted, each once. Keys that a group holds come on top. */
  readonly keys: readonly SecretKey[];
  /** Groups that envFrom names, sorted, each once. */
  readonly groups: readonly SecretGroup[];
  /** What is wrong with the spec itself, whatever the store holds. All of it, not just the first. */
  readonly problems: readonly Problem[];
}

/** Which keys and groups a binding needs, and what is wrong with its spec. */
export function requirements(spec: BindingSpec): Requirements {
  const parts = [unsupported(spec), ofEnv(spec), ofEnvFrom(spec), ofSparkConf(spec)];
  return {
    keys: [...new Set(parts.flatMap(({ keys }) => keys))].sort(),
    groups: [...new Set(parts.flatMap(({ groups }) => groups))].sort(),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

function ofEnv(spec: BindingSpec): Requirements {
  const keys = (spec.env ?? []).map(({ name, key }) => parseKey(key) ?? noKey(`env ${name}`));
  const names = (spec.env ?? []).map(({ name }) => invalidEnvName(name, `env ${name}`));
  return { keys: keys.filter(isPath), groups: [], problems: [...keys, ...names].filter(isProblem) };
}

function ofEnvFrom(spec: BindingSpec): Requirements {
  const groups = (spec.envFrom ?? []).map(({ group }) => parseGroup(group) ?? noKey('envFrom'));
  return { keys: [], groups: groups.filter(isPath), problems: groups.filter(isProblem) };
}

function ofSparkConf(spec: BindingSpec): Requirements {
  const entries = spec.sparkConf ?? [];
  const forbidden = entries.map(({ name }) => {
    const why = forbiddenConfKey(name);
    return why === undefined ? undefined : problem('ForbiddenConfKey', `sparkConf ${name}: ${why}.`);
  });
  const templates = entries.map((entry) => confTemplate(entry));
  const problems = [
    ...forbidden,
    ...templates.map((template) => ('problem' in template ? template.problem : undefined)),
  ];
  const keys = templates.flatMap((template) => ('problem' in template ? [] : templateKeys(template)));
  return { keys, groups: [], problems: problems.filter(isProblem) };
}

/** The CRD refuses what comes in a later version; an object that slipped past it must not be taken for complete. */
function unsupported(spec: BindingSpec): Requirements {
  const message = 'files is not yet supported: use env or sparkConf.';
  return { keys: [], groups: [], problems: (spec.files ?? []).length > 0 ? [problem('InvalidValue', message)] : [] };
}

function noKey(where: string): Problem {
  return problem('KeyNotFound', `${where}: this is not the form of a key or group: write it like orders/DB_PASSWORD.`);
}

function problem(reason: Problem['reason'], message: string): Problem {
  return { reason, message };
}

function isPath<T extends string>(value: T | Problem): value is T {
  return typeof value === 'string';
}

function isProblem(value: string | Problem | undefined): value is Problem {
  return typeof value === 'object';
}
