import { quoted, type TableNames } from '../names.ts';
import type { Statement } from '../statement.ts';
import type { Row } from './select-rows.ts';

/** What there is of one key, also when it was removed. */
export interface RowForWrite extends Omit<Row, 'value'> {
  /** Null: it was removed. */
  readonly value: Buffer | null;
  /** Of the row, `0` when there is none. */
  readonly version: string;
  /** The highest version that the key ever had, as far as it is known. */
  readonly last: string;
}

/** Always one row. */
export function selectForWrite({ table, history }: TableNames, key: string): Statement {
  return {
    text: `SELECT t.key, t.sealing, t.kek_id, t.data_key, t.value,
        coalesce(t.version, 0)::text AS version, greatest(t.version, h.version, 0)::text AS last
      FROM (SELECT max(version) AS version FROM ${quoted(history)} WHERE key = $1) h
      LEFT JOIN ${quoted(table)} t ON t.key = $1`,
    values: [key],
  };
}
