import { fields, list, text, type Fields } from '../../operator/injection/explain/shape.ts';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { forbiddenConfKey } from '../../operator/injection/conf-key.ts';
import { CommandProblem } from '../problem.ts';
import { distinct } from './distinct.ts';
import { Findings, type Finding } from './findings.ts';
import { nameText, bindingObject, type StoreName } from './objects.ts';
import { isKey, noVariable } from './places.ts';
import type { Selector } from './selector.ts';
import type { Translation } from './translation.ts';

export interface IometeOptions {
  /** Where the jobs run, and so where the bindings go; undefined: it is not said. */
  readonly namespace: string | undefined;
  /** The store that has the keys of IOMETE's Kubernetes stores. */
  readonly store: StoreName;
  /** The stores that have the keys of IOMETE's Vault integrations, by the id of each. */
  readonly vaultStores: ReadonlyMap<string, StoreName>;
  /** The domain of the jobs, when keys are in groups named after domains, as `import --from-iomete` puts them. */
  readonly domain: string | undefined;
  /** By default: the application with the name of the job. */
  readonly selector: Selector | undefined;
}

/** A reference in a value: `${secrets.KEY}`. */
const REFERENCE = /\$\{secrets\.([^}]+)\}/g;
/** Where a payload has the fields of its Spark configuration: jobs, compute, notebooks, or at its root. */
const CONFIGURATIONS = ['template', 'sparkConfig', 'config'];
/** What is given to the application or the JVM as it is. */
const UNSEEN = ['arguments', 'javaOptions', 'configMaps'];

/**
 * Payloads of IOMETE's API (jobs, compute, notebooks) as bindings: what they name as `secretObject` becomes variables and
 * properties; what their values refer to as `${secrets.KEY}` stays in the job, and the binding lists the keys. Throws
 * CommandProblem when nothing in them names a secret.
 */
export function translateIomete(payloads: readonly Fields[], options: IometeOptions): Translation {
  const all: Finding[] = [];
  const objects = payloads.flatMap((payload, at) => {
    const name = text(payload['name']) ?? text(payload['id']);
    return jobBindings(payload, name, options, new Findings(all, name ?? `payload ${at + 1}`));
  });
  if (objects.length + all.length === 0)
    throw new CommandProblem('nothing in it names a secret: neither ${secrets.KEY} nor a secretObject');
  return { objects: distinct(objects, all), findings: all, commands: [] };
}

/** The keys that one store has for a job. */
interface Given {
  readonly store: StoreName;
  readonly env: NonNullable<BindingSpec['env']>;
  readonly sparkConf: NonNullable<BindingSpec['sparkConf']>;
  readonly references: NonNullable<BindingSpec['references']>;
}

function jobBindings(payload: Fields, name: string | undefined, options: IometeOptions, findings: Findings): Fields[] {
  const where = CONFIGURATIONS.find((each) => payload[each] !== undefined);
  const configuration = where === undefined ? payload : fields(payload[where]);
  const path = where === undefined ? '' : `${where}.`;
  const stores = new Map<string, Given>();
  const given = (store: StoreName): Given => {
    const present = stores.get(nameText(store)) ?? { store, env: [], sparkConf: [], references: [] };
    stores.set(nameText(store), present);
    return present;
  };
  const work: Work = { path, options, findings, given, domains: new Set() };
  addObjects(configuration, work);
  addReferences(configuration, work);
  if (work.domains.size > 1 && options.domain === undefined)
    findings.left(
      `${path}envSecrets, ${path}sparkConfSecrets`,
      `they are of several domains (${[...work.domains].join(', ')}), all taken for keys of one store: with --domain, they are in groups named after them`,
    );
  if (stores.size === 0) return [];
  const selector = options.selector ?? (name === undefined ? undefined : { applications: [name] });
  if (selector === undefined) {
    findings.left('name', 'the job has none to select it by: give --application or --label');
    return [];
  }
  if (options.selector === undefined)
    findings.note(
      'name',
      'taken for the name of the Spark application (spark.app.name): else give --application or --label',
    );
  return [...stores.values()].map(({ store, ...lists }) => {
    const binding = bindingName(name ?? store.name, stores.size === 1 ? undefined : store.name);
    return bindingObject({ name: binding, namespace: options.namespace }, store, { selector, ...lists });
  });
}

interface Work {
  readonly path: string;
  readonly options: IometeOptions;
  readonly findings: Findings;
  readonly given: (store: StoreName) => Given;
  /** Those that keys come from. */
  readonly domains: Set<string>;
}

/** `envSecrets` and `sparkConfSecrets`: lists of a name and a `secretObject`. */
function addObjects(configuration: Fields, work: Work): void {
  for (const [field, target, whyNot] of [
    ['envSecrets', 'env', noVariable],
    ['sparkConfSecrets', 'sparkConf', forbiddenConfKey],
  ] as const)
    for (const [at, item] of list(configuration[field]).entries()) {
      const { key: name = '', secretObject } = fields(item);
      const where = `${work.path}${field}[${at}]`;
      const obstacle = whyNot(text(name) ?? '');
      if (obstacle !== undefined) work.findings.left(`${where}.key`, obstacle);
      const found = obstacle === undefined ? placeOf(fields(secretObject), `${where}.secretObject`, work) : undefined;
      if (found !== undefined) work.given(found.store)[target].push({ name: text(name) ?? '', key: found.key });
    }
}

/** Where a `secretObject` is here. */
function placeOf(
  object: Fields,
  where: string,
  work: Work,
): { readonly store: StoreName; readonly key: string } | undefined {
  const { findings } = work;
  const source = fields(object['source']);
  const [name = '', type = '', id = ''] = [object['key'], source['type'], source['id']].map(text);
  const store = storeOf(type, id, where, work);
  if (store === undefined) return undefined;
  const key = type === 'VAULT' || work.options.domain === undefined ? name : `${id}/${name}`;
  if (isKey(key)) return { store, key };
  findings.left(`${where}.key`, NO_KEY);
  return undefined;
}

function storeOf(type: string, id: string, where: string, { options, findings, domains }: Work): StoreName | undefined {
  if (type === 'KUBERNETES') {
    domains.add(id);
    return options.store;
  }
  const store = type === 'VAULT' ? options.vaultStores.get(id) : undefined;
  if (type !== 'VAULT') findings.left(`${where}.source.type`, 'it is neither KUBERNETES nor VAULT');
  else if (store === undefined)
    findings.left(
      `${where}.source.id`,
      `say where the keys of this integration are: --vault-store ${id}=NAMESPACE/NAME`,
    );
  return store;
}

const NO_KEY = 'it can be no key (letters, digits and ._- only): rename it';

/** References stay where they are: the operator puts the values in. */
function addReferences(configuration: Fields, work: Work): void {
  const { path, findings } = work;
  for (const field of UNSEEN)
    if (referencesIn(JSON.stringify(configuration[field] ?? '')).length > 0)
      findings.left(
        `${path}${field}`,
        'references are replaced in Spark properties and variables only: move them there',
      );
  const keys = new Set(['envVars', 'sparkConf'].flatMap((field) => keysOf(configuration, field, work)));
  if (keys.size === 0) return;
  const before = groupBefore(work);
  for (const key of [...keys].sort())
    if (isKey(before + key)) work.given(work.options.store).references.push({ key: before + key });
    else findings.left(`\${secrets.${key}}`, NO_KEY);
}

/** The keys that the values of a part refer to, where references are seen. */
function keysOf(configuration: Fields, field: string, { path, findings }: Work): string[] {
  return Object.entries(fields(configuration[field])).flatMap(([name, value]) => {
    const named = referencesIn(value);
    const obstacle = named.length === 0 ? undefined : unfit(field, name);
    if (obstacle === undefined) return named;
    findings.left(`${path}${field}.${name}`, obstacle);
    return [];
  });
}

function groupBefore({ path, options: { domain }, findings }: Work): string {
  if (domain === undefined) return '';
  findings.left(
    `${path}envVars, ${path}sparkConf`,
    `the keys are in group ${domain}: write \${secrets.${domain}/KEY} in the job, or give the domain a store of its own`,
  );
  return `${domain}/`;
}

function unfit(field: string, name: string): string | undefined {
  if (field === 'envVars') return noVariable(name);
  const variable =
    /^spark[.]executorEnv[.](.+)$/.exec(name)?.[1] ?? /^spark[.]kubernetes[.]driverEnv[.](.+)$/.exec(name)?.[1];
  return variable === undefined ? forbiddenConfKey(name) : noVariable(variable);
}

function referencesIn(value: unknown): string[] {
  return [...(text(value) ?? '').matchAll(REFERENCE)].map(([, key = '']) => key);
}

/** A name of a Kubernetes object, of the job's. */
function bindingName(name: string, store: string | undefined): string {
  const plainName = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return [plainName === '' ? 'job' : plainName, ...(store === undefined ? [] : [store])].join('-').slice(0, 253);
}
