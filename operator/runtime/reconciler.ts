/** The name of one namespaced object; a cluster-wide object has the namespace ''. */
export interface Request {
  readonly namespace: string;
  readonly name: string;
}

/** Nothing, or when to look again, in milliseconds. */
export type Result = { readonly requeueAfterMs: number } | undefined;

/** The `requeueAfterMs` that looks again at a time; one that is over is at once. */
export function delayUntil(time: Date, now: Date): number {
  return Math.max(time.getTime() - now.getTime(), 1);
}

/**
 * Brings the world to what one object asks for.
 *
 * It is given a name, reads the present, and never asks what happened. A failure is thrown: it comes back with
 * backoff, a `TerminalError` does not. `signal` aborts when the process stops.
 */
export interface Reconciler {
  reconcile(request: Request, signal: AbortSignal): Promise<Result>;
}

/** A failure that trying again cannot repair; the next change of the object (or a resync) is the next try. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** `namespace/name`: unique, because neither part may hold a slash. */
export function requestKey(request: Request): string {
  return `${request.namespace}/${request.name}`;
}

/** The way back from `requestKey`. */
export function requestFromKey(key: string): Request {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
