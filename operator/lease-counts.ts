import { leaseNoteOf } from './api/lease-note.ts';
import type { RunSecret } from './api/run-secret.ts';
import type { LeaseFigures } from './telemetry/metrics.ts';

/** How many credentials on lease the Secrets of runs note, by store. */
export function leaseCounts(runs: Iterable<RunSecret>): LeaseFigures[] {
  const byStore = new Map<string, LeaseFigures>();
  for (const secret of runs) {
    const note = leaseNoteOf(secret);
    if (note === undefined) continue;
    const { namespace, name: store } = note.store;
    const { count } = byStore.get(`${namespace}/${store}`) ?? { count: 0 };
    const more = Object.keys(note.leases).length;
    byStore.set(`${namespace}/${store}`, { namespace, store, count: count + more });
  }
  return [...byStore.values()];
}
