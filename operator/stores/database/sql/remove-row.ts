import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/** The version of a key that was there; `removed` false: it has another version than `ifVersion`. */
export interface RemoveAnswer {
  readonly removed: boolean;
}

/** Empties a key's row, which stays and keeps the version. No row: the key is not there. */
export function removeRow(table: string, key: string, ifVersion: string | undefined): Statement {
  return {
    text: `WITH present AS (SELECT key, version FROM ${quoted(table)} WHERE key = $1 AND value IS NOT NULL FOR UPDATE),
      emptied AS (
        UPDATE ${quoted(table)} t
        SET version = t.version + 1, sealing = 'none', kek_id = NULL, data_key = NULL, value = NULL
        FROM present p WHERE t.key = p.key AND ($2::text IS NULL OR p.version::text = $2)
        RETURNING t.key)
      SELECT EXISTS (SELECT FROM emptied) AS removed FROM present`,
    values: [key, ifVersion ?? null],
    writes: true,
  };
}
