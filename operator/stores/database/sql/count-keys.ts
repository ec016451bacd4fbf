import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

export interface Counts {
  readonly keys: number;
  /** How many of them are sealed with another key-encryption key than `kekId`. */
  readonly older: number;
  /** How many of them are in clear. */
  readonly clear: number;
}

export function countKeys(table: string, kekId: string | null): Statement {
  return {
    text: `SELECT count(*)::int AS keys, (count(*) FILTER (WHERE kek_id <> $1))::int AS older,
        (count(*) FILTER (WHERE sealing = 'none'))::int AS clear
      FROM ${quoted(table)} WHERE value IS NOT NULL`,
    values: [kekId],
  };
}
