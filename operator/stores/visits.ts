/** Knows whether anybody is at a store that is open only for visits, and tells once when nobody was there for a while. */
export class Visits {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #present = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Whether somebody stays, or the store is closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async during<T>(visit: () => Promise<T>): Promise<T> {
    this.#present += 1;
    clearTimeout(this.#timer);
    try {
      return await visit();
    } finally {
      this.#present -= 1;
      if (this.#present === 0 && !this.#isOver) this.#wait();
    }
  }

  /** Somebody stays, or the store is closed: there is nothing more to tell. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onIdle, this.#idleMs);
    this.#timer.unref();
  }
}
