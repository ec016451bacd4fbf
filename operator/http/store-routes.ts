import { findCondition } from '../api/conditions.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { Callers } from './callers.ts';
import type { ApiRequest, ApiRoute } from './route.ts';
import { list, object, QUERY, READY, text, time, whole, type Schema } from './schemas.ts';
import {
  consumerOf,
  grantsAnything,
  keysOf,
  onKeys,
  reachOf,
  type KeyVerb,
  type Reach,
  type StoreSources,
} from './store-access.ts';

export interface StoreRoutesOptions {
  readonly callers: Callers;
  readonly sources: StoreSources;
}

/** So many questions to the API server at a time. */
const ASKED_AT_ONCE = 8;

const VERBS: readonly KeyVerb[] = ['list', 'get', 'create', 'update', 'delete'];

const MEMBERS = {
  namespace: text('Namespace of the SecretStoreConfig.'),
  name: text('Its name.'),
  type: text('kubernetes, vault or database.'),
  ready: READY,
  keys: whole('How many keys it holds, where that is known.'),
  bindings: whole('How many bindings use it.'),
};

const STORE = object(MEMBERS, ['keys', 'bindings']);

const GRANT = object(
  {
    keys: list(text('A glob of keys.')),
    namespaces: {
      type: 'object',
      description: 'Whom it is for, as in the spec; left out for a consumer: it is for them.',
    },
  },
  ['namespaces'],
);

const STORE_IN_FULL: Schema = object(
  {
    ...MEMBERS,
    may: list({ type: 'string', enum: VERBS }, 'What the caller may do with its keys.'),
    grants: list(GRANT, 'What it grants: to all, or to the consumer.'),
    lastCheckTime: time('When the check was made that ready tells of.'),
  },
  ['keys', 'bindings', 'lastCheckTime'],
);

/** The stores of a caller, and one of them. */
export function storeRoutes(options: StoreRoutesOptions): ApiRoute[] {
  return [storesRoute(options), storeRoute(options)];
}

function storesRoute(options: StoreRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/stores',
    operation: 'listStores',
    summary: 'The stores whose keys the caller may list',
    description: 'In the stores’ own namespaces; with consumer, in that namespace, those that grant it keys.',
    query: { consumer: QUERY.consumer },
    answers: { 200: object({ items: list(STORE) }) },
    access: 'known',
    answer: async (request) => {
      const stores = await allowedStores(request, options);
      return { items: stores.map(shown).sort(byName) };
    },
  };
}

function storeRoute({ callers, sources }: StoreRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/namespaces/{namespace}/stores/{store}',
    operation: 'getStore',
    summary: 'A store, and what the caller may do with its keys',
    description: 'As in the list, with what it grants: for a page that offers only what would be let through.',
    query: { consumer: QUERY.consumer },
    answers: { 200: STORE_IN_FULL },
    access: onKeys('list'),
    answer: async ({ caller, target, signal }) => {
      const reach = reachOf(target, sources);
      const { lastCheckTime } = reach.config.status ?? {};
      return {
        ...shown(reach.config),
        may: await filtered(VERBS, (verb) => callers.may(caller, keysOf(target, verb), signal)),
        grants: grantsOf(reach, sources),
        ...(lastCheckTime === undefined ? {} : { lastCheckTime }),
      };
    },
  };
}

/** For the owner every grant as it is; for a consumer the keys of those that are for it. */
function grantsOf({ config, consumer, isOwner }: Reach, sources: StoreSources): object[] {
  const access = config.spec.access ?? [];
  if (isOwner) return access.map(({ keys, namespaces }) => ({ keys, namespaces }));
  const isTheirs = (grant: (typeof access)[number]): boolean =>
    grantsAnything({ ...config, spec: { ...config.spec, access: [grant] } }, consumer, sources);
  return access.filter(isTheirs).map(({ keys }) => ({ keys }));
}

async function allowedStores(
  request: ApiRequest,
  { callers, sources }: StoreRoutesOptions,
): Promise<SecretStoreConfig[]> {
  const { caller, signal } = request;
  const { consumer } = request.target;
  const may = (namespace: string, store = ''): Promise<boolean> => {
    const { name, ...wanted } = keysOf({ namespace, store }, 'list');
    return callers.may(caller, { ...wanted, ...(name === '' ? {} : { name }) }, signal);
  };
  const stores = candidates(sources, consumer);
  if (stores.length === 0 || (await may(''))) return stores;
  const where = ({ metadata: { namespace = '' } }: SecretStoreConfig): string => consumer ?? namespace;
  const namespaces = [...new Set(stores.map(where))];
  const whole = new Set(await filtered(namespaces, (namespace) => may(namespace)));
  return filtered(stores, async (store) => whole.has(where(store)) || may(where(store), store.metadata.name));
}

/** Every store, or those that grant a namespace something; its own are among them. */
function candidates(sources: StoreSources, consumer: string | undefined): SecretStoreConfig[] {
  const stores = sources.stores.list();
  if (consumer === undefined) return [...stores];
  const who = consumerOf(consumer, sources);
  return stores.filter((store) => store.metadata.namespace === consumer || grantsAnything(store, who, sources));
}

async function filtered<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (let at = 0; at < items.length; at += ASKED_AT_ONCE) {
    const some = items.slice(at, at + ASKED_AT_ONCE);
    const answers = await Promise.all(some.map(test));
    kept.push(...some.filter((_, index) => answers[index] === true));
  }
  return kept;
}

function shown({ metadata: { namespace = '', name }, spec: { type }, status }: SecretStoreConfig): Shown {
  const { keys, bindings } = status ?? {};
  const ready = readyOf(status?.conditions);
  return {
    namespace,
    name,
    type,
    ready,
    ...(keys === undefined ? {} : { keys }),
    ...(bindings === undefined ? {} : { bindings }),
  };
}

interface Shown {
  readonly namespace: string;
  readonly name: string;
  readonly [more: string]: unknown;
}

/** What a condition Ready says; Unknown while there is none. */
export function readyOf(conditions: Parameters<typeof findCondition>[0]): object {
  const { status, reason, message } = findCondition(conditions, 'Ready') ?? NOT_YET;
  return { status, reason, message };
}

const NOT_YET = { status: 'Unknown', reason: 'Pending', message: 'The operator has not looked at it yet.' };

function byName(a: Shown, b: Shown): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}
