import { SPARK_JOB_SECRET_BINDING, storeRefOf, type SparkJobSecretBinding } from '../api/kinds.ts';
import { requirements } from '../injection/requirements.ts';
import type { AuditTrail } from './audit.ts';
import { keyIn } from './key-routes.ts';
import { HttpProblem } from './problem.ts';
import type { ApiRoute } from './route.ts';
import { flag, list, MEMBERS, object, QUERY, READY, text, time, whole, type Schema } from './schemas.ts';
import { onKeys, reachOf, visitOf, type StoreSources } from './store-access.ts';
import { readyOf } from './store-routes.ts';
import { usageOf, type UsageSources } from './usage.ts';

export interface OverviewRoutesOptions {
  readonly audit: AuditTrail;
  readonly sources: StoreSources & UsageSources;
}

const STORE = '/api/v1/namespaces/{namespace}/stores/{store}';
const DEFAULT_LIMIT = 200;

const NAMES = { namespace: text('Its namespace.'), name: text('Its name.') };

const USAGE: Schema = object(
  {
    bindings: list(
      object({
        ...NAMES,
        as: list(object({ what: text('variable, variables, property, reference or file.'), name: text('Its name.') })),
        ready: flag('Whether the binding is Ready.'),
      }),
    ),
    applications: list(
      object({
        ...NAMES,
        driver: text('Name of the driver pod.'),
        phase: text('Its phase.'),
        since: text('RFC 3339.'),
        bindings: list(text('Name of a binding of its namespace that gives it the key.')),
      }),
    ),
    lastChangeTime: time('When the operator last saw the value change.'),
  },
  ['lastChangeTime'],
);

const EVENT: Schema = object(
  {
    time: time('When.'),
    caller: object(
      {
        name: text('User name, as the API server knows it.'),
        groups: whole('How many groups they are in.'),
        pod: text('The pod whose token it was, namespace/name.'),
      },
      ['pod'],
    ),
    address: text('IP address of the other end of the connection.'),
    operation: text('operationId.'),
    namespace: text('Of the store.'),
    store: text('The store.'),
    key: text('The key.'),
    consumer: text('In the name of which namespace.'),
    binding: text('By which binding a pod read it.'),
    version: MEMBERS.version,
    result: text('ok, created, unchanged, denied, or what went wrong.'),
  },
  ['caller', 'namespace', 'store', 'key', 'consumer', 'binding', 'version'],
);

/** Who uses a key, what was done to a store's keys, and the bindings of a namespace. */
export function overviewRoutes(options: OverviewRoutesOptions): ApiRoute[] {
  return [usageRoute(options), auditRoute(options), bindingsRoute(options)];
}

function usageRoute({ sources }: OverviewRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: `${STORE}/usage/{key}`,
    operation: 'getUsage',
    summary: 'Who uses a key',
    description:
      'Bindings that cover it, and applications of theirs that have not ended; a consumer sees their namespace’s.',
    query: { consumer: QUERY.consumer },
    answers: { 200: USAGE },
    access: onKeys('list'),
    answer: async (request) => {
      const { config, consumer, isOwner, grants } = visitOf(request, sources);
      const key = keyIn(request);
      if (!grants(key)) throw new HttpProblem(403, 'the store does not grant this key.', { code: 'KeyNotGranted' });
      return Promise.resolve(usageOf({ config, key, within: isOwner ? undefined : consumer.namespace }, sources));
    },
  };
}

function auditRoute({ audit, sources }: OverviewRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: `${STORE}/audit`,
    operation: 'listAudit',
    summary: 'What was done to a store’s keys, newest first',
    description: 'Of this replica’s memory: reads of values, writes, removals, and what was denied.',
    query: { consumer: QUERY.consumer, key: QUERY.auditedKey, limit: QUERY.limit, continue: QUERY.auditContinue },
    answers: { 200: object({ items: list(EVENT), continue: MEMBERS.continue }, ['continue']) },
    problems: [409],
    access: onKeys('list'),
    answer: async ({ target, query }) => {
      const { config, isOwner, grants } = reachOf(target, sources);
      const { namespace = '', name: store } = config.metadata;
      const shows = (key: string | undefined): boolean => {
        if (query.key !== undefined && query.key !== key) return false;
        return isOwner || (key !== undefined && grants(key as Parameters<typeof grants>[0]));
      };
      const { limit = DEFAULT_LIMIT, continue: after } = query;
      const page = audit.page({ namespace, store, shows, limit, after });
      if (page === undefined)
        throw new HttpProblem(409, 'continue is of another replica, or of before a restart: begin at the first page.', {
          code: 'PageGone',
        });
      return Promise.resolve(page);
    },
  };
}

function bindingsRoute({ sources }: OverviewRoutesOptions): ApiRoute {
  const binding = object(
    {
      name: text('Name of the SparkJobSecretBinding.'),
      store: object(NAMES),
      scope: { type: 'string', enum: ['Shared', 'Application'] },
      selector: { type: 'object', description: 'As in its spec.' },
      keys: list(MEMBERS.key, 'Keys that it names.'),
      groups: list(text('A group.'), 'Groups whose keys it names.'),
      ready: READY,
      applications: whole('Applications of its that have not ended.'),
    },
    [],
  );
  const { group, plural: resource } = SPARK_JOB_SECRET_BINDING;
  return {
    method: 'GET',
    path: '/api/v1/namespaces/{namespace}/bindings',
    operation: 'listBindings',
    summary: 'The bindings of a namespace',
    description: 'With their state. Needs list on sparkjobsecretbindings.',
    answers: { 200: object({ items: list(binding) }) },
    access: ({ namespace = '' }) => [{ namespace, verb: 'list', group, resource }],
    answer: async ({ target }) => {
      const items = sources.bindings.list(target.namespace).map((each) => bindingOf(each, sources));
      return Promise.resolve({ items: items.sort((a, b) => (a.name < b.name ? -1 : 1)) });
    },
  };
}

function bindingOf(
  binding: SparkJobSecretBinding,
  { drivers }: UsageSources,
): { readonly name: string; readonly [more: string]: unknown } {
  const { metadata, spec, status } = binding;
  const { keys, groups } = requirements(spec);
  const pods = drivers.byIndex('binding', `${metadata.namespace ?? ''}/${metadata.name}`);
  return {
    name: metadata.name,
    store: storeRefOf(binding),
    scope: spec.scope ?? 'Shared',
    selector: spec.selector,
    keys,
    groups,
    ready: readyOf(status?.conditions),
    applications: pods.filter((pod) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')).length,
  };
}
