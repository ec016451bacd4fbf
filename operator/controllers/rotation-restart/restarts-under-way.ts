import type { DriverPod } from '../../api/kinds.ts';
import type { Lister } from '../../runtime/lister.ts';
import { managerOf } from './manager.ts';

/** An application that has not come back after so long, or whose driver does not end, is no longer waited for. Milliseconds. */
const LONGEST_MS = 600_000;

/**
 * The applications that were restarted and whose new driver does not run yet. Kept in memory: an operator that starts
 * anew knows of those whose driver is still ending, and no more.
 */
export class RestartsUnderWay {
  readonly #evicted = new Map<string, { readonly uid: string; readonly at: number }>();

  add(driver: DriverPod, at: number): void {
    this.#evicted.set(applicationOf(driver), { uid: driver.metadata.uid ?? '', at });
  }

  /** Whether this very driver was evicted. */
  has(driver: DriverPod): boolean {
    return this.#evicted.get(applicationOf(driver))?.uid === driver.metadata.uid;
  }

  /** How many there are at `now` (milliseconds since 1970). */
  look(drivers: Pick<Lister<DriverPod>, 'list'>, now: number): number {
    for (const [application, { at }] of this.#evicted) if (now - at > LONGEST_MS) this.#evicted.delete(application);
    const ending = new Set<string>();
    for (const driver of drivers.list()) {
      const application = applicationOf(driver);
      if (driver.status?.phase !== 'Running') continue;
      if (this.#evicted.has(application) && !this.has(driver)) this.#evicted.delete(application);
      if (isEnding(driver, now) && managerOf(driver) !== undefined) ending.add(application);
    }
    return new Set([...ending, ...this.#evicted.keys()]).size;
  }
}

function isEnding({ metadata: { deletionTimestamp } }: DriverPod, now: number): boolean {
  return deletionTimestamp !== undefined && now - Date.parse(deletionTimestamp) <= LONGEST_MS;
}

function applicationOf(driver: DriverPod): string {
  const manager = managerOf(driver);
  return `${driver.metadata.namespace ?? ''}/${manager?.kind.group ?? ''}/${manager?.name ?? driver.metadata.name}`;
}
