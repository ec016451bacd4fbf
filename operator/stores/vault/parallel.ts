/**
 * Does `work` for each of `items`, so many at once. The first failure aborts the others' signal and is thrown when none is
 * under way any more.
 */
export async function inParallel<T>(
  items: readonly T[],
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      either.throwIfAborted();
      await work(item, either);
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, async () => {
    try {
      await worker();
    } catch (error) {
      failed.abort(error);
    }
  });
  await Promise.all(workers);
  either.throwIfAborted();
}
