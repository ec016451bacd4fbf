import { isDynamic, type DynamicReference, type SecretSource } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { parseGroup, parseKey, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { forbiddenConfKey, isRepublished, REPUBLISHED } from './conf-key.ts';
import { confTemplate, type ConfEntry } from './conf-template.ts';
import { envVariable, invalidEnvName, type EnvVariable } from './environment.ts';
import { fileProblem } from './file-content.ts';
import { carrierOf, expandedSpec, isCarriable } from './expanded-spec.ts';
import { templateKeys, type Template, type TemplateProblem } from './template.ts';

/** What a binding has to be given before its Secret can be written. */
export interface Requirements {
  /** Keys that env, sparkConf, references and files name, sorted, each once. Keys that a group holds come on top. */
  readonly keys: readonly SecretKey[];
  /** Groups that envFrom names, sorted, each once. */
  readonly groups: readonly SecretGroup[];
  /** Fields of credentials that are made for each run, sorted, each once. */
  readonly dynamic: readonly DynamicReference[];
  /** What is wrong with the spec itself, whatever the store holds. All of it, not just the first. */
  readonly problems: readonly Problem[];
}

/** Which keys and groups a binding needs, and what is wrong with its spec. */
export function requirements(spec: BindingSpec): Requirements {
  const parts = [ofEnv(spec), ofEnvFrom(spec), ofSparkConf(spec), ofReferences(spec), ofFiles(spec)];
  const sources = [...new Set(parts.flatMap(({ sources }) => sources))].sort();
  const dynamic = sources.filter(isDynamic);
  return {
    keys: sources.filter((source) => !isDynamic(source)),
    groups: [...new Set(parts.flatMap(({ groups }) => groups))].sort(),
    dynamic,
    problems: [...parts.flatMap(({ problems }) => problems), ...sharedDynamic(spec, dynamic)],
  };
}

const NOT_CARRIABLE =
  'Environment works where Hadoop or Spark replaces variables, in spark.hadoop.* and for key and trust stores and passwords in spark.ssl.*';

/** What one part of a spec needs. */
interface Part {
  readonly sources: readonly SecretSource[];
  readonly groups: readonly SecretGroup[];
  readonly problems: readonly Problem[];
}

/** Credentials that are made for one run can't be in a Secret that all runs read. */
function sharedDynamic(spec: BindingSpec, [first]: readonly DynamicReference[]): Problem[] {
  if (first === undefined || spec.scope === 'Application') return [];
  return [problem('NotLeasable', `${first} is made for each run of an application: set scope: Application.`)];
}

function ofEnv(spec: BindingSpec): Part {
  const entries = expandedSpec(spec).env ?? [];
  const variables = entries.map((entry) => envVariable(entry));
  const names = entries.map(({ name }) => invalidEnvName(name, `env ${name}`));
  return {
    sources: variables.flatMap((variable) => ('problem' in variable ? [] : templateKeys(variable.template))),
    groups: [],
    problems: [...variables.map(problemIn), ...names].filter(isProblem),
  };
}

function ofEnvFrom(spec: BindingSpec): Part {
  const groups = (spec.envFrom ?? []).map(({ group }) => parseGroup(group) ?? noKey('envFrom'));
  return { sources: [], groups: groups.filter(isPath), problems: groups.filter(isProblem) };
}

function ofSparkConf(spec: BindingSpec): Part {
  const entries = expandedSpec(spec).sparkConf ?? [];
  const forbidden = entries.map(({ name }) => {
    const why = forbiddenConfKey(name);
    return why === undefined ? undefined : problem('ForbiddenConfKey', `sparkConf ${name}: ${why}.`);
  });
  const templates = entries.map((entry) => confTemplate(entry));
  return {
    sources: templates.flatMap((template) => ('problem' in template ? [] : templateKeys(template))),
    groups: [],
    problems: [...forbidden, ...(spec.sparkConf ?? []).map(deliveryProblem), ...templates.map(problemIn)].filter(
      isProblem,
    ),
  };
}

/** What is wrong with how a property is to be delivered. */
function deliveryProblem(entry: ConfEntry): Problem | undefined {
  const { name, delivery = 'Auto' } = entry;
  if (carrierOf(entry) !== undefined) return undefined;
  if (delivery === 'Environment' && !isCarriable(name))
    return problem('InvalidValue', `sparkConf ${name}: ${NOT_CARRIABLE}: use delivery Auto or Value.`);
  if (!isRepublished(name) && delivery !== 'Environment') return undefined;
  if (delivery === 'Value') return problem('ForbiddenConfKey', `sparkConf ${name}: ${REPUBLISHED}: use delivery Auto.`);
  if (!isMixed(entry)) return undefined;
  return problem(
    'InvalidTemplate',
    `sparkConf ${name}: template: credentials on lease can't be part of a text that the environment delivers: use a key alone.`,
  );
}

/** Text with credentials on lease in it. */
function isMixed(entry: ConfEntry): boolean {
  const template = confTemplate(entry);
  return entry.template !== undefined && !('problem' in template) && templateKeys(template).some(isDynamic);
}

/** The keys directly in a group are known when the store was asked. */
function ofReferences(spec: BindingSpec): Part {
  const entries = spec.references ?? [];
  const keys = entries.flatMap(({ key }) => (key === undefined ? [] : [parseKey(key) ?? noKey('references')]));
  const groups = entries.flatMap(({ group }) =>
    group === undefined ? [] : [parseGroup(group) ?? noKey('references')],
  );
  return {
    sources: keys.filter(isPath),
    groups: groups.filter(isPath),
    problems: [...keys, ...groups].filter(isProblem),
  };
}

function ofFiles({ files = [] }: BindingSpec): Part {
  const problems = files.map((entry) => fileProblem(entry));
  const good = files.filter((_, at) => problems[at] === undefined);
  return { sources: good.flatMap(({ key }) => parseKey(key) ?? []), groups: [], problems: problems.filter(isProblem) };
}

function noKey(where: string): Problem {
  return problem('KeyNotFound', `${where}: this is not the form of a key or group: write it like orders/DB_PASSWORD.`);
}

function problem(reason: Problem['reason'], message: string): Problem {
  return { reason, message };
}

function problemIn(value: EnvVariable | Template | TemplateProblem): Problem | undefined {
  return 'problem' in value ? value.problem : undefined;
}

function isPath<T extends string>(value: T | Problem): value is T {
  return typeof value === 'string';
}

function isProblem(value: string | Problem | undefined): value is Problem {
  return typeof value === 'object';
}
