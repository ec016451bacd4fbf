import { remember } from '../runtime/remember.ts';

/** How fast one caller may go. */
export interface Rate {
  readonly perSecond: number;
  /** What a caller who was quiet may do at once. */
  readonly burst: number;
}

interface Bucket {
  /** Below zero: what was charged afterwards. */
  readonly tokens: number;
  /** Milliseconds of `now`. */
  readonly at: number;
}

/** More callers than this are not remembered: those who were quiet longest are forgotten, which is in their favour. */
const MOST_CALLERS = 10_000;

/** A token bucket for each caller. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** In the order of their last request. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Undefined: go on. Otherwise the caller has to wait, for so many seconds at least (a whole number, 1 or more). */
  take(caller: string): number | undefined {
    const { tokens, at } = this.#bucketOf(caller);
    this.#remember(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at });
    return this.#waitFor(tokens);
  }

  /** The same without taking anything. */
  wait(caller: string): number | undefined {
    return this.#waitFor(this.#bucketOf(caller).tokens);
  }

  /** Takes for what has been done already, whether it is there or not: the caller waits for it the next time. */
  charge(caller: string, count: number): void {
    const { tokens, at } = this.#bucketOf(caller);
    this.#remember(caller, { tokens: tokens - count, at });
  }

  #bucketOf(caller: string): Bucket {
    const { perSecond, burst } = this.#rate;
    const at = this.#now();
    const before = this.#buckets.get(caller) ?? { tokens: burst, at };
    return { tokens: Math.min(burst, before.tokens + ((at - before.at) / 1000) * perSecond), at };
  }

  #waitFor(tokens: number): number | undefined {
    return tokens < 1 ? Math.ceil((1 - tokens) / this.#rate.perSecond) : undefined;
  }

  #remember(caller: string, bucket: Bucket): void {
    remember(this.#buckets, caller, bucket, MOST_CALLERS);
  }
}
