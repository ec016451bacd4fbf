import type { Sealed } from '../envelope.ts';
import { quoted } from '../names.ts';
import type { Statement } from '../statement.ts';

/** What to write, and over which version: `0` when there should be no row. */
export interface Put extends Sealed {
  readonly key: string;
  readonly version: string;
  readonly over: string;
}

/** Gives one row when it was written, none when the row has another version by now. */
export function putRow(table: string, { key, version, over, ...sealed }: Put): Statement {
  return {
    text: `INSERT INTO ${quoted(table)} AS t (key, version, sealing, kek_id, data_key, value)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (key) DO UPDATE SET version = EXCLUDED.version, sealing = EXCLUDED.sealing,
        kek_id = EXCLUDED.kek_id, data_key = EXCLUDED.data_key, value = EXCLUDED.value
      WHERE t.version = $7
      RETURNING t.version`,
    values: [key, version, sealed.sealing, sealed.kekId, sealed.dataKey, sealed.value, over],
    writes: true,
  };
}
