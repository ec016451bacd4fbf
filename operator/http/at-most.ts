/** Runs at most so many pieces of work at once, in the order in which they came. */
export class AtMost {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Rejects as `work` does, and, while it has not begun, as soon as the signal is aborted. */
  async do<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= this.#most) await this.#turn(signal);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // Who waits takes over the place of this one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const begin = (): void => {
      signal.removeEventListener('abort', give);
      resolve(undefined);
    };
    const give = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(begin), 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', give, { once: true });
    this.#waiting.push(begin);
    await promise;
  }
}
