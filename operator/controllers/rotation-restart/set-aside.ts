import type { DriverPod } from '../../api/kinds.ts';

/** How soon what could not be had is tried again, and at the latest. Milliseconds. */
const RETRY = { baseMs: 10_000, maxMs: 300_000 };

/** Drivers that could not be restarted, so that they hold up no other: each for twice as long as the time before. Times are milliseconds since 1970. */
export class SetAside {
  readonly #drivers = new Map<string, { readonly tries: number; readonly until: number }>();

  add({ metadata: { uid = '' } }: DriverPod, now: number): void {
    const tries = this.#drivers.get(uid)?.tries ?? 0;
    this.#drivers.set(uid, { tries: tries + 1, until: now + Math.min(RETRY.baseMs * 2 ** tries, RETRY.maxMs) });
  }

  /** Nothing stands in its way any more, or something else. */
  drop({ metadata: { uid = '' } }: DriverPod): void {
    this.#drivers.delete(uid);
  }

  keepOnly(drivers: readonly DriverPod[]): void {
    const uids = new Set(drivers.map(({ metadata: { uid = '' } }) => uid));
    for (const uid of this.#drivers.keys()) if (!uids.has(uid)) this.#drivers.delete(uid);
  }

  has({ metadata: { uid = '' } }: DriverPod, now: number): boolean {
    return (this.#drivers.get(uid)?.until ?? 0) > now;
  }

  /** In how many milliseconds the next one is to be tried again, each. */
  waits(now: number): number[] {
    return [...this.#drivers.values()].flatMap(({ until }) => (until > now ? [until - now] : []));
  }
}
