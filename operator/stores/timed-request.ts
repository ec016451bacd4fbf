import { OperatorError } from '../errors.ts';

/** Until when an answer is waited for. */
export interface Limit {
  /** Milliseconds. */
  readonly ms: number;
  /** Ends the request at once. */
  readonly closed: AbortSignal;
}

/**
 * Runs a request for as long as it may take, also one that does not heed its signal. Throws an OperatorError:
 * StoreUnreachable for an answer that did not come in time and for what is no error of ours.
 */
export async function timedRequest<T>(work: (signal: AbortSignal) => Promise<T>, { ms, closed }: Limit): Promise<T> {
  const limit = new AbortController();
  const close = (): void => {
    limit.abort(closed.reason);
  };
  if (closed.aborted) close();
  closed.addEventListener('abort', close, { once: true });
  const timer = setTimeout(() => {
    limit.abort(notInTime());
  }, ms);
  try {
    return await Promise.race([work(limit.signal), rejection(limit.signal)]);
  } catch (error) {
    throw asFailure(error);
  } finally {
    clearTimeout(timer);
    closed.removeEventListener('abort', close);
  }
}

const NOT_IN_TIME = Symbol('not in time');

/** Names no limit: the message must stay the same through an outage, whichever request it was that waited. */
export function notInTime(): OperatorError {
  return new OperatorError('StoreUnreachable', 'no answer in time', { cause: NOT_IN_TIME });
}

/** Whether the store gave no answer, as against one that says no. */
export function isLate(error: OperatorError | undefined): boolean {
  return error?.cause === NOT_IN_TIME;
}

/** The words of an error that is not ours are hidden: they may quote what a backend answered. */
export function asFailure(error: unknown): OperatorError {
  return error instanceof OperatorError ? error : new OperatorError('StoreUnreachable', undefined, { cause: error });
}

/** Rejects when the signal is aborted: for a store that does not heed it. */
async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => {
      const { reason } = signal as { reason: unknown };
      reject(asFailure(reason));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
