import { OperatorError } from '../errors.ts';
import { FrozenFailure } from './frozen-failure.ts';
import type { LineTimes } from './line-times.ts';
import type { StoreFailure } from './reading.ts';
import { asFailure, isLate, notInTime, timedRequest } from './timed-request.ts';

/** The longest that a backend may ask to be left alone. Milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;
/** That count. */
const MOST_RELAPSES = 3;

/** A piece of work with the store. It notes its result itself. */
export type Work = (signal: AbortSignal) => Promise<void>;

interface Unproven {
  readonly operation: string;
  readonly work: Work;
}

export interface LineOptions {
  readonly times: LineTimes;
  /** Asks the store whether it answers. Undefined: only its other requests tell. */
  readonly ping: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Something that readers need, so that a store that answers but can't read does not count as well. */
  readonly sample: Work;
  /** The store began to fail, fails otherwise, or is well again. */
  readonly onTurn: () => void;
  /** The store answers again, in time: what was missed can be read now. `all`: it failed, not only one request. */
  readonly onAnswers: (all: boolean) => void;
  /** The store did not answer in time; it may do so later. */
  readonly onLate: () => void;
  readonly onRequest: (operation: string, ok: boolean) => void;
}

/**
 * The line to one store: every request goes through it. It knows whether the store answers, also between requests, and
 * since when not. While the store fails nobody waits for it: only the line itself goes on asking.
 */
export class StoreLine {
  readonly #options: LineOptions;
  readonly #closed = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #failure = new FrozenFailure();
  /** One request failed; whether the store does is being found out. */
  #suspicion: OperatorError | undefined;
  /** The request that must succeed before the store counts as well again. */
  #unproven: Unproven | undefined;
  #lastGood: Date | undefined;
  /** Of the clock that never goes back. */
  #promptAt = -Infinity;
  #readAt = -Infinity;
  #notBefore = -Infinity;
  #wellAt = -Infinity;
  #lastError: OperatorError | undefined;
  /** How often it failed again soon after it did. */
  #relapses = 0;
  /** Good answers in a row since it failed. */
  #proofs = 0;
  #isProbing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Why the store can't tell at present; the same object as long as the same is wrong. */
  get failure(): StoreFailure | undefined {
    return this.#failure.current;
  }

  /** As `failure`, or a failed request that is not yet taken for more: for those who got no answer. */
  get trouble(): StoreFailure | undefined {
    return this.failure ?? (this.#suspicion && { error: this.#suspicion, lastGood: this.#lastGood });
  }

  get lastGood(): Date | undefined {
    return this.#lastGood;
  }

  get times(): LineTimes {
    return this.#options.times;
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Aborted when the line closes. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Waits for `work`, but no longer than the store is well. */
  async whileWell(work: Promise<unknown>): Promise<void> {
    const failed = Promise.withResolvers<undefined>();
    const release = (): void => {
      failed.resolve(undefined);
    };
    this.#waiting.add(release);
    await Promise.race([work, failed.promise]).finally(() => this.#waiting.delete(release));
  }

  /** A read. Throws what the store throws, after it was noted. */
  async read(operation: string, work: Work): Promise<void> {
    const { readMs, requestMs } = this.#options.times;
    const startedAt = performance.now();
    const late = setTimeout(() => {
      if (this.#readAt < startedAt) this.#fails(notInTime(), { operation, work });
    }, readMs);
    try {
      await this.request(operation, work, requestMs);
      this.#readAt = performance.now();
      if (this.#options.ping === undefined && this.#readAt - startedAt <= readMs) this.#recover();
    } catch (error) {
      const failure = asFailure(error);
      if (this.#options.ping === undefined) this.#fails(failure, { operation, work });
      else this.#doubt(failure, { operation, work });
      throw failure;
    } finally {
      clearTimeout(late);
    }
  }

  /** A request that says nothing of reads: when it fails the store is asked at once whether it answers. */
  async other<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { ping, times } = this.#options;
    try {
      const answer = await this.request(operation, work, ping === undefined ? times.readMs : times.requestMs);
      if (ping === undefined) this.#recover();
      else if (this.failure) this.#schedule(0);
      return answer;
    } catch (error) {
      const failure = asFailure(error);
      // Reads work without a watch, only later: it says nothing of the store.
      if (operation !== 'watch') this.#questions(failure, { operation, work: quiet(work) });
      throw failure;
    }
  }

  /** Any request: a time limit, and the count. Says nothing of the store's state. */
  async request<T>(operation: string, work: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> {
    const startedAt = performance.now();
    let ok = false;
    try {
      const answer = await timedRequest(work, { ms, closed: this.closed });
      this.#lastGood = new Date();
      if (performance.now() - startedAt <= this.#options.times.lateMs) this.#promptAt = performance.now();
      ok = true;
      return answer;
    } finally {
      this.#options.onRequest(operation, ok);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    const error = new OperatorError('StoreUnreachable', 'it was closed');
    this.#closed.abort(error);
    this.#failure.note(error, this.#lastGood);
    this.#release();
  }

  #questions(error: OperatorError, unproven: Unproven): void {
    if (this.#options.ping === undefined) this.#fails(error, unproven);
    else this.#schedule(0);
  }

  /** A first failure may be nothing: it is told once the next one confirms it. */
  #doubt(error: OperatorError, unproven: Unproven): void {
    if (this.isClosed) return;
    this.#unproven = unproven;
    if (error.retryAfterMs !== undefined) this.#fails(error, unproven);
    if (this.#failure.current || this.#suspicion) return;
    this.#suspicion = error;
    this.#schedule(this.#options.times.againMs);
  }

  #fails(error: OperatorError, unproven = this.#unproven): void {
    if (this.isClosed) return;
    this.#unproven = unproven;
    this.#notBefore = performance.now() + Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
    const wasWell = this.#failure.current === undefined;
    const isNews = this.#failure.note(error, this.#lastGood);
    if (wasWell) this.#begin();
    if (!isNews) return;
    this.#release();
    this.#options.onTurn();
  }

  /** A store that comes and goes must answer the more often in a row, the more often it went. */
  #begin(): void {
    this.#proofs = 0;
    const isRelapse = performance.now() - this.#wellAt < this.#options.times.unsteadyMs;
    this.#relapses = isRelapse ? Math.min(this.#relapses + 1, MOST_RELAPSES) : 0;
    this.#schedule();
  }

  #recover(): void {
    if (this.isClosed || this.trouble === undefined) return;
    const failed = this.#failure.current !== undefined;
    this.#suspicion = undefined;
    this.#unproven = undefined;
    this.#proofs = 0;
    this.#failure.end();
    if (failed) this.#wellAt = performance.now();
    this.#options.onAnswers(failed);
    if (failed) this.#options.onTurn();
  }

  #release(): void {
    for (const release of this.#waiting) release();
  }

  #schedule(ms = this.#delay()): void {
    clearTimeout(this.#timer);
    if (this.isClosed || ms === Infinity) return;
    const delay = Math.max(ms, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => void this.#probe(), Math.max(0, delay));
    this.#timer.unref();
  }

  #delay(): number {
    const { times, ping } = this.#options;
    // One that gave no answer was waited for already.
    const waited = this.#proofs === 0 && isLate(this.#lastError);
    if (this.#failure.current) return waited ? times.retryMs / 4 : times.retryMs;
    if (ping === undefined) return Infinity;
    if (this.#suspicion) return times.againMs;
    return Math.max(times.probeMs / 10, this.#promptAt + times.probeMs - performance.now());
  }

  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    try {
      await this.#ask();
    } finally {
      this.#isProbing = false;
      this.#schedule();
    }
  }

  async #ask(): Promise<void> {
    const { ping, times } = this.#options;
    const isWell = this.trouble === undefined;
    if (isWell && performance.now() - this.#promptAt < times.probeMs) return;
    const ms = this.#failure.current ? times.promptMs : times.lateMs;
    try {
      if (ping) await this.request('ping', ping, ms);
      if (!isWell) await this.#prove();
      if (!isWell) this.#proofs += 1;
      if (isWell || this.#proofs > this.#relapses) this.#recover();
    } catch (error) {
      this.#proofs = 0;
      this.#confirm(asFailure(error), isWell);
    }
  }

  async #prove(): Promise<void> {
    const { operation, work } = this.#unproven ?? { operation: 'readMany', work: this.#options.sample };
    await this.request(operation, work, this.#options.times.readMs);
    this.#readAt = performance.now();
  }

  #confirm(error: OperatorError, isFirst: boolean): void {
    this.#lastError = error;
    if (isFirst && !isLate(error) && error.retryAfterMs === undefined) this.#suspicion ??= error;
    else this.#fails(error);
    if (isLate(error) && !this.isClosed) this.#options.onLate();
  }
}

function quiet(work: (signal: AbortSignal) => Promise<unknown>): Work {
  return async (signal) => {
    await work(signal);
  };
}
