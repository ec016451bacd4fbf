/** Calls an observer (a log, a metric): if it throws, the work it watches must go on. */
export function quietly<Args extends readonly unknown[]>(
  callback: ((...args: Args) => unknown) | undefined,
  ...args: Args
): void {
  try {
    const result = callback?.(...args);
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // There is no one left to tell.
  }
}
