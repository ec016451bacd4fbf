/** How much a backend may be asked: `spec.requestBudget`. */
export interface BudgetLimits {
  /** Requests a second, on average. */
  readonly perSecond: number;
  /** How many may go out at once after a pause. */
  readonly burst: number;
}

interface Waiter {
  readonly go: () => void;
  readonly signal: AbortSignal;
}

/**
 * A token bucket that every request to a backend goes through. Those that somebody waits for go before those of the
 * background. `pause` keeps everything back for as long as the backend asked (`Retry-After`).
 */
export class RequestBudget {
  readonly #limits: BudgetLimits;
  readonly #now: () => number;
  readonly #urgent: Waiter[] = [];
  readonly #background: Waiter[] = [];
  #tokens: number;
  #filledAt: number;
  #pausedUntil = -Infinity;
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(limits: BudgetLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.burst;
    this.#filledAt = now();
  }

  /** How many requests it let go: what the backend was really asked. */
  get taken(): number {
    return this.#taken;
  }

  /** Resolves when a request may go out. Rejects with the signal's reason. */
  async take(signal: AbortSignal, background = false): Promise<void> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<undefined>();
    const waiter: Waiter = {
      signal,
      go: () => {
        turn.resolve(undefined);
      },
    };
    const abort = (): void => {
      turn.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    (background ? this.#background : this.#urgent).push(waiter);
    this.#serve();
    await turn.promise.finally(() => {
      signal.removeEventListener('abort', abort);
    });
  }

  /** Nothing goes out for so many milliseconds. A longer pause that is set already stays. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms);
  }

  #serve(): void {
    this.#refill();
    while (this.#tokens >= 1 && this.#now() >= this.#pausedUntil) {
      const waiter = this.#urgent.shift() ?? this.#background.shift();
      if (waiter === undefined) return;
      if (waiter.signal.aborted) continue;
      this.#tokens -= 1;
      this.#taken += 1;
      waiter.go();
    }
    if (this.#urgent.length + this.#background.length === 0 || this.#timer !== undefined) return;
    const missing = Math.max(0, 1 - this.#tokens) / this.#limits.perSecond;
    const delay = Math.max(missing * 1000, this.#pausedUntil - this.#now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#serve();
    }, Math.ceil(delay));
    this.#timer.unref();
  }

  #refill(): void {
    const now = this.#now();
    const earned = ((now - this.#filledAt) / 1000) * this.#limits.perSecond;
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + earned);
    this.#filledAt = now;
  }
}
