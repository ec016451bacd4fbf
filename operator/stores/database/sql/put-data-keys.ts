import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';
import type { StaleRow } from './select-stale.ts';

/** A row as it was, and its data key under the present key-encryption key. */
export interface Rewrapped {
  readonly row: StaleRow;
  readonly dataKey: Buffer;
}

/** Gives a row for each that was changed: those that are no longer as they were stay. */
export function putDataKeys(table: string, kekId: string, rewrapped: readonly Rewrapped[]): Statement {
  return {
    text: `UPDATE ${quoted(table)} t SET kek_id = $1, data_key = n.data_key
      FROM unnest($2::text[], $3::bigint[], $4::bytea[], $5::bytea[]) AS n (key, version, former, data_key)
      WHERE t.key = n.key AND t.version = n.version AND t.data_key = n.former
      RETURNING t.key`,
    values: [
      kekId,
      rewrapped.map(({ row }) => row.key),
      rewrapped.map(({ row }) => row.version),
      rewrapped.map(({ row }) => row.data_key),
      rewrapped.map(({ dataKey }) => dataKey),
    ],
    writes: true,
  };
}
