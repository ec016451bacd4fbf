import { parseGroup, type SecretKey } from '../api/secret-key.ts';
import { SecretValue } from '../api/secret-value.ts';
import type { StoreDesk, Written } from '../stores/cache.ts';
import type { Callers } from './callers.ts';
import { entryOf, pageOf } from './paging.ts';
import { HttpProblem } from './problem.ts';
import { Answer, type ApiRequest, type ApiRoute } from './route.ts';
import { list, MEMBERS, object, QUERY, WRITE_ANSWER, WRITE_BODY } from './schemas.ts';
import { keysOf, onKeys, visitOf, type StoreSources, type Visit } from './store-access.ts';
import { usageOf, usersOf, type UsageSources } from './usage.ts';

export interface KeyRoutesOptions {
  readonly callers: Callers;
  readonly desk: StoreDesk;
  readonly sources: StoreSources & UsageSources;
  /** A key was written or removed by this replica. */
  readonly onWrite: (visit: Visit) => void;
}

const KEYS = '/api/v1/namespaces/{namespace}/stores/{store}/keys';
const DEFAULT_LIMIT = 200;

/** Keys of a store, without their values: list, look, write, remove. */
export function keyRoutes(options: KeyRoutesOptions): ApiRoute[] {
  return [listRoute(options), keyRoute(options), writeRoute(options), removeRoute(options)];
}

function listRoute({ desk, sources }: KeyRoutesOptions): ApiRoute {
  const { consumer, group, search, limit, continue: after } = QUERY;
  const entry = { oneOf: [object({ key: MEMBERS.key }), object({ group: MEMBERS.key })] };
  return {
    method: 'GET',
    path: KEYS,
    operation: 'listKeys',
    summary: 'Keys and groups of a store',
    description: 'What lies directly in a group; with search, every key below it whose path contains the text.',
    query: { consumer, group, search, limit, continue: after },
    answers: { 200: object({ items: list(entry), continue: MEMBERS.continue }, ['continue']) },
    problems: [422],
    access: onKeys('list'),
    answer: async (request) => {
      const { search: wanted, limit: most = DEFAULT_LIMIT, continue: token } = request.query;
      const parsed = parseGroup(request.query.group ?? '');
      if (parsed === undefined) throw new HttpProblem(400, 'this is not the form of a group: write it like orders/s3.');
      const visit = visitOf(request, sources);
      const from = { group: parsed, after: token === undefined ? undefined : entryOf(token) };
      const entries =
        wanted === undefined
          ? desk.list(visit, from, visit.signal)
          : desk.search(visit, { ...from, text: wanted }, visit.signal);
      return pageOf(entries, most);
    },
  };
}

function keyRoute({ desk, sources }: KeyRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: `${KEYS}/{key}`,
    operation: 'getKey',
    summary: 'A key and its version',
    description: 'Never its value.',
    query: { consumer: QUERY.consumer },
    answers: { 200: object({ key: MEMBERS.key, version: MEMBERS.version }) },
    access: onKeys('list'),
    answer: async (request) => {
      const key = keyIn(request);
      const version = await desk.version(visitOf(request, sources), key, request.signal);
      if (version === undefined) throw noKey(key);
      return { key, version };
    },
  };
}

function writeRoute({ callers, desk, sources, onWrite }: KeyRoutesOptions): ApiRoute {
  return {
    method: 'PUT',
    path: `${KEYS}/{key}`,
    operation: 'writeKey',
    summary: 'Creates or changes a key',
    description:
      'With ifVersion a version: changes it only while it has that (update); null: only creates it (create); left out: whichever it is (both). The same again changes nothing.',
    query: { consumer: QUERY.consumer },
    body: WRITE_BODY,
    bodyMiB: 2,
    answers: { 200: WRITE_ANSWER, 201: WRITE_ANSWER },
    problems: [409, 422],
    access: onKeys('update', 'create'),
    audited: true,
    answer: async (request) => {
      const { caller, target, signal } = request;
      const { value, valueBase64 = '', ifVersion } = request.body as WriteBody;
      for (const verb of verbsOf(ifVersion)) await callers.authorize(caller, keysOf(target, verb), signal);
      // What is no Unicode would be kept as something else.
      if (value?.isWellFormed() === false) throw new HttpProblem(400, 'value is no text: send it as valueBase64.');
      const visit = visitOf(request, sources);
      const secret = value === undefined ? SecretValue.fromBase64(valueBase64) : SecretValue.fromText(value);
      const key = keyIn(request);
      return wrote(request, key, await desk.write(visit, key, secret, { signal, ifVersion }), () => {
        onWrite(visit);
      });
    },
  };
}

interface WriteBody {
  readonly value?: string;
  readonly valueBase64?: string;
  readonly ifVersion?: string | null;
}

function verbsOf(ifVersion: string | null | undefined): ('create' | 'update')[] {
  if (ifVersion === null) return ['create'];
  return ifVersion === undefined ? ['update', 'create'] : ['update'];
}

/** The answer to a write, for the caller and for the audit. */
export function wrote(request: ApiRequest, key: SecretKey, written: Written, onWrite: () => void): Answer {
  const { version, created, unchanged } = written;
  request.note({ version, result: unchanged ? 'unchanged' : created ? 'created' : 'ok' });
  if (!unchanged) onWrite();
  return new Answer(created ? 201 : 200, { key, version, created, ...(unchanged ? { unchanged } : {}) });
}

function removeRoute({ desk, sources, onWrite }: KeyRoutesOptions): ApiRoute {
  return {
    method: 'DELETE',
    path: `${KEYS}/{key}`,
    operation: 'removeKey',
    summary: 'Removes a key',
    description: 'Also when it is not there. Refused (409, InUse) while a running application uses it, unless forced.',
    query: { consumer: QUERY.consumer, ifVersion: QUERY.ifVersion, force: QUERY.force },
    answers: { 204: undefined },
    problems: [409],
    access: onKeys('delete'),
    audited: true,
    answer: async (request) => {
      const visit = visitOf(request, sources);
      const key = keyIn(request);
      const { ifVersion, force = false } = request.query;
      if (!force) await refuseInUse({ desk, sources }, visit, key);
      await desk.remove(visit, key, { signal: visit.signal, ifVersion });
      onWrite(visit);
      return new Answer(204);
    },
  };
}

/** Throws HttpProblem 409. A key that is not there is used by nobody. */
async function refuseInUse(
  { desk, sources }: Pick<KeyRoutesOptions, 'desk' | 'sources'>,
  visit: Visit,
  key: SecretKey,
): Promise<void> {
  const { config, consumer, isOwner } = visit;
  const { applications } = usageOf({ config, key }, sources);
  if (applications.length === 0 || (await desk.version(visit, key, visit.signal)) === undefined) return;
  throw new HttpProblem(
    409,
    `${usersOf(applications, isOwner ? undefined : consumer.namespace)}: force=true removes it all the same.`,
    {
      code: 'InUse',
    },
  );
}

/** The key in the path of a route that has one. */
export function keyIn({ target: { key } }: ApiRequest): SecretKey {
  if (key === undefined) throw new Error('a route without a key');
  return key;
}

export function noKey(key: SecretKey): HttpProblem {
  return new HttpProblem(404, `the store has no key ${key}.`, { code: 'KeyNotFound' });
}
