import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/** A present row, as pg gives it. */
export interface Row {
  readonly key: string;
  readonly version: string;
  readonly sealing: string;
  readonly kek_id: string | null;
  readonly data_key: Buffer | null;
  readonly value: Buffer;
}

/** The present rows of those keys. */
export function selectRows(table: string, keys: readonly string[]): Statement {
  return {
    text: `SELECT key, version, sealing, kek_id, data_key, value FROM ${quoted(table)}
      WHERE key = ANY($1) AND value IS NOT NULL`,
    values: [keys],
  };
}
