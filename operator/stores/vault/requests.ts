import { OperatorError } from '../../errors.ts';
import type { RequestBudget } from '../request-budget.ts';
import { orAborted } from '../or-aborted.ts';
import { complains, type Answer } from './answers.ts';
import type { Ask, Connection } from './connection.ts';
import { askHealth, stranger, type Health } from './health.ts';

/** How a request is to be sent. */
export interface AskOptions {
  readonly signal: AbortSignal;
  /** Waits until nothing is asked that somebody waits for. */
  readonly background?: boolean;
}

/** When a server asks for more patience than this it is told as failing; less is waited for. Milliseconds. */
const SHORT_PAUSE_MS = 3_000;
/** What a server gets that refuses for the rate of requests and does not say for how long. */
const DEFAULT_PAUSE_MS = 1_000;
const MAX_TRIES = 4;
/** How long it may take to find out why a request failed. Milliseconds. */
const HEALTH_MS = 3_000;
/** OpenBao and Vault: of an entry that the storage behind them does not take. */
export const TOO_LARGE = /too large|exceeds? (the )?max|object size|max_entry_size/i;

/**
 * Every request of a store: within its budget, with the pauses that the server asks for, and with the reason when the
 * server can't serve. What comes back is an answer about the request itself: 2xx, 400, 403, 404, 413.
 */
export class Requests {
  readonly #connection: Connection;
  readonly #budget: RequestBudget;
  /** What the server last asked for, and in which words. */
  #pause = { until: -Infinity, status: 0 };
  #asking: Promise<Health | undefined> | undefined;

  constructor(connection: Connection, budget: RequestBudget) {
    this.#connection = connection;
    this.#budget = budget;
  }

  /** Throws StoreUnreachable. */
  async send(ask: Ask, options: AskOptions): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      await this.#turn(options);
      const answer = await this.#connection.request(ask, options.signal);
      if (isAboutRequest(answer)) return answer;
      const pause = this.#heed(answer);
      if (pause === undefined || pause > SHORT_PAUSE_MS || tries === MAX_TRIES)
        throw await this.#trouble(answer, pause, options.signal);
    }
  }

  /** How the server is. Throws StoreUnreachable when it does not answer at all. */
  async health(signal: AbortSignal): Promise<Health> {
    await this.#turn({ signal });
    return askHealth(this.#connection, signal);
  }

  /** Waits for the turn of a request, but not for a long pause: that is a failure that can be told at once. */
  async #turn({ signal, background }: AskOptions): Promise<void> {
    const left = this.#pause.until - performance.now();
    if (left > SHORT_PAUSE_MS) throw leftAlone(left, this.#pause.status);
    await this.#budget.take(signal, background);
  }

  /** How long the server wants to be left alone, in milliseconds; undefined: that is not what it says. */
  #heed({ status, retryAfterMs }: Answer): number | undefined {
    const pause = retryAfterMs ?? (status === 429 ? DEFAULT_PAUSE_MS : undefined);
    if (pause === undefined || (status !== 429 && status !== 503)) return undefined;
    this.#budget.pause(pause);
    const until = performance.now() + pause;
    if (until > this.#pause.until) this.#pause = { until, status };
    return pause;
  }

  async #trouble(answer: Answer, pause: number | undefined, signal: AbortSignal): Promise<OperatorError> {
    const { status } = answer;
    if (pause !== undefined) return leftAlone(pause, status);
    if (isStrange(answer)) return unreachable(stranger(this.#connection.host, status));
    const health = await this.#health(signal);
    return unreachable(health?.serves === false ? health.why : `it answers with HTTP ${status}: look at its log`);
  }

  /** Asked once for all requests that fail at the same time. */
  async #health(signal: AbortSignal): Promise<Health | undefined> {
    this.#asking ??= this.health(AbortSignal.timeout(HEALTH_MS))
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined;
      });
    return orAborted(this.#asking, signal);
  }
}

/** An answer that only something else than a server gives: every answer of a server has JSON or nothing in it. */
function isStrange({ status, body }: Answer): boolean {
  return (status >= 300 && status < 400) || (status < 500 && status !== 204 && body === undefined);
}

function isAboutRequest(answer: Answer): boolean {
  const { status } = answer;
  if (isStrange(answer)) return false;
  if (status < 300) return true;
  // Storage that refuses an entry for its size answers as if it had failed.
  if (status >= 500) return complains(answer, TOO_LARGE);
  return status >= 400 && ![412, 429, 472, 473].includes(status);
}

/** Words without the time that is left: each other message would be written into the status of every binding. */
function leftAlone(pauseMs: number, status: number): OperatorError {
  const advice = status === 429 ? ': raise its rate limit, or lower requestBudget' : '';
  return new OperatorError('StoreUnreachable', `it asks to be left alone for a while (HTTP ${status})${advice}`, {
    retryAfterMs: pauseMs,
  });
}

function unreachable(detail: string): OperatorError {
  return new OperatorError('StoreUnreachable', detail);
}
