import { quoted, type TableNames } from '../names.ts';
import type { Statement } from '../statement.ts';

/** One version of a key that has a value, as pg gives it. */
export interface VersionRow {
  readonly version: string;
  /** When it was written. */
  readonly changed_at: Date;
  /** It is the present row. */
  readonly current: boolean;
}

/** The versions of a key, newest first, without removals. */
export function selectVersions({ table, history }: TableNames, key: string): Statement {
  return {
    text: `SELECT v.version::text AS version, v.changed_at, v.current FROM (
        SELECT version, changed_at, true AS current FROM ${quoted(table)} WHERE key = $1 AND value IS NOT NULL
        UNION ALL
        SELECT h.version, h.changed_at, false FROM ${quoted(history)} h WHERE h.key = $1 AND h.value IS NOT NULL
          AND NOT EXISTS (SELECT FROM ${quoted(table)} t WHERE t.key = h.key AND t.version = h.version)
      ) v ORDER BY v.version DESC`,
    values: [key],
  };
}
