/** The API lets through 20 requests a second of one caller. */
const AT_ONCE = 4;

/**
 * Does the work for each item, some at a time, in their order. None is begun after one said false or threw; those under
 * way are waited for. Throws what the first one threw.
 */
export async function someAtOnce<T>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<boolean>,
): Promise<void> {
  const queue = items.entries();
  let isOver = false;
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) {
      if (isOver) return;
      try {
        isOver = !(await work(item, at)) || isOver;
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
