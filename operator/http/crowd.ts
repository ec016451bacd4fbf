import { comeBack } from './problem.ts';
import { RateLimit } from './rate-limit.ts';

/** How many requests may be under way, and how many may come. */
export interface CrowdLimits {
  readonly atOnce: number;
  /** Of one caller: their slow bodies, and answers that they do not read, leave room for the others. */
  readonly atOnceOfOne: number;
  /** Of all callers together: what the process gives the API, of the event loop that answers the webhook too. */
  readonly perSecond: number;
  readonly burst: number;
  /** Bytes of bodies that are on their way or being worked on. */
  readonly bodyBytes: number;
}

const LIMITS: CrowdLimits = { atOnce: 64, atOnceOfOne: 16, perSecond: 150, burst: 150, bodyBytes: 16 * 1_048_576 };

/** Somebody's place among those who are served; `leave` gives it back, once. */
export interface Place {
  /** It turned out whose it is. Throws HttpProblem 429 where they have too many. */
  belongTo(who: string): void;
  /** Throws HttpProblem 503, unless there is room for a body of so many bytes, which is given back with the place. */
  makeRoom(bytes: number): void;
  leave(): void;
}

/** Counts who is served. What is too much is sent away at once, with a time to come back: nobody waits in a line. */
export class Crowd {
  readonly #limits: CrowdLimits;
  readonly #rate: RateLimit;
  readonly #of = new Map<string, number>();
  #all = 0;
  #bytes = 0;

  constructor(limits: Partial<CrowdLimits> = {}, now?: () => number) {
    this.#limits = { ...LIMITS, ...limits };
    this.#rate = new RateLimit(this.#limits, now);
  }

  /** Throws HttpProblem 503, and 429 for one who has too many under way. */
  enter(who: string): Place {
    this.#refuseMany(who);
    if (this.#all >= this.#limits.atOnce || this.#rate.take('') !== undefined)
      throw comeBack(503, 'too many requests are under way: try again.');
    this.#all += 1;
    this.#count(who, 1);
    return this.#placeOf(who);
  }

  #placeOf(first: string): Place {
    let who: string | undefined = first;
    let held = 0;
    return {
      belongTo: (owner) => {
        if (who === undefined || who === owner) return;
        this.#refuseMany(owner);
        this.#count(who, -1);
        this.#count(owner, 1);
        who = owner;
      },
      makeRoom: (bytes) => {
        if (this.#bytes + bytes > this.#limits.bodyBytes) throw comeBack(503, 'too much is on its way: try again.');
        this.#bytes += bytes;
        held += bytes;
      },
      leave: () => {
        if (who === undefined) return;
        this.#bytes -= held;
        this.#all -= 1;
        this.#count(who, -1);
        who = undefined;
      },
    };
  }

  #refuseMany(who: string): void {
    if ((this.#of.get(who) ?? 0) >= this.#limits.atOnceOfOne)
      throw comeBack(429, 'too many requests of yours are under way: wait for their answers.');
  }

  #count(who: string, more: 1 | -1): void {
    const count = (this.#of.get(who) ?? 0) + more;
    if (count === 0) this.#of.delete(who);
    else this.#of.set(who, count);
  }
}
