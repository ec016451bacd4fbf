import type { SecretKeyRef, StoreReferences } from '../references.ts';
import { OperatorError } from '../../errors.ts';
import { connectionSettings, type ConnectionSettings } from './connection-url.ts';
import { codeOf, failureFrom, isLost } from './failure.ts';
import type { TableNames } from './names.ts';
import type { Pool } from './pool.ts';
import { STATEMENT_MS, type Statement } from './statement.ts';

export interface ConnectionsOptions {
  /** Of the connection URL. */
  readonly ref: SecretKeyRef;
  readonly references: StoreReferences;
  readonly names: TableNames;
}

/** Certificates to trust, beside the URL in its Secret. */
const CA_KEY = 'ca.crt';
/** A statement is sent again so often when its connection was cut: a restarted server cut all that the pool held. */
const TRIES = 3;
const PROTOCOL_VIOLATION = '08P01';
/** Loaded with the first pool: knex and pg take 14 MiB, which an operator without a store of this type does not need. */
const loadPool = (): Promise<typeof import('./pool.ts')> => import('./pool.ts');
/** SQLSTATEs of a login that another URL would help. */
const LOGIN_FAILED = /^(28...|3D000)$/;

/**
 * The way to the database that the store's Secret names at present. Another URL in the Secret, looked for at each check
 * and when a login fails, gets a pool of its own; the one before ends what it does and is closed.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #closed = new AbortController();
  #pool: Pool | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Rows of a statement, with the tables made before. Throws our errors only, or the signal's reason. */
  async query<Row>(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return this.withPool(signal, statement.writes === true, async (pool, limit) => {
      await pool.prepare(limit);
      return pool.query<Row>(statement, limit);
    });
  }

  /** Asks for an answer, of any kind. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.withPool(signal, false, (pool, limit) => pool.query({ text: 'SELECT 1', values: [] }, limit));
  }

  /** The present pool, opened at the first use. */
  async pool(signal: AbortSignal): Promise<Pool> {
    if (this.#pool === undefined) await this.refresh(signal);
    this.#closed.signal.throwIfAborted();
    return this.#pool ?? this.pool(signal);
  }

  /** Reads the URL anew; true when it was another one. Throws CredentialsMissing and what StoreReferences throws. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const { name, key } = this.#options.ref;
    const data = await this.#options.references.values(name, signal);
    const url = data.get(key);
    if (url === undefined) throw new OperatorError('CredentialsMissing', `Secret ${name} has no key ${key}`);
    const settings = connectionSettings(url, data.get(CA_KEY), `Secret ${name}, key ${key},`);
    const { Pool } = await loadPool();
    this.#closed.signal.throwIfAborted();
    if (this.#pool !== undefined && sameSettings(this.#pool.settings, settings)) return false;
    this.#replace(new Pool(settings, this.#options.names));
    return true;
  }

  async close(): Promise<void> {
    this.#closed.abort(new OperatorError('StoreUnreachable', 'the store is closed'));
    await this.#pool?.close(0);
  }

  /**
   * Does `work` with the present pool, again when that may help: after another URL was found, or, unless it writes, on
   * another connection. Throws our errors only, or the signal's reason.
   */
  async withPool<T>(
    signal: AbortSignal,
    writes: boolean,
    work: (pool: Pool, limit: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = AbortSignal.any([signal, this.#closed.signal]);
    for (let tries = 1; ; tries += 1) {
      limit.throwIfAborted();
      const pool = await this.pool(limit);
      try {
        return await work(pool, limit);
      } catch (error) {
        limit.throwIfAborted();
        const again = tries < TRIES && (await this.#mayHelp(error, pool, writes, limit));
        if (!again) throw failureFrom(error, this.#options.names);
      }
    }
  }

  /** Whether the statement may be sent again at once; does what that takes. */
  async #mayHelp(error: unknown, pool: Pool, writes: boolean, signal: AbortSignal): Promise<boolean> {
    const code = codeOf(error);
    if (LOGIN_FAILED.test(code)) return pool !== this.#pool || (await this.refresh(signal));
    if (code === PROTOCOL_VIOLATION && pool.limits) {
      const { Pool } = await loadPool();
      if (pool === this.#pool) this.#replace(new Pool(pool.settings, this.#options.names, false));
      return true;
    }
    return !writes && (isLost(error) || pool !== this.#pool);
  }

  #replace(pool: Pool): void {
    const before = this.#pool;
    this.#pool = pool;
    before?.close(STATEMENT_MS).catch(() => undefined);
  }
}

function sameSettings(a: ConnectionSettings, b: ConnectionSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
