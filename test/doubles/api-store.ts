import { isDeepStrictEqual } from 'node:util';
import { isSelected } from './selectors.ts';

/** An object as the API server keeps it. */
export interface StoredObject extends Record<string, unknown> {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; resourceVersion?: string } & Record<string, unknown>;
}

/** What is answered to a request. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a path means. */
export interface Target {
  /** `/apis/group/version/plural`, without a namespace. */
  readonly collection: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

interface StoreRequest extends Target {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly body: StoredObject | undefined;
}

interface Change {
  readonly collection: string;
  readonly type: string;
  readonly object: StoredObject;
  readonly version: number;
}

/** The objects of the API server double, their versions and their history. */
export class ApiStore {
  onEvent: (collection: string, type: string, object: StoredObject) => void = () => undefined;
  /** Whether label and field selectors count; otherwise every object is selected. */
  honoursSelectors = false;
  #version = 100;
  #history: Change[] = [];
  #oldest = 0;
  readonly #collections = new Map<string, Map<string, StoredObject>>();

  selects(object: StoredObject, query: URLSearchParams): boolean {
    return !this.honoursSelectors || isSelected(object, query);
  }

  /** What a path means; undefined: nothing that is served. */
  targetOf(path: string): Target | undefined {
    const match =
      /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
    if (!match) return undefined;
    const [, root, namespace, plural, name, subresource] = match;
    return {
      collection: `${root}/${plural}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name: decodeURIComponent(name) }),
      ...(subresource === undefined ? {} : { subresource }),
    };
  }

  /** Changes after a version; undefined: that version is too old. */
  historySince(collection: string, version: number): readonly Change[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#history.filter((change) => change.collection === collection && change.version > version);
  }

  /** Forgets the history: watches from any earlier version are answered 410. */
  compact(): void {
    this.#version++;
    this.#oldest = this.#version;
    this.#history = [];
  }

  get(collection: string, namespace: string, name: string): StoredObject | undefined {
    return this.#objects(collection).get(`${namespace}/${name}`);
  }

  /** Creates or replaces, and tells the watches. A change of nothing changes no version, as in Kubernetes. */
  put(collection: string, object: StoredObject): StoredObject {
    const key = keyOf(object);
    const before = this.#objects(collection).get(key);
    const uid = before?.metadata['uid'] ?? crypto.randomUUID();
    const metadata = { ...object.metadata, uid, resourceVersion: before?.metadata.resourceVersion };
    if (before && isDeepStrictEqual({ ...object, metadata }, before)) return before;
    const after = { ...object, metadata: { ...metadata, resourceVersion: String(++this.#version) } };
    this.#objects(collection).set(key, after);
    this.#tell(collection, before ? 'MODIFIED' : 'ADDED', after);
    return after;
  }

  delete(collection: string, namespace: string, name: string): void {
    const object = this.get(collection, namespace, name);
    if (!object) return;
    this.#objects(collection).delete(`${namespace}/${name}`);
    this.#tell(collection, 'DELETED', {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
  }

  bookmark(collection: string): void {
    this.#tell(collection, 'BOOKMARK', { metadata: { name: '', resourceVersion: String(++this.#version) } });
  }

  handle(request: StoreRequest): Answer {
    if (request.method === 'GET' && request.name === undefined) return this.#list(request);
    if (request.method === 'POST') return this.#create(request);
    if (request.method === 'PATCH') return this.#apply(request);
    const object = this.get(request.collection, request.namespace ?? '', request.name ?? '');
    if (object === undefined) return status(404, 'NotFound');
    if (request.method === 'GET') return { code: 200, body: object };
    if (request.method === 'PUT') return this.#replace(request, object);
    return this.#remove(request, object);
  }

  #list({ collection, namespace, query }: StoreRequest): Answer {
    const all = [...this.#objects(collection).values()];
    const there = all.filter((object) => namespace === undefined || object.metadata.namespace === namespace);
    const items = there.filter((object) => this.selects(object, query));
    const limit = Number(query.get('limit') ?? 0) || items.length;
    // The token holds the version at which the list began, and where to go on.
    const [version, from] = (query.get('continue') ?? `${this.#version}.0`).split('.').map(Number) as [number, number];
    if (version < this.#oldest) return status(410, 'Expired');
    const next = from + limit < items.length ? { continue: `${version}.${from + limit}` } : {};
    // As the real one: items of a list come without their kind.
    const page = items.slice(from, from + limit).map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
    return { code: 200, body: { kind: 'List', metadata: { resourceVersion: String(version), ...next }, items: page } };
  }

  #create({ collection, body }: StoreRequest): Answer {
    if (!body) return status(400, 'BadRequest');
    if (this.#objects(collection).has(keyOf(body))) return status(409, 'AlreadyExists');
    return { code: 201, body: this.put(collection, body) };
  }

  #replace({ collection, body }: StoreRequest, before: StoredObject): Answer {
    const version = body?.metadata.resourceVersion;
    if (version !== undefined && version !== before.metadata.resourceVersion) return status(409, 'Conflict');
    return body ? { code: 200, body: this.put(collection, body) } : status(400, 'BadRequest');
  }

  #apply({ collection, namespace, name, subresource, body }: StoreRequest): Answer {
    const before = this.get(collection, namespace ?? '', name ?? '');
    if (!body) return status(400, 'BadRequest');
    if (subresource !== undefined && !before) return status(404, 'NotFound');
    const change = subresource === undefined ? body : { [subresource]: body[subresource] };
    const after = merge(before ?? {}, change) as StoredObject;
    return { code: before ? 200 : 201, body: this.put(collection, after) };
  }

  #remove({ collection, body }: StoreRequest, object: StoredObject): Answer {
    const { uid, resourceVersion } = (body?.['preconditions'] ?? {}) as { uid?: string; resourceVersion?: string };
    const { metadata } = object;
    if ((uid ?? metadata['uid']) !== metadata['uid']) return status(409, 'Conflict');
    if ((resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion) return status(409, 'Conflict');
    this.delete(collection, metadata.namespace ?? '', metadata.name);
    return { code: 200, body: { kind: 'Status', status: 'Success' } };
  }

  #objects(collection: string): Map<string, StoredObject> {
    const objects = this.#collections.get(collection) ?? new Map<string, StoredObject>();
    this.#collections.set(collection, objects);
    return objects;
  }

  #tell(collection: string, type: string, object: StoredObject): void {
    this.#history.push({ collection, type, object, version: this.#version });
    this.onEvent(collection, type, object);
  }
}

function status(code: number, reason: string): Answer {
  return { code, body: { kind: 'Status', status: 'Failure', reason, message: `${reason}: by the double`, code } };
}

function keyOf(object: StoredObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Maps are merged, all else is replaced. */
function merge(before: unknown, change: unknown): unknown {
  if (!isMap(before) || !isMap(change)) return change;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(change)) merged[key] = merge(before[key], value);
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
