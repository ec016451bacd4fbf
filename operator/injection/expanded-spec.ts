import { createHash } from 'node:crypto';
import { isDynamic } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import { confTemplate, type ConfEntry } from './conf-template.ts';
import { presetEntries } from './presets.ts';
import { templateKeys } from './template.ts';

type EnvEntry = NonNullable<BindingSpec['env']>[number];

const CARRIER = /^SPARK_SECRET_[0-9a-f]{12}$/;
/** What of spark.ssl Spark reads with `${env:NAME}` replaced (`SSLOptions.parse`, through `getWithSubstitution`). */
const SPARK_SSL =
  /^spark[.]ssl[.]([A-Za-z]+[.])?(keyStore|keyStorePassword|keyPassword|privateKeyPassword|trustStore|trustStorePassword)$/;

const expansions = new WeakMap<BindingSpec, BindingSpec>();

/**
 * The same spec with nothing left to work out: presets are written out as env and sparkConf, where an entry that stands
 * there already wins, and each property that is delivered by the environment is a variable, `SPARK_SECRET_…`, and a
 * property that names it. Pure, and idempotent: what it returns it returns unchanged.
 */
export function expandedSpec(spec: BindingSpec): BindingSpec {
  const known = expansions.get(spec);
  if (known !== undefined) return known;
  const expanded = expand(spec);
  expansions.set(spec, expanded);
  expansions.set(expanded, expanded);
  return expanded;
}

/** The variable that a property of an expanded spec takes its value from; undefined: its value stands in it. */
export function carrierOf(entry: Pick<ConfEntry, 'name' | 'template'>): string | undefined {
  const carrier = carrierName(entry.name);
  return entry.template === carriedText(entry.name, carrier) ? carrier : undefined;
}

/** Whether a property of an expanded spec has its value when there are these variables. */
export function isProvided(entry: Pick<ConfEntry, 'name' | 'template'>, variables: ReadonlySet<string>): boolean {
  const carrier = carrierOf(entry);
  return carrier === undefined || variables.has(carrier);
}

/** Whether what reads the property replaces variables in it. */
export function isCarriable(property: string): boolean {
  return property.startsWith('spark.hadoop.') || SPARK_SSL.test(property);
}

/** Whether a variable is there for the sake of a property. */
export function isCarrier(variable: string): boolean {
  return CARRIER.test(variable);
}

function expand(spec: BindingSpec): BindingSpec {
  const presets = (spec.presets ?? []).map(presetEntries);
  const env = withDefaults(
    spec.env ?? [],
    presets.flatMap((each) => each.env),
  );
  const conf = withDefaults(
    spec.sparkConf ?? [],
    presets.flatMap((each) => each.sparkConf),
  );
  // A property that is listed twice is a conflict of its own.
  const carried = new Map(conf.filter(isCarried).map((entry) => [entry.name, entry]));
  const expanded: BindingSpec = {
    ...spec,
    env: [...env, ...[...carried.values()].map(carrierEntry)],
    sparkConf: conf.map(expandedConf),
  };
  delete expanded.presets;
  return expanded;
}

function withDefaults<T extends { readonly name: string }>(listed: readonly T[], added: readonly T[]): T[] {
  const names = new Set(listed.map(({ name }) => name));
  return [...listed, ...added.filter(({ name }) => !names.has(name))];
}

/**
 * Of Auto, what the environment can carry: properties that Hadoop or Spark reads with variables replaced. A template
 * with credentials on lease is put together in the Secret of each run, where only properties are.
 */
function isCarried(entry: ConfEntry): boolean {
  if (entry.delivery === 'Value' || carrierOf(entry) !== undefined || !isCarriable(entry.name)) return false;
  const template = confTemplate(entry);
  if ('problem' in template) return false;
  const sources = templateKeys(template);
  return entry.template === undefined || (sources.length > 0 && !sources.some(isDynamic));
}

function carrierEntry({ name, key, template }: ConfEntry): EnvEntry {
  return { name: carrierName(name), ...(key === undefined ? { template: template ?? '' } : { key }) };
}

function expandedConf(entry: ConfEntry): ConfEntry {
  const { name, delivery = 'Auto' } = entry;
  if (isCarried(entry)) return { name, template: carriedText(name, carrierName(name)), delivery };
  return carrierOf(entry) === undefined ? { ...entry, delivery: 'Value' } : entry;
}

/** In a template `$${` is a literal `${`. Hadoop writes `${env.NAME}` (`Configuration.substituteVars`), Spark `${env:NAME}`. */
function carriedText(property: string, carrier: string): string {
  return property.startsWith('spark.hadoop.') ? `$\${env.${carrier}}` : `$\${env:${carrier}}`;
}

/** The same for the same property, in every binding: two that give it from one key give one variable. */
function carrierName(property: string): string {
  return `SPARK_SECRET_${createHash('sha256').update(property).digest('hex').slice(0, 12)}`;
}
