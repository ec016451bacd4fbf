import { quoted, type TableNames } from '../names.ts';
import type { Statement } from '../statement.ts';

/** The row of one version of a key, present or former: none when it is not kept or was a removal. */
export function selectVersion({ table, history }: TableNames, key: string, version: string): Statement {
  const columns = 'key, version, sealing, kek_id, data_key, value';
  return {
    text: `SELECT ${columns} FROM ${quoted(table)} WHERE key = $1 AND version = $2::bigint AND value IS NOT NULL
      UNION ALL
      SELECT ${columns} FROM ${quoted(history)} h WHERE key = $1 AND version = $2::bigint AND value IS NOT NULL
        AND NOT EXISTS (SELECT FROM ${quoted(table)} t WHERE t.key = h.key AND t.version = h.version)`,
    values: [key, version],
  };
}
