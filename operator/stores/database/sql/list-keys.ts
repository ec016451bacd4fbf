import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/** A page of the keys directly in a folder, in order of name, after `after`. */
export function listKeys(table: string, folder: string, after: string, limit: number): Statement {
  return {
    text: `SELECT key AS name FROM ${quoted(table)}
      WHERE folder = $1 AND key > $2 AND value IS NOT NULL ORDER BY key LIMIT $3`,
    values: [folder, after, limit],
  };
}
