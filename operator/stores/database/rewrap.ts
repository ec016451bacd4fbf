import type { Connections } from './connections.ts';
import { rewrapped, type Kek } from './envelope.ts';
import type { KeyRing } from './key-ring.ts';
import type { TableNames } from './names.ts';
import { putDataKeys } from './sql/put-data-keys.ts';
import { selectStale, type After, type StaleRow } from './sql/select-stale.ts';

/** A row whose data key no key of the Secret opens. */
export interface Unopened {
  readonly key: string;
  readonly version: string;
  /** It is no present value, but one of the history. */
  readonly former: boolean;
}

export interface RewrapResult {
  /** How many data keys are now under the present key-encryption key, and were not before. */
  readonly rewrapped: number;
  readonly unopened: readonly Unopened[];
}

export interface RewrapParts {
  readonly connections: Connections;
  readonly ring: KeyRing;
  readonly names: TableNames;
  /** Waits for the request budget. */
  readonly take: (signal: AbortSignal) => Promise<void>;
}

const BATCH = 200;
const START: After = { key: '', version: '0' };

/**
 * Seals every data key anew that is not under the present key-encryption key; values are not opened. Each batch stands
 * by itself, so it may be interrupted, and run again or twice at once. The history comes last: what a writer puts there
 * meanwhile is either new, or was committed before the row's own turn came.
 */
export async function rewrap(
  parts: RewrapParts,
  signal: AbortSignal,
  onProgress?: (soFar: RewrapResult) => void,
): Promise<RewrapResult> {
  const { names, ring } = parts;
  const present = await ring.load(signal);
  let done = 0;
  const unopened: Unopened[] = [];
  for (const table of [names.table, names.history]) {
    for (let after: After | undefined = START; after !== undefined;) {
      const batch: Batch = await rewrapBatch(parts, { table, present, after }, signal);
      done += batch.rewrapped;
      unopened.push(...batch.unopened.map((row) => ({ ...row, former: table === names.history })));
      after = batch.next;
      onProgress?.({ rewrapped: done, unopened });
    }
  }
  return { rewrapped: done, unopened };
}

interface Batch {
  readonly rewrapped: number;
  readonly unopened: readonly After[];
  /** Where the next one begins; undefined: this was the last. */
  readonly next: After | undefined;
}

async function rewrapBatch(
  { connections, ring, names, take }: RewrapParts,
  { table, present, after }: { readonly table: string; readonly present: Kek; readonly after: After },
  signal: AbortSignal,
): Promise<Batch> {
  await take(signal);
  const rows = await connections.query<StaleRow>(selectStale(table, present.id, after, BATCH), signal);
  const anew = rows.map((row) => ({ row, dataKey: dataKeyAnew(row, { table: names.table, ring, present }) }));
  const ready = anew.flatMap(({ row, dataKey }) => (dataKey === undefined ? [] : [{ row, dataKey }]));
  if (ready.length > 0) await take(signal);
  const put = ready.length === 0 ? [] : await connections.query(putDataKeys(table, present.id, ready), signal);
  const unopened = anew.flatMap(({ row, dataKey }) => (dataKey === undefined ? [row] : []));
  return {
    rewrapped: put.length,
    unopened: unopened.map(({ key, version }) => ({ key, version })),
    next: rows.length < BATCH ? undefined : rows.at(-1),
  };
}

function dataKeyAnew(
  { key, version, kek_id: from, data_key: dataKey }: StaleRow,
  { table, ring, present }: { readonly table: string; readonly ring: KeyRing; readonly present: Kek },
): Buffer | undefined {
  const kek = ring.find(from);
  try {
    return kek && rewrapped(dataKey, { table, key, version }, kek, present);
  } catch {
    return undefined;
  }
}
