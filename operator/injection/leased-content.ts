import {
  isDynamic,
  leaseFieldOf,
  leasePathOf,
  parseDynamicReference,
  type DynamicReference,
} from '../api/dynamic-reference.ts';
import type { Problem } from '../api/reasons.ts';
import type { SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { confProperty, envValueProblem, templateText } from './checked-value.ts';
import { keyOfSource, type EnvVariable } from './environment.ts';
import { PROPERTIES_KEY } from './data-keys.ts';

/** A Spark property in whose place only credentials on lease are missing. */
export interface LeasedProperty {
  readonly name: string;
  /** Text as it is (with the values of keys in it), and in between what is leased. */
  readonly parts: readonly (string | { readonly reference: DynamicReference })[];
}

/** What a binding's Secret says of the part that each run gets for itself. */
export interface LeasedTemplates {
  /** Name of each variable → its reference. */
  readonly env: Readonly<Record<string, DynamicReference>>;
  readonly sparkConf: readonly LeasedProperty[];
  /** Of the variables, name of each that carries a property → the property. Secrets of older operators have none. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Credentials by their path, as the store made them: each with its fields. */
export type Credentials = ReadonlyMap<SecretKey, ReadonlyMap<string, SecretValue>>;

/** Bytes for data key `leased.json`; undefined: nothing is leased. */
export function leasedTemplatesNote(
  variables: readonly EnvVariable[],
  sparkConf: readonly LeasedProperty[],
): Buffer | undefined {
  const leased = variables.filter(({ source }) => {
    const key = keyOfSource(source);
    return key !== undefined && isDynamic(key);
  });
  if (leased.length + sparkConf.length === 0) return undefined;
  const env = Object.fromEntries(leased.map(({ name, source }) => [name, source]));
  const carriers = leased.flatMap(({ name, property }) => (property === undefined ? [] : [[name, property]]));
  const properties = carriers.length === 0 ? {} : { properties: Object.fromEntries(carriers) as object };
  return Buffer.from(JSON.stringify({ env, sparkConf, ...properties }));
}

/**
 * The way back, from the base64 of a Secret's data: somebody may have changed it. Throws an Error that quotes nothing
 * of it.
 */
export function parseLeasedTemplates(base64: string): LeasedTemplates {
  try {
    const { env, sparkConf, properties = {} } = JSON.parse(Buffer.from(base64, 'base64').toString()) as LeasedTemplates;
    const templates = { env, sparkConf, properties };
    const isGood = leasedReferences(templates).every((each) => parseDynamicReference(each) !== undefined);
    if (isGood) return templates;
  } catch {
    // The parser's own words would quote what it read.
  }
  throw new Error('what the Secret says of credentials on lease can not be read');
}

/** Every reference, sorted, each once. */
export function leasedReferences({ env, sparkConf }: LeasedTemplates): readonly DynamicReference[] {
  const ofConf = sparkConf.flatMap(({ parts }) => parts.flatMap((part) => (typeof part === 'string' ? [] : [part])));
  return [...new Set([...Object.values(env), ...ofConf.map(({ reference }) => reference)])].sort();
}

/** The own part of a run's Secret (`own` of `runContent`), or everything that keeps it from being made. */
export function leasedContent(
  templates: LeasedTemplates,
  credentials: Credentials,
): { readonly data: Readonly<Record<string, string>> } | { readonly problems: readonly Problem[] } {
  const missing = leasedReferences(templates).filter((each) => valueOf(each, credentials) === undefined);
  if (missing.length > 0) return { problems: missing.map((each) => noField(each)) };
  const problems: Problem[] = [];
  const env = Object.entries(templates.env).map(([name, reference]) => {
    const bytes = valueOf(reference, credentials) ?? Buffer.alloc(0);
    const property = templates.properties?.[name];
    const variable = { name, source: reference, ...(property === undefined ? {} : { property }) };
    const problem = envValueProblem(variable, bytes);
    if (problem) problems.push(problem);
    return [name, bytes.toString('base64')] as const;
  });
  let lines = '';
  for (const property of templates.sparkConf) {
    const line = propertyOf(property, credentials);
    if (typeof line === 'string') lines += `${line}\n`;
    else problems.push(line);
  }
  if (problems.length > 0) return { problems };
  return { data: { ...Object.fromEntries(env), [PROPERTIES_KEY]: Buffer.from(lines).toString('base64') } };
}

function propertyOf({ name, parts }: LeasedProperty, credentials: Credentials): string | Problem {
  let text = '';
  for (const part of parts) {
    const bytes = typeof part === 'string' ? undefined : valueOf(part.reference, credentials);
    const piece =
      typeof part === 'string' ? part : templateText(`sparkConf ${name}`, part.reference, bytes ?? Buffer.alloc(0));
    if (typeof piece !== 'string') return piece;
    text += piece;
  }
  return confProperty(name, text);
}

function valueOf(reference: DynamicReference, credentials: Credentials): Buffer | undefined {
  return credentials.get(leasePathOf(reference))?.get(leaseFieldOf(reference))?.reveal();
}

function noField(reference: DynamicReference): Problem {
  const [path, field] = [leasePathOf(reference), leaseFieldOf(reference)];
  return {
    reason: 'KeyNotFound',
    message: `the credentials of ${path} have no field ${field}: correct the reference.`,
  };
}
