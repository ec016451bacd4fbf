import type { SecretKey } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';
import type { History, PastVersion, SecretVersion } from '../store.ts';
import type { TableNames } from './names.ts';
import type { Sealing } from './sealing.ts';
import type { Row } from './sql/select-rows.ts';
import { selectVersion } from './sql/select-version.ts';
import { selectVersions, type VersionRow } from './sql/select-versions.ts';
import type { Statement } from './statement.ts';

export interface DatabaseHistoryParts {
  readonly names: TableNames;
  readonly sealing: Sealing;
  readonly query: <T>(statement: Statement, signal: AbortSignal) => Promise<readonly T[]>;
}

/** What a version can be: a bigint. */
const VERSION = /^[1-9]\d{0,17}$/;

/** Former rows, sealed as present ones are: for their table, key and version. */
export class DatabaseHistory implements History {
  readonly #parts: DatabaseHistoryParts;

  constructor(parts: DatabaseHistoryParts) {
    this.#parts = parts;
  }

  async versions(key: SecretKey, signal: AbortSignal): Promise<readonly PastVersion[]> {
    const { names, query } = this.#parts;
    const rows = await query<VersionRow>(selectVersions(names, key), signal);
    return rows.map(({ version, changed_at: createdAt, current }) => ({ version, createdAt, current }));
  }

  async readVersion(key: SecretKey, version: string, signal: AbortSignal): Promise<SecretVersion | undefined> {
    const { names, sealing, query } = this.#parts;
    signal.throwIfAborted();
    if (!VERSION.test(version)) return undefined;
    const [row] = await query<Row>(selectVersion(names, key, version), signal);
    if (row === undefined) return undefined;
    await sealing.prepare([row], signal);
    const value = sealing.open(row);
    if (value instanceof OperatorError) throw value;
    return { value, version: row.version };
  }
}
