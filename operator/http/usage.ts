import { findCondition } from '../api/conditions.ts';
import type { DriverPod, SecretStoreConfig, SparkJobSecretBinding } from '../api/kinds.ts';
import { groupOf, type SecretKey } from '../api/secret-key.ts';
import type { BindingView } from '../injection/binding-view.ts';
import { bindingItems } from '../injection/explain/additions.ts';
import { requirements } from '../injection/requirements.ts';
import type { Lister } from '../runtime/lister.ts';

export interface UsageSources {
  /** Index `store`: by `namespace/name` of the store. */
  readonly bindings: Lister<SparkJobSecretBinding>;
  /** Index `binding`: by `namespace/name` of the binding. */
  readonly drivers: Lister<DriverPod>;
  /** The bindings of a namespace with their Secrets, as the webhook sees them. */
  readonly views: (namespace: string) => readonly BindingView[];
}

/** Who uses a key. */
export interface Usage {
  readonly bindings: readonly UsingBinding[];
  /** Those that have not ended. */
  readonly applications: readonly UsingApplication[];
  /** RFC 3339: when the operator last saw the value change. */
  readonly lastChangeTime?: string;
}

export interface UsingBinding {
  readonly namespace: string;
  readonly name: string;
  /** What jobs get of the key: `variable`, `variables`, `property`, `reference` or `file`, and its name. */
  readonly as: readonly { readonly what: string; readonly name: string }[];
  readonly ready: boolean;
}

export interface UsingApplication {
  readonly namespace: string;
  readonly name: string;
  /** Name of the driver pod. */
  readonly driver: string;
  readonly phase: string;
  /** RFC 3339. */
  readonly since: string;
  /** Names of the bindings of its namespace that give it the key. */
  readonly bindings: readonly string[];
}

/** Which key, of which store, and seen from where: with `within`, only what is in that namespace. */
export interface UsageQuery {
  readonly config: SecretStoreConfig;
  readonly key: SecretKey;
  readonly within?: string | undefined;
}

export function usageOf({ config, key, within }: UsageQuery, sources: UsageSources): Usage {
  const { namespace = '', name } = config.metadata;
  const using = sources.bindings
    .byIndex('store', `${namespace}/${name}`)
    .filter(({ metadata }) => within === undefined || metadata.namespace === within)
    .filter((binding) => covers(binding, key));
  const changes = using.flatMap(({ status }) => status?.keys?.find((each) => each.key === key)?.lastChangeTime ?? []);
  const lastChangeTime = changes.sort().at(-1);
  return {
    bindings: using.map((binding) => usingBinding(binding, key, sources)),
    applications: applicationsOf(using, sources),
    ...(lastChangeTime === undefined ? {} : { lastChangeTime }),
  };
}

/** Whether a binding gives its jobs this key of its store, or lets them refer to it. */
export function covers({ spec }: SparkJobSecretBinding, key: SecretKey): boolean {
  const { keys, groups } = requirements(spec);
  return keys.includes(key) || groups.includes(groupOf(key));
}

/** Says who uses a key; of those in other namespaces than `within` only how many. */
export function usersOf(applications: readonly UsingApplication[], within?: string): string {
  const named = applications.filter(({ namespace }) => within === undefined || namespace === within);
  const shown = named.slice(0, 5).map(({ namespace, name, driver }) => `${namespace}/${name} (driver ${driver})`);
  const others = applications.length - shown.length;
  const more = others === 0 ? [] : [`${others} ${shown.length === 0 ? '' : 'more '}running`];
  return `the key is in use by ${[...shown, ...more].join(', ')}`;
}

function usingBinding(
  { metadata: { namespace = '', name }, status }: SparkJobSecretBinding,
  key: SecretKey,
  { views }: UsageSources,
): UsingBinding {
  const view = views(namespace).find(({ binding }) => binding.metadata.name === name);
  const items = view === undefined ? [] : bindingItems(view);
  const used = items.filter(
    ({ from }) => from.keys.includes(key) || (from.kind === 'group' && from.group === groupOf(key)),
  );
  return {
    namespace,
    name,
    as: used.map(({ what, name: called }) => ({ what, name: called })),
    ready: findCondition(status?.conditions, 'Ready')?.status === 'True',
  };
}

const ENDED = ['Succeeded', 'Failed'];

function applicationsOf(using: readonly SparkJobSecretBinding[], { drivers }: UsageSources): UsingApplication[] {
  const bindingsOf = new Map<DriverPod, string[]>();
  for (const { metadata } of using)
    for (const pod of drivers.byIndex('binding', `${metadata.namespace ?? ''}/${metadata.name}`))
      bindingsOf.set(pod, [...(bindingsOf.get(pod) ?? []), metadata.name]);
  return [...bindingsOf]
    .filter(([{ status }]) => !ENDED.includes(status?.phase ?? ''))
    .map(([{ metadata, application, status }, bindings]) => ({
      namespace: metadata.namespace ?? '',
      name: application ?? metadata.name,
      driver: metadata.name,
      phase: status?.phase ?? 'Unknown',
      since: metadata.creationTimestamp ?? '',
      bindings,
    }))
    .sort((a, b) => (a.since < b.since ? 1 : -1));
}
