import { setTimeout as sleep } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import type { Client } from 'pg';
import type { ConnectionSettings } from './connection-url.ts';
import { guardedStream } from './guarded-stream.ts';
import { migrate } from './migrations.ts';
import type { TableNames } from './names.ts';
import { orAborted } from '../or-aborted.ts';
import { STATEMENT_MS, type Statement } from './statement.ts';

/** A store reads many keys with one query, so that few connections are enough for a thousand bindings. */
const CONNECTIONS = 4;
const CONNECT_MS = 4_000;
const ACQUIRE_MS = 5_000;
const IDLE_MS = 30_000;
const DESTROY_MS = 1_000;
const MIGRATE_MS = 30_000;

/** How knex hands out what its pool holds. */
interface KnexClient {
  acquireConnection(): Promise<Client>;
  releaseConnection(connection: Client): Promise<void>;
}

/** What is passed to pg for any connection of ours. A function as password keeps pg from looking for files and variables. */
export function clientConfig(settings: ConnectionSettings, limits: boolean): Record<string, unknown> {
  const { password, ...rest } = settings;
  return {
    ...rest,
    password: () => password,
    stream: guardedStream,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: CONNECT_MS,
    ...(limits ? { statement_timeout: STATEMENT_MS } : {}),
  };
}

/** Ends a connection at once, whatever its server does. */
export function cut(connection: Client): void {
  (connection as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** A few connections to one server, under knex, whose tables are made before the first use. */
export class Pool {
  readonly settings: ConnectionSettings;
  /** Whether the server is told how long a statement may take: poolers such as PgBouncer refuse such a connection. */
  readonly limits: boolean;
  readonly #names: TableNames;
  readonly #knex: Knex;
  readonly #open = new Set<Client>();
  readonly #closed = new AbortController();
  #preparing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: ConnectionSettings, names: TableNames, limits = true) {
    this.settings = settings;
    this.limits = limits;
    this.#names = names;
    this.#knex = knex({
      client: 'pg',
      connection: clientConfig(settings, limits) as Knex.PgConnectionConfig,
      pool: {
        min: 0,
        max: CONNECTIONS,
        acquireTimeoutMillis: ACQUIRE_MS,
        createTimeoutMillis: CONNECT_MS + 500,
        destroyTimeoutMillis: DESTROY_MS,
        idleTimeoutMillis: IDLE_MS,
        afterCreate: (connection: Client, done: (error: unknown, connection: Client) => void) => {
          this.#open.add(connection);
          connection.once('end', () => this.#open.delete(connection));
          done(undefined, connection);
        },
      },
      log: SILENT,
    });
  }

  /** Rows of one statement. Throws what pg and knex throw, or the signal's reason, and then no longer waits. */
  async query<Row>({ text, values }: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    const client = this.#knex.client as KnexClient;
    const acquiring = client.acquireConnection();
    let connection: Client;
    try {
      connection = await orAborted(acquiring, signal);
    } catch (error) {
      acquiring.then((late) => client.releaseConnection(late)).catch(() => undefined);
      throw error;
    }
    try {
      const answer = await orAborted(connection.query(text, [...values]), signal);
      return answer.rows as Row[];
    } finally {
      if (signal.aborted && this.#open.has(connection)) {
        // It is busy, perhaps for ever. The pool gets it back once it is known to be dead, so that nobody else gets it.
        connection.once('end', () => void client.releaseConnection(connection));
        cut(connection);
      } else await client.releaseConnection(connection);
    }
  }

  /**
   * Makes or updates the tables, once for all who wait; a failure is told to them, and the next one tries anew. Tables
   * that were there and are gone later are not made again: an empty store in the middle of somebody's restore would
   * look as if all keys had been removed.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    this.#preparing ??= this.#prepare();
    await orAborted(this.#preparing, signal);
  }

  /** Lets go of all connections, and before that waits for what runs, so many milliseconds at most. */
  async close(drainMs: number): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    await this.#closing;
  }

  #prepare(): Promise<void> {
    const limit = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(MIGRATE_MS)]);
    const query = (statement: Statement): Promise<readonly unknown[]> => this.query(statement, limit);
    const preparing = orAborted(migrate(this.#knex, this.#names, query), limit);
    preparing.catch(() => {
      if (this.#preparing === preparing) this.#preparing = undefined;
    });
    return preparing;
  }

  async #close(drainMs: number): Promise<void> {
    this.#closed.abort(new Error('the pool is closed'));
    const destroyed = this.#knex.destroy().catch(() => undefined);
    await Promise.race([destroyed, sleep(drainMs, undefined, { ref: false })]);
    for (const connection of this.#open) cut(connection);
    await destroyed;
  }
}

/** Knex would print what failed, with the values of the statement. */
const SILENT = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };

function ignore(): void {
  // see SILENT
}
