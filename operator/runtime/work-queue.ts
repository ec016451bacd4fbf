import { backoffMs, type BackoffOptions } from './backoff.ts';
import { quietly } from './quietly.ts';
import type { Result } from './reconciler.ts';

/** 'high' goes before 'low': a new object must not wait behind a resync of all. */
export type Priority = 'high' | 'low';

/** One run that ended. `ms`: how long it took. */
export interface QueueRun {
  readonly key: string;
  readonly ms: number;
  readonly error?: unknown;
}

/** What a queue runs, and how. */
export interface WorkQueueOptions {
  /** Throws to be run again with backoff; says when to be run again otherwise. */
  readonly process: (key: string, signal: AbortSignal) => Promise<Result>;
  /** Runs at once; default 4. */
  readonly concurrency?: number;
  /** Default: 200 ms to 5 minutes. */
  readonly backoff?: BackoffOptions;
  readonly onDone?: (run: QueueRun) => void;
}

interface Timer {
  readonly dueAt: number;
  readonly handle: NodeJS.Timeout;
}

/** setTimeout fires at once beyond this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `process` for keys, never twice at once for the same key.
 *
 * A key that waits, waits once; a key added while it runs is run once more afterwards. A run decides anew when to look
 * again: a timer that was pending when it starts is dropped. Nothing is kept of a key whose run succeeded.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #concurrency: number;
  readonly #waiting: Record<Priority, Set<string>> = { high: new Set(), low: new Set() };
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, Timer>();
  readonly #abort = new AbortController();
  #started = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 4;
  }

  /** Keys that wait for a run; those with a timer only are not among them. */
  get size(): number {
    return this.#waiting.high.size + this.#waiting.low.size + this.#again.size;
  }

  /** Keys that run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Keys of which anything is remembered: for the test that nothing is kept. */
  get remembered(): number {
    return this.size + this.#running.size + this.#failures.size + this.#timers.size;
  }

  /** Starts to run keys; those added before are kept until then. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  /** Runs a key as soon as there is room; default priority 'high'. */
  add(key: string, options: { readonly priority?: Priority } = {}): void {
    if (this.#abort.signal.aborted) return;
    const priority = options.priority ?? 'high';
    if (this.#running.has(key)) {
      if (this.#again.get(key) !== 'high') this.#again.set(key, priority);
      return;
    }
    this.#enqueue(key, priority);
    this.#pump();
  }

  /** Runs a key in `ms` milliseconds; of two times for a key the earlier one holds. Default priority 'low'. */
  addAfter(key: string, ms: number, options: { readonly priority?: Priority } = {}): void {
    if (this.#abort.signal.aborted) return;
    const delay = Math.min(Math.max(ms, 0) || 0, LONGEST_TIMER_MS);
    const dueAt = performance.now() + delay;
    const pending = this.#timers.get(key);
    if (pending && pending.dueAt <= dueAt) return;
    clearTimeout(pending?.handle);
    const handle = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key, { priority: options.priority ?? 'low' });
    }, delay);
    this.#timers.set(key, { dueAt, handle });
  }

  /** Takes no more work, tells running work to stop, and waits for it. */
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer.handle);
    for (const kept of [this.#timers, this.#waiting.high, this.#waiting.low, this.#again, this.#failures]) kept.clear();
    await Promise.all(this.#running.values());
  }

  #enqueue(key: string, priority: Priority): void {
    if (priority === 'low' && this.#waiting.high.has(key)) return;
    if (priority === 'high') this.#waiting.low.delete(key);
    this.#waiting[priority].add(key);
  }

  #pump(): void {
    while (this.#started && this.#running.size < this.#concurrency) {
      const from = this.#waiting.high.size > 0 ? this.#waiting.high : this.#waiting.low;
      const [key] = from;
      if (key === undefined) return;
      from.delete(key);
      this.#dropTimer(key);
      this.#running.set(key, this.#run(key));
    }
  }

  async #run(key: string): Promise<void> {
    const startedAt = performance.now();
    let outcome: { readonly result: Result } | { readonly error: unknown };
    try {
      outcome = { result: await this.#options.process(key, this.#abort.signal) };
    } catch (error) {
      outcome = { error };
    }
    const ms = performance.now() - startedAt;
    quietly(this.#options.onDone, 'error' in outcome ? { key, ms, error: outcome.error } : { key, ms });
    this.#running.delete(key);
    if (this.#abort.signal.aborted) return;
    this.#settle(key, outcome);
    this.#pump();
  }

  #settle(key: string, outcome: { readonly result: Result } | { readonly error: unknown }): void {
    let nextMs: number | undefined;
    if ('error' in outcome) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      nextMs = backoffMs(failures, this.#options.backoff);
    } else {
      this.#failures.delete(key);
      nextMs = outcome.result?.requeueAfterMs;
    }
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again) this.#enqueue(key, again);
    else if (nextMs !== undefined) this.addAfter(key, nextMs);
  }

  #dropTimer(key: string): void {
    clearTimeout(this.#timers.get(key)?.handle);
    this.#timers.delete(key);
  }
}
