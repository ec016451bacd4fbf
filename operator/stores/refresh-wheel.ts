import type { Slot } from './slots.ts';

/** The shortest time between two turns, in milliseconds. */
const SHORTEST_MS = 1_000;
const MOST_PARTS = 30;
/** Intervals of many operators must not stay in step; longer, so that a store is asked no more often than agreed. */
const JITTER = 0.02;
const MOST_JITTER_MS = 200;

/**
 * Spreads refreshes over the interval: at each turn it is a part of all, so that a backend gets a steady trickle instead
 * of a burst. Each slot's turn comes once per interval.
 */
export class RefreshWheel {
  readonly #refresh: (isDue: (slot: Slot<unknown>) => boolean) => Promise<void>;
  readonly #parts: number;
  readonly #stepMs: number;
  readonly #running = new Set<number>();
  /** Whose turn is next. */
  #part = 0;
  #placed = 0;
  #dueAt = performance.now();
  #wentRoundAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** `refreshMs`: the interval. `refresh` is given what is due; it must not reject. */
  constructor(refreshMs: number, refresh: (isDue: (slot: Slot<unknown>) => boolean) => Promise<void>) {
    this.#refresh = refresh;
    this.#parts = Math.min(MOST_PARTS, Math.max(1, Math.floor(refreshMs / SHORTEST_MS)));
    this.#stepMs = (refreshMs + Math.min(refreshMs * JITTER, MOST_JITTER_MS) * (1 + Math.random())) / this.#parts;
    this.#schedule();
  }

  /**
   * The place of a slot that is read for the first time now: in the later half of the interval that begins now. So what is
   * read at once is not refreshed at once, nor all of it together; its first refresh spreads it over the whole interval.
   */
  placeOfNew(): number {
    const half = Math.floor(this.#parts / 2);
    return this.#part + half + (this.#placed++ % (this.#parts - half));
  }

  /** Says whether everything should have been refreshed by now; then it counts as done. For a store that is too slow. */
  isBehind(): boolean {
    const now = performance.now();
    if (now - this.#wentRoundAt < this.#stepMs * this.#parts) return false;
    this.#wentRoundAt = now;
    return true;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAt = Infinity;
  }

  #schedule(): void {
    // From beginning to beginning, so that the time that a refresh takes does not add to the interval.
    const now = performance.now();
    this.#dueAt = Math.max(this.#dueAt + this.#stepMs, now);
    if (this.#dueAt === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#turn();
    }, this.#dueAt - now);
    this.#timer.unref();
  }

  #turn(): void {
    const part = this.#part;
    this.#part = (part + 1) % this.#parts;
    this.#schedule();
    // One that is slower than the interval is not asked twice at once.
    if (this.#running.has(part)) return;
    this.#running.add(part);
    void this.#refresh((slot) => this.#isDue(slot, part)).finally(() => this.#running.delete(part));
  }

  #isDue(slot: Slot<unknown>, part: number): boolean {
    if (slot.place % this.#parts !== part) return false;
    if (slot.isNew) Object.assign(slot, { isNew: false, place: this.#placed++ });
    return true;
  }
}
