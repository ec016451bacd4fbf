import { numberOf, fieldOf, type Answer } from './answers.ts';
import type { Grant } from './login.ts';

/** How a token is kept alive. */
export interface RenewalParts {
  readonly renew: () => Promise<Answer>;
  /** Gets another token in its place. Left out: there is none to be had. */
  readonly replace?: () => Promise<unknown>;
}

/** When, in parts of what is left: renewed between these two, so that many operators don't come at once. */
const EARLIEST = 0.6;
const LATEST = 0.7;
/** After a renewal that failed it is tried again in this part of what is left, or after so many milliseconds. */
const AGAIN = 0.2;
const AGAIN_MS = 5_000;
/** A token that a renewal gives less than this part of its first time is near its longest: it needs a successor. */
const NEARLY_OVER = 0.5;
/** Shorter pauses help nobody, longer timers overflow. Milliseconds. */
const MIN_TIMER_MS = 200;
const MAX_TIMER_MS = 2_000_000_000;

/** Renews one token before it ends, and calls for another when it can't be renewed any longer. */
export class TokenRenewal {
  readonly #parts: RenewalParts;
  readonly #firstMs: number | undefined;
  #renewable: boolean;
  /** By `performance.now()`. */
  #endsAt: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ ttlMs, renewable }: Grant, parts: RenewalParts) {
    this.#parts = parts;
    this.#firstMs = ttlMs;
    this.#renewable = renewable;
    this.#endsAt = ttlMs === undefined ? Infinity : performance.now() + ttlMs;
    this.#schedule(early());
  }

  /** Whether the token is over, for all we know. */
  get ended(): boolean {
    return performance.now() >= this.#endsAt;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(part: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#endsAt === Infinity || !(this.#renewable || this.#parts.replace)) return;
    const left = this.#endsAt - performance.now();
    if (left <= 0) return;
    this.#timer = setTimeout(
      () => {
        void this.#maintain().then((part) => {
          this.#schedule(part);
        });
      },
      Math.min(Math.max(left * part, MIN_TIMER_MS), MAX_TIMER_MS),
    );
    this.#timer.unref();
  }

  /** Returns in which part of what is left to come again. */
  async #maintain(): Promise<number> {
    try {
      if (this.#renewable && (await this.#renew())) return early();
      await this.#parts.replace?.();
    } catch {
      // Whoever needs the token is told why; here it is only tried again.
    }
    return Math.min(AGAIN, AGAIN_MS / (this.#endsAt - performance.now()));
  }

  /** False: it could not be renewed, or hardly. */
  async #renew(): Promise<boolean> {
    const { status, body } = await this.#parts.renew();
    if (status !== 200) {
      this.#renewable = false;
      return false;
    }
    const ttlMs = (numberOf(body, 'auth', 'lease_duration') ?? 0) * 1000;
    this.#endsAt = ttlMs > 0 ? performance.now() + ttlMs : Infinity;
    this.#renewable = fieldOf(body, 'auth', 'renewable') === true && ttlMs >= (this.#firstMs ?? 0) * NEARLY_OVER;
    return this.#renewable || ttlMs === 0;
  }
}

function early(): number {
  return EARLIEST + Math.random() * (LATEST - EARLIEST);
}
