import { randomBytes } from 'node:crypto';
import type { StoreSpec } from '../../../operator/api/kinds.ts';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import { RequestBudget } from '../../../operator/stores/request-budget.ts';
import type { StoreReferences } from '../../../operator/stores/references.ts';
import { PostgresServer } from '../../servers/postgres.ts';
import { key } from '../../support/keys.ts';
import type { Backend } from './backend.ts';

const DATABASE = 'fire';

/** PostgreSQL, with a table of sealed values. */
export class DatabaseBackend implements Backend {
  readonly name = 'database';
  readonly limitMs = 4_000;
  readonly server: PostgresServer;
  readonly #url: string;
  #keks: Readonly<Record<string, string>> = { one: newKek() };
  #kek = 'one';
  #owner: DatabaseStore;

  private constructor(server: PostgresServer, url: string) {
    this.server = server;
    this.#url = url;
    this.#owner = this.#open();
  }

  static async start(): Promise<DatabaseBackend> {
    const server = await PostgresServer.start();
    return new DatabaseBackend(server, await server.createDatabase(DATABASE, 'password-of-fire'));
  }

  get secrets(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return { database: { url: this.#url }, 'database-kek': this.#keks };
  }

  get spec(): { readonly type: 'database'; readonly database: NonNullable<StoreSpec['database']> } & StoreSpec {
    return {
      type: 'database',
      database: {
        client: 'pg',
        connectionSecretRef: { name: 'database', key: 'url' },
        encryption: { keySecretRef: { name: 'database-kek', key: this.#kek } },
      },
      refreshInterval: '5s',
    };
  }

  async put(name: string, value: string): Promise<void> {
    await this.#owner.write(key(name), SecretValue.fromText(value), { signal: AbortSignal.timeout(10_000) });
  }

  async remove(name: string): Promise<void> {
    await this.#owner.remove(key(name), { signal: AbortSignal.timeout(10_000) });
  }

  /** From now on values are sealed with this key of these. */
  async sealWith(kek: string, keks: Readonly<Record<string, string>>): Promise<void> {
    await this.#owner.close();
    [this.#kek, this.#keks] = [kek, keks];
    this.#owner = this.#open();
  }

  /** Cuts every connection to the database; returns how many. */
  async cut(): Promise<number> {
    return this.server.cutConnections(DATABASE);
  }

  /** One statement, in the store's own database. */
  async query<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.server.query<Row>(
      statement,
      values,
      this.server.url({ user: 'admin', password: 'admin-of-tests', database: DATABASE }),
    );
  }

  async traces(): Promise<string> {
    return this.server.dump(DATABASE);
  }

  async stop(): Promise<void> {
    await this.#owner.close();
    await this.server.remove();
  }

  #open(): DatabaseStore {
    return new DatabaseStore({
      spec: this.spec.database,
      references: fixedReferences(this.secrets),
      budget: new RequestBudget({ perSecond: 1e4, burst: 1e4 }),
    });
  }
}

/** A new key-encryption key. */
export function newKek(): string {
  return randomBytes(32).toString('base64');
}

/** What the spec of a store refers to, without an API server. */
function fixedReferences(secrets: Backend['secrets']): StoreReferences {
  const values = (name: string): ReadonlyMap<string, SecretValue> =>
    new Map(Object.entries(secrets[name] ?? {}).map(([field, text]) => [field, SecretValue.fromText(text)]));
  return {
    value: ({ name, key: field }) => Promise.resolve(values(name).get(field) ?? SecretValue.fromText('')),
    values: (name) => Promise.resolve(values(name)),
    identity: () => Promise.reject(new Error('no identity is needed here')),
  };
}
