import type { StoreDesk } from '../stores/cache.ts';
import type { Callers } from './callers.ts';
import { keyIn, noKey, wrote } from './key-routes.ts';
import { revealed } from './revealed.ts';
import type { ApiRoute } from './route.ts';
import { flag, list, MEMBERS, object, QUERY, ROLLBACK_BODY, time, VALUE_ANSWER, WRITE_ANSWER } from './schemas.ts';
import { keysOf, onKeys, visitOf, type StoreSources, type Visit } from './store-access.ts';

export interface ValueRoutesOptions {
  readonly callers: Callers;
  readonly desk: StoreDesk;
  readonly sources: StoreSources;
  /** A key was written by this replica. */
  readonly onWrite: (visit: Visit) => void;
}

const STORE = '/api/v1/namespaces/{namespace}/stores/{store}';

/** Values and earlier values of keys. */
export function valueRoutes(options: ValueRoutesOptions): ApiRoute[] {
  return [revealRoute(options), versionsRoute(options), rollbackRoute(options)];
}

function revealRoute({ desk, sources }: ValueRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: `${STORE}/values/{key}`,
    operation: 'revealValue',
    summary: 'Reveals a value',
    description: 'Needs get; each one is an event of the audit.',
    query: { consumer: QUERY.consumer },
    answers: { 200: VALUE_ANSWER },
    access: onKeys('get'),
    audited: true,
    answer: async (request) => {
      const key = keyIn(request);
      const found = await desk.read(visitOf(request, sources), key, request.signal);
      if (found === undefined) throw noKey(key);
      request.note({ version: found.version });
      return { key, version: found.version, ...revealed(found.value) };
    },
  };
}

function versionsRoute({ desk, sources }: ValueRoutesOptions): ApiRoute {
  const version = object(
    { version: MEMBERS.version, createdAt: time('When it was written.'), current: flag('The key has it now.') },
    ['createdAt'],
  );
  return {
    method: 'GET',
    path: `${STORE}/versions/{key}`,
    operation: 'listVersions',
    summary: 'Versions of a key that the store keeps',
    description: 'Newest first. 501 where the store keeps none.',
    query: { consumer: QUERY.consumer },
    answers: { 200: object({ items: list(version) }) },
    problems: [501],
    access: onKeys('list'),
    answer: async (request) => {
      const key = keyIn(request);
      const items = await desk.history(visitOf(request, sources), key, request.signal);
      if (items.length === 0) throw noKey(key);
      return { items: items.map(({ version: of, createdAt, current }) => ({ version: of, createdAt, current })) };
    },
  };
}

function rollbackRoute({ callers, desk, sources, onWrite }: ValueRoutesOptions): ApiRoute {
  return {
    method: 'POST',
    path: `${STORE}/rollback/{key}`,
    operation: 'rollBackKey',
    summary: 'Gives a key the value of an earlier version',
    description:
      'Writes it as a new version. Needs update, and create for a key that was removed. 501 where the store keeps no earlier values.',
    query: { consumer: QUERY.consumer },
    body: ROLLBACK_BODY,
    answers: { 200: WRITE_ANSWER, 201: WRITE_ANSWER },
    problems: [409, 501],
    access: onKeys('update'),
    audited: true,
    answer: async (request) => {
      const { version, ifVersion } = request.body as { readonly version: string; readonly ifVersion?: string };
      const { caller, target, signal } = request;
      const visit = visitOf(request, sources);
      const key = keyIn(request);
      const isThere = (await desk.version(visit, key, signal)) !== undefined;
      if (!isThere) await callers.authorize(caller, keysOf(target, 'create'), signal);
      const written = await desk.rollback(visit, key, version, { signal: visit.signal, ifVersion });
      return wrote(request, key, written, () => {
        onWrite(visit);
      });
    },
  };
}
