import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { CommandProblem } from '../problem.ts';
import { NoAnswer, problemOf, type ApiProblem } from './api-problem.ts';

/** Where requests go, and as whom. */
export interface Target {
  readonly origin: string;
  /** A path that goes before those of the API; '' is none. */
  readonly prefix: string;
  readonly dispatcher: Dispatcher;
  /** Asked before each request, as tokens end. */
  readonly token: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** One request. */
export interface LineRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  /** Whether doing it twice is the same as doing it once: then it is sent again when no answer came. */
  readonly repeatable: boolean;
}

const ANSWER_MS = 60_000;
/** Of one request: how long it waits for its turn in all, and how often it is sent when the connection breaks. */
const PATIENCE_MS = 120_000;
const SENDS = 4;
const AFTER_BREAK_MS = 200;

/**
 * Sends requests, and waits where the API asks to (429 and 503 with Retry-After): then all requests wait, as they are
 * counted together.
 */
export class Line {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  #pausedUntil = 0;

  constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** The text of the answer. Throws ApiProblem, NoAnswer, and the signal's reason. */
  async send(request: LineRequest): Promise<string> {
    const impatientAt = performance.now() + PATIENCE_MS;
    for (let sends = 1; ;) {
      await this.#turn();
      const answer = await this.#once(request, await this.#target.token());
      if (answer instanceof NoAnswer) {
        if (!request.repeatable || sends === SENDS) throw answer;
        this.#pause(AFTER_BREAK_MS * sends);
        sends += 1;
      } else {
        const { status, text, retryAfterMs = Infinity } = answer;
        if (status < 400) return text;
        const problem = problemOf(status, text);
        if (!isForNow(problem, request) || performance.now() + retryAfterMs > impatientAt) throw problem;
        this.#pause(retryAfterMs);
      }
    }
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  async #turn(): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      const ms = this.#pausedUntil - performance.now();
      if (ms <= 0) return;
      await sleep(ms, undefined, { signal: this.#signal });
    }
  }

  #pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms);
  }

  async #once({ method, path, body }: LineRequest, token: string): Promise<Answer | NoAnswer> {
    const { origin, prefix, dispatcher } = this.#target;
    try {
      const {
        statusCode,
        headers,
        body: content,
      } = await dispatcher.request({
        ...{ origin, path: prefix + path, method, body: body ?? null },
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      return { status: statusCode, text: await content.text(), ...retryAfter(headers['retry-after']) };
    } catch (error) {
      this.#signal.throwIfAborted();
      return noAnswer(error, new URL(origin).host);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number;
}

/** The API says it in seconds. */
function retryAfter(header: unknown): { readonly retryAfterMs?: number } {
  return typeof header === 'string' && /^[0-9]{1,6}$/.test(header) ? { retryAfterMs: Number(header) * 1000 } : {};
}

/** Whether it was not done, for sure, or may be done again: a store that does not answer may have heard of a write. */
function isForNow({ status, code }: ApiProblem, { repeatable }: LineRequest): boolean {
  return status === 429 || (status === 503 && (repeatable || code === undefined));
}

/** What becomes of a request that failed. Throws CommandProblem where trying again is of no use. */
function noAnswer(error: unknown, host: string): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (error instanceof CommandProblem) throw error;
  const { code, name } = error as NodeJS.ErrnoException;
  return new NoAnswer(`the API at ${host} does not answer (${code ?? name})`);
}
