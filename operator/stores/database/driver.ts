import { parseKey, type SecretGroup, type SecretKey } from '../../api/secret-key.ts';
import type { StoreSpec } from '../../api/kinds.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { StoreReferences } from '../references.ts';
import type { RequestBudget } from '../request-budget.ts';
import type {
  Found,
  ReadOptions,
  RemoveOptions,
  SecretEntry,
  SecretStore,
  StoreHealth,
  VersionInfo,
  WriteOptions,
} from '../store.ts';
import { refuseTooLarge } from '../value-limit.ts';
import { Connections } from './connections.ts';
import { health } from './health.ts';
import { DatabaseHistory } from './history.ts';
import { KeyRing } from './key-ring.ts';
import { listingPages } from './listing-pages.ts';
import { tableNames, type TableNames } from './names.ts';
import { Notifications } from './notifications.ts';
import { rewrap, type RewrapResult } from './rewrap.ts';
import { Sealing } from './sealing.ts';
import { countKeys, type Counts } from './sql/count-keys.ts';
import { putRow } from './sql/put-row.ts';
import { removeRow, type RemoveAnswer } from './sql/remove-row.ts';
import { selectForWrite, type RowForWrite } from './sql/select-for-write.ts';
import { selectRows, type Row } from './sql/select-rows.ts';
import type { Statement } from './statement.ts';

export interface DatabaseStoreOptions {
  readonly spec: NonNullable<StoreSpec['database']>;
  readonly references: StoreReferences;
  readonly budget: RequestBudget;
}

/** Keys that one query asks for. */
const CHUNK = 1_000;
/** How often a write without `ifVersion` starts again when another one was quicker. */
const MAX_TRIES = 10;

/**
 * Values in a table of PostgreSQL, sealed: see envelope.ts. A version is a number that grows with each change of a key,
 * also over its removal. Former values are kept in a second table, twenty of each key.
 */
export class DatabaseStore implements SecretStore {
  readonly #names: TableNames;
  readonly #budget: RequestBudget;
  readonly #connections: Connections;
  readonly #ring: KeyRing | undefined;
  readonly #sealing: Sealing;
  readonly #notifications: Notifications;
  readonly history: DatabaseHistory;

  /** Throws StoreUnreachable for a kind of database that is not supported. */
  constructor({ spec, references, budget }: DatabaseStoreOptions) {
    const { client, connectionSecretRef: ref, encryption, allowPlaintext = false } = spec;
    if (client !== 'pg')
      throw new OperatorError(
        'StoreUnreachable',
        `client ${client} is not yet supported: use pg (PostgreSQL 13 or later)`,
      );
    this.#names = tableNames(spec.table ?? 'secret_store');
    this.#budget = budget;
    this.#connections = new Connections({ ref, references, names: this.#names });
    this.#ring = encryption && new KeyRing(references, encryption.keySecretRef);
    this.#sealing = new Sealing({ table: this.#names.table, ring: this.#ring, allowPlaintext });
    this.#notifications = new Notifications(this.#connections, this.#names);
    const query = <T>(statement: Statement, signal: AbortSignal): Promise<readonly T[]> =>
      this.#query<T>(statement, signal);
    this.history = new DatabaseHistory({ names: this.#names, sealing: this.#sealing, query });
  }

  async readMany(
    keys: readonly SecretKey[],
    signal: AbortSignal,
    options: ReadOptions = {},
  ): Promise<ReadonlyMap<SecretKey, Found>> {
    signal.throwIfAborted();
    const found = new Map<SecretKey, Found>();
    for (let at = 0; at < keys.length; at += CHUNK) {
      const chunk = keys.slice(at, at + CHUNK);
      const rows = await this.#query<Row>(selectRows(this.#names.table, chunk), signal, options.background);
      await this.#sealing.prepare(rows, signal);
      for (const row of rows) {
        const key = parseKey(row.key);
        const value = this.#sealing.open(row);
        if (key) found.set(key, value instanceof OperatorError ? value : { value, version: row.version });
      }
    }
    return found;
  }

  async write(key: SecretKey, value: SecretValue, { ifVersion, signal }: WriteOptions): Promise<VersionInfo> {
    refuseTooLarge(key, value);
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const present = await this.#present(key, signal);
      const version = present.value ? present.version : null;
      if (ifVersion !== undefined && ifVersion !== version) throw new OperatorError('VersionConflict', key);
      if (version !== null && (await this.#holds(present, value, signal))) return { version };
      const next = String(BigInt(present.last) + 1n);
      const sealed = await this.#sealing.seal(value, key, next, signal);
      const put = putRow(this.#names.table, { ...sealed, key, version: next, over: present.version });
      if ((await this.#query(put, signal)).length > 0) return { version: next };
    }
    throw new OperatorError('StoreUnreachable', `${key} is changed all the time by others`);
  }

  async remove(key: SecretKey, { ifVersion, signal }: RemoveOptions): Promise<void> {
    const [answer] = await this.#query<RemoveAnswer>(removeRow(this.#names.table, key, ifVersion), signal);
    if (answer?.removed === false) throw new OperatorError('VersionConflict', key);
  }

  async *list(group: SecretGroup, signal: AbortSignal): AsyncIterable<SecretEntry> {
    yield* listingPages(this.#names.table, group, (statement) => this.#query(statement, signal));
  }

  async watch(onChange: (keys: readonly SecretKey[]) => void, signal: AbortSignal): Promise<void> {
    await this.#notifications.listen(onChange, signal);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#connections.ping(signal);
  }

  async check(signal: AbortSignal): Promise<StoreHealth> {
    signal.throwIfAborted();
    await this.#connections.refresh(signal);
    const kek = await this.#ring?.load(signal);
    const [counts] = await this.#query<Counts>(countKeys(this.#names.table, kek?.id ?? null), signal);
    return health(this.#names.table, kek?.id, counts);
  }

  /**
   * Seals all data keys under the key-encryption key that the spec names, after another one was named there: see
   * rewrap.ts. `onProgress` is told after each batch. Throws CredentialsMissing for a store that does not seal.
   */
  async rewrap(signal: AbortSignal, onProgress?: (soFar: RewrapResult) => void): Promise<RewrapResult> {
    const ring = this.#ring;
    if (ring === undefined)
      throw new OperatorError('CredentialsMissing', 'the store names no encryption.keySecretRef: nothing is sealed');
    const parts = {
      connections: this.#connections,
      ring,
      names: this.#names,
      take: (until: AbortSignal): Promise<void> => this.#budget.take(until, true),
    };
    return rewrap(parts, signal, onProgress);
  }

  async close(): Promise<void> {
    this.#notifications.close();
    await this.#connections.close();
  }

  async #query<T>(statement: Statement, signal: AbortSignal, background = false): Promise<readonly T[]> {
    await this.#budget.take(signal, background);
    return this.#connections.query<T>(statement, signal);
  }

  async #present(key: SecretKey, signal: AbortSignal): Promise<RowForWrite> {
    const [present] = await this.#query<RowForWrite>(selectForWrite(this.#names, key), signal);
    if (present === undefined) throw new OperatorError('StoreUnreachable', 'it answered without a row');
    return present;
  }

  /** Whether the row holds that value already, and as a new one would. One that can't be opened is written over. */
  async #holds(row: RowForWrite, value: SecretValue, signal: AbortSignal): Promise<boolean> {
    if (row.value === null || !this.#sealing.isAsWanted(row)) return false;
    await this.#sealing.prepare([row], signal);
    const held = this.#sealing.open({ ...row, value: row.value });
    return !(held instanceof OperatorError) && held.equals(value);
  }
}
