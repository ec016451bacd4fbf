import { createHash } from 'node:crypto';
import { remember } from '../runtime/remember.ts';
import { countedAs, tokenOf, type Caller, type Callers } from './callers.ts';
import { comeBack, HttpProblem } from './problem.ts';
import { RateLimit, type Rate } from './rate-limit.ts';

export interface DoorOptions {
  readonly callers: Pick<Callers, 'authenticate'>;
  /** For each caller. */
  readonly rate?: Rate | undefined;
  /** Without any token, for each address. */
  readonly nameless?: Rate | undefined;
  readonly now?: () => number;
}

/** Who knocks. */
export interface Knock {
  /** The header Authorization. */
  readonly header: string | undefined;
  readonly address: string;
}

/** Somebody who does not come too often, as far as is known without asking. */
export interface Visitor extends Knock {
  /** SHA-256 of the token, or of a header that has none. */
  readonly token: string;
  /** Whom the limits count: a pod, a user, or, for a token that was not good before, the address. */
  readonly who: string;
  /** Whether the token was good before. */
  readonly isSeen: boolean;
}

/** Somebody whose token was good. */
interface Known {
  readonly who: string;
  readonly caller: Caller;
  /** Until when that is believed, milliseconds of `now`. */
  readonly until: number;
}

const RATE: Rate = { perSecond: 20, burst: 60 };
/** Tokens that the cluster does not know, of one address: each costs the API server a review. */
const UNKNOWN: Rate = { perSecond: 5, burst: 50 };
/** Requests without any token, of one address: the page's files, and the API's description. */
const NAMELESS: Rate = { perSecond: 50, burst: 200 };
const MOST_TOKENS = 10_000;
/** The API server itself believes a good token for 10 s. What its owner may do is asked for each request all the same. */
const BELIEVED_MS = 5_000;

/**
 * Finds out who calls, and sends away who calls too often: before the API server is asked, where the token was seen before.
 * That a token is good is believed for some seconds, that it is not never. Who has a token that was good is let in, whatever
 * others do behind the same address.
 */
export class Door {
  readonly #callers: DoorOptions['callers'];
  readonly #now: () => number;
  readonly #limit: RateLimit;
  readonly #unknown: RateLimit;
  readonly #nameless: RateLimit;
  /** By SHA-256 of the token, in the order of their last review. */
  readonly #known = new Map<string, Known>();

  constructor({ callers, rate = RATE, nameless = NAMELESS, now = () => performance.now() }: DoorOptions) {
    this.#callers = callers;
    this.#now = now;
    this.#limit = new RateLimit(rate, now);
    this.#unknown = new RateLimit(UNKNOWN, now);
    this.#nameless = new RateLimit(nameless, now);
  }

  /** Looks without asking anybody. Throws HttpProblem 429 with Retry-After. */
  knock({ header, address }: Knock): Visitor {
    const token = createHash('sha256')
      .update(tokenOf(header) ?? header ?? '')
      .digest('base64');
    const known = this.#known.get(token);
    if (header === undefined) refuse(this.#nameless.take(address));
    else refuse(known === undefined ? this.#unknown.wait(address) : this.#limit.take(known.who));
    return { header, address, token, who: known?.who ?? `address ${address}`, isSeen: known !== undefined };
  }

  /**
   * Asks the API server, unless it did a moment ago. Throws HttpProblem 401, and 429; `tell` is told who it is, also of those
   * who come too often.
   */
  async enter(visitor: Visitor, tell: (caller: Caller) => void, signal: AbortSignal): Promise<Caller> {
    const known = this.#known.get(visitor.token);
    const caller = known !== undefined && known.until > this.#now() ? known.caller : await this.#ask(visitor, signal);
    tell(caller);
    if (!visitor.isSeen) refuse(this.#limit.take(countedAs(caller)));
    return caller;
  }

  /** Counts more for what the caller sent than for one request. */
  charge(caller: Caller, requests: number): void {
    this.#limit.charge(countedAs(caller), requests);
  }

  async #ask({ header, address, token }: Visitor, signal: AbortSignal): Promise<Caller> {
    try {
      const caller = await this.#callers.authenticate(header, signal);
      const known = { who: countedAs(caller), caller, until: this.#now() + BELIEVED_MS };
      remember(this.#known, token, known, MOST_TOKENS);
      return caller;
    } catch (error) {
      if (error instanceof HttpProblem) this.#forget(token, header, address);
      throw error;
    }
  }

  #forget(token: string, header: string | undefined, address: string): void {
    this.#known.delete(token);
    if (header !== undefined) this.#unknown.take(address);
  }
}

function refuse(seconds: number | undefined): void {
  if (seconds !== undefined) throw comeBack(429, 'too many requests: go slower.', seconds);
}
