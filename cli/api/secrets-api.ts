import type { Page, StoreInFull, StoreSummary } from './answers.ts';
import type { Line } from './line.ts';
import { queryText, storePath, type Query, type StoreName } from './paths.ts';
import { StoreClient } from './store-client.ts';

/** The operator's API (docs/api.md). All methods throw ApiProblem and NoAnswer. */
export class SecretsApi {
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  /** The stores whose keys the caller may list. */
  async stores(consumer?: string): Promise<readonly StoreSummary[]> {
    return (await this.#get<Page<StoreSummary>>('/api/v1/stores', { consumer })).items;
  }

  /** One of them, and what the caller may do with its keys. */
  storeInFull(store: StoreName): Promise<StoreInFull> {
    return this.#get(storePath(store), { consumer: store.consumer });
  }

  /** The name by which the cluster knows the caller. */
  async caller(): Promise<string> {
    return (await this.#get<{ readonly name: string }>('/api/v1/whoami', {})).name;
  }

  /** The keys of a store. */
  store(name: StoreName): StoreClient {
    return new StoreClient(this.#line, name);
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  async #get<T>(path: string, query: Query): Promise<T> {
    return JSON.parse(await this.#line.send({ method: 'GET', path: path + queryText(query), repeatable: true })) as T;
  }
}
