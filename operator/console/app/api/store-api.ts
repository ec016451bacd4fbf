import type {
  AuditEvent,
  Binding,
  Caller,
  Entry,
  KeyVersion,
  Page,
  PastVersion,
  Revealed,
  Store,
  StoreInFull,
  StoreName,
  Usage,
  ValueBody,
  Written,
} from './answers.ts';
import type { ApiClient, Request } from './client.ts';

export interface ListOptions {
  readonly group: string;
  /** '': everything directly in the group; else all keys below it with this in their path. */
  readonly search: string;
  readonly limit?: number;
}

const PAGE = 1000;
const EVENTS = 50;

/** Whose token it is. Throws Problem. */
export function whoAmI(client: ApiClient): Promise<Caller> {
  return client.send({ path: '/whoami' });
}

/** The stores whose keys somebody may list, in their own name or in that of a namespace. Throws Problem. */
export async function listStores(
  client: ApiClient,
  consumer: string | undefined,
  signal: AbortSignal,
): Promise<readonly Store[]> {
  return (await client.send<Page<Store>>({ path: '/stores', query: { consumer }, signal })).items;
}

/** The bindings of a namespace. Throws Problem. */
export async function listBindings(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Binding[]> {
  return (await client.send<Page<Binding>>({ path: `/namespaces/${namespace}/bindings`, signal })).items;
}

/** The keys of one store, in somebody's own name or in that of a namespace. Every method throws Problem. */
export class StoreApi {
  readonly #client: ApiClient;
  readonly #path: string;
  readonly #consumer: string | undefined;

  constructor(client: ApiClient, { namespace, name }: StoreName, consumer: string | undefined) {
    this.#client = client;
    this.#path = `/namespaces/${encodeURIComponent(namespace)}/stores/${encodeURIComponent(name)}`;
    this.#consumer = consumer;
  }

  about(signal: AbortSignal): Promise<StoreInFull> {
    return this.#send('', { signal });
  }

  list(
    { group, search, limit = PAGE }: ListOptions,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<Entry>> {
    const query = { limit, group: group || undefined, search: search || undefined, continue: after };
    return this.#send('/keys', { query, signal });
  }

  version(key: string, signal: AbortSignal): Promise<KeyVersion> {
    return this.#send(`/keys/${pathOf(key)}`, { signal });
  }

  /** `ifVersion`: null, it must not be there yet; else the version that it must have. */
  write(key: string, body: ValueBody, ifVersion: string | null): Promise<Written> {
    return this.#send(`/keys/${pathOf(key)}`, { method: 'PUT', body: { ...body, ifVersion } });
  }

  remove(key: string, { ifVersion, force }: { readonly ifVersion: string; readonly force: boolean }): Promise<void> {
    const query = { ifVersion, force: force || undefined };
    return this.#send(`/keys/${pathOf(key)}`, { method: 'DELETE', query });
  }

  reveal(key: string, signal: AbortSignal): Promise<Revealed> {
    return this.#send(`/values/${pathOf(key)}`, { signal });
  }

  /** Newest first. */
  async versions(key: string, signal: AbortSignal): Promise<readonly PastVersion[]> {
    return (await this.#send<Page<PastVersion>>(`/versions/${pathOf(key)}`, { signal })).items;
  }

  rollBack(key: string, version: string, ifVersion: string): Promise<Written> {
    return this.#send(`/rollback/${pathOf(key)}`, { method: 'POST', body: { version, ifVersion } });
  }

  usage(key: string, signal: AbortSignal): Promise<Usage> {
    return this.#send(`/usage/${pathOf(key)}`, { signal });
  }

  /** Newest first; of one key, or of all. */
  audit(key: string | undefined, after: string | undefined, signal: AbortSignal): Promise<Page<AuditEvent>> {
    return this.#send('/audit', { query: { key, limit: EVENTS, continue: after }, signal });
  }

  #send<T>(path: string, request: Omit<Request, 'path'>): Promise<T> {
    const query = { consumer: this.#consumer, ...request.query };
    return this.#client.send({ ...request, path: this.#path + path, query });
  }
}

function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
