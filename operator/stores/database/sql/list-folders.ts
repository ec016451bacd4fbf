import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/**
 * A page of the folders directly below a folder, in order of name, after the folder `after` (the empty string: from the
 * first). It goes from one to the next through the index, and reads none of the keys in them. An exclamation mark sorts
 * right after the blank that divides segments, a tilde after all that a key may hold.
 */
export function listFolders(table: string, folder: string, after: string, limit: number): Statement {
  const prefix = folder === '' ? '' : `${folder} `;
  const next = (from: string): string => `(
    SELECT $1 || split_part(substr(folder, length($1) + 1), ' ', 1) FROM ${quoted(table)}
    WHERE value IS NOT NULL AND folder > ${from} AND folder < $2 ORDER BY folder LIMIT 1)`;
  return {
    text: `WITH RECURSIVE page(name, nth) AS (
        SELECT ${next('$3')}, 1
        UNION ALL
        SELECT ${next(`(page.name || '!')`)}, nth + 1 FROM page WHERE name IS NOT NULL AND nth < $4)
      SELECT name FROM page WHERE name IS NOT NULL`,
    values: [prefix, folder === '' ? '~' : `${folder}!`, after === '' ? prefix : `${after}!`, limit],
  };
}
