/** How a long list of work is cut up. */
export interface Cut {
  /** Items in one piece at most. */
  readonly size: number;
  /** Pieces under way at once. */
  readonly atOnce: number;
}

/** Runs `work` on pieces of `items`, a few at once, in order of start. Rejects with the first failure; the rest is left. */
export async function inPieces<T>(
  items: readonly T[],
  { size, atOnce }: Cut,
  work: (piece: readonly T[]) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const failed = { yes: false };
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed.yes) {
      const piece = items.slice(next, next + size);
      next += size;
      try {
        await work(piece);
      } catch (error) {
        failed.yes = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, Math.ceil(items.length / size)) }, worker));
}
