import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/** A row whose data key is sealed with another key-encryption key. */
export interface StaleRow {
  readonly key: string;
  readonly version: string;
  readonly kek_id: string;
  readonly data_key: Buffer;
}

/** Where a batch begins: after this row. */
export type After = Pick<StaleRow, 'key' | 'version'>;

/** A batch of the rows that are not under `kekId`, in order of key and version. */
export function selectStale(table: string, kekId: string, after: After, limit: number): Statement {
  return {
    text: `SELECT key, version, kek_id, data_key FROM ${quoted(table)}
      WHERE kek_id <> $1 AND (key, version) > ($2, $3::bigint) ORDER BY key, version LIMIT $4`,
    values: [kekId, after.key, after.version, limit],
  };
}
