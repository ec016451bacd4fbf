import { createHash } from 'node:crypto';
import type { Caller, Callers } from './callers.ts';
import { HttpProblem } from './problem.ts';
import { RateLimit, type Rate } from './rate-limit.ts';

export interface DoorOptions {
  readonly callers: Pick<Callers, 'authenticate'>;
  /** For each caller. */
  readonly rate?: Rate | undefined;
}

/** Who knocks. */
export interface Knock {
  /** The header Authorization. */
  readonly header: string | undefined;
  readonly address: string;
  /** Whom the limit counts; default: the caller by name. */
  readonly limitBy?: ((caller: Caller) => string) | undefined;
}

/** Somebody who does not come too often, as far as is known without asking. */
export interface Visitor extends Knock {
  /** SHA-256 of the header. */
  readonly token: string;
  /** Whether the token was good before. */
  readonly isSeen: boolean;
}

const RATE: Rate = { perSecond: 20, burst: 60 };
/** Tokens that the cluster does not know, of one address: each costs the API server a review. */
const UNKNOWN: Rate = { perSecond: 5, burst: 50 };
const MOST_TOKENS = 10_000;

/**
 * Finds out who calls, and sends away who calls too often: before the API server is asked, where the token was seen before.
 * Whether a token is good is asked each time anew. Who has a token that was good is let in, whatever others do behind the
 * same address.
 */
export class Door {
  readonly #callers: DoorOptions['callers'];
  readonly #limit: RateLimit;
  readonly #unknown = new RateLimit(UNKNOWN);
  /** SHA-256 of a token that was good → whom the limit counts. */
  readonly #seen = new Map<string, string>();

  constructor({ callers, rate = RATE }: DoorOptions) {
    this.#callers = callers;
    this.#limit = new RateLimit(rate);
  }

  /** Looks without asking anybody. Throws HttpProblem 429 with Retry-After. */
  knock(knock: Knock): Visitor {
    const token = createHash('sha256')
      .update(knock.header ?? '')
      .digest('base64');
    const before = this.#seen.get(token);
    refuse(before === undefined ? this.#unknown.wait(knock.address) : this.#limit.take(before));
    return { ...knock, token, isSeen: before !== undefined };
  }

  /** Asks the API server. Throws HttpProblem 401, and 429; `tell` is told who it is, also of those who come too often. */
  async enter(visitor: Visitor, tell: (caller: Caller) => void, signal: AbortSignal): Promise<Caller> {
    const caller = await this.#authenticated(visitor, signal);
    tell(caller);
    const who = visitor.limitBy?.(caller) ?? caller.username;
    this.#remember(visitor.token, who);
    if (!visitor.isSeen) refuse(this.#limit.take(who));
    return caller;
  }

  async #authenticated({ header, address }: Visitor, signal: AbortSignal): Promise<Caller> {
    try {
      return await this.#callers.authenticate(header, signal);
    } catch (error) {
      if (header !== undefined && error instanceof HttpProblem) this.#unknown.take(address);
      throw error;
    }
  }

  #remember(token: string, who: string): void {
    this.#seen.delete(token);
    this.#seen.set(token, who);
    if (this.#seen.size <= MOST_TOKENS) return;
    const [oldest = ''] = this.#seen.keys();
    this.#seen.delete(oldest);
  }
}

function refuse(seconds: number | undefined): void {
  if (seconds === undefined) return;
  throw new HttpProblem(429, 'too many requests: go slower.', { headers: { 'retry-after': String(seconds) } });
}
