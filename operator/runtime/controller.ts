import type { BackoffOptions } from './backoff.ts';
import { quietly } from './quietly.ts';
import { type Reconciler, type Request, requestFromKey, requestKey, type Result, TerminalError } from './reconciler.ts';
import { type Priority, WorkQueue } from './work-queue.ts';

/** One reconciliation that ended, for metrics. `ms`: how long it took. */
export interface ControllerRun {
  readonly request: Request;
  readonly ms: number;
  readonly error?: unknown;
}

/** What a controller runs, and whom it tells. */
export interface ControllerOptions {
  readonly name: string;
  readonly reconciler: Reconciler;
  /** How many requests run at once; default 4. */
  readonly concurrency?: number;
  /** Between tries of a failing request; default: 200 ms to 5 minutes. */
  readonly backoff?: BackoffOptions;
  /** `retry` is false for a `TerminalError`. Not called for what fails because of `stop`. */
  readonly onError?: (request: Request, error: unknown, retry: boolean) => void;
  readonly onDone?: (run: ControllerRun) => void;
}

/** A reconciler with its queue: requests are kept from the start, but run only between `start` and `stop`. */
export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#queue = new WorkQueue({
      process: (key, signal) => this.#reconcile(requestFromKey(key), signal),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
    });
  }

  /** Requests that wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** Requests that run now. */
  get running(): number {
    return this.#queue.running;
  }

  /** Looks at an object as soon as there is room; default priority 'high'. Before `start` the request is kept. */
  enqueue(request: Request, priority: Priority = 'high'): void {
    this.#queue.add(requestKey(request), { priority });
  }

  /** Looks at an object in `ms` milliseconds, or earlier if something else asks for it. */
  enqueueAfter(request: Request, ms: number): void {
    this.#queue.addAfter(requestKey(request), ms);
  }

  /** Starts to run requests: to be called on the leader only. */
  start(): void {
    this.#queue.start();
  }

  /** Tells running reconciliations to stop (their signal), and waits for them. */
  async stop(): Promise<void> {
    await this.#queue.stop();
  }

  async #reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    const startedAt = performance.now();
    try {
      const result = await this.#options.reconciler.reconcile(request, signal);
      quietly(this.#options.onDone, { request, ms: performance.now() - startedAt });
      return result;
    } catch (error) {
      quietly(this.#options.onDone, { request, ms: performance.now() - startedAt, error });
      if (signal.aborted) return undefined;
      const retry = !(error instanceof TerminalError);
      quietly(this.#options.onError, request, error, retry);
      if (retry) throw error;
      return undefined;
    }
  }
}
