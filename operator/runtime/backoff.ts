/** The range of waits between tries, in milliseconds, and the dice. */
export interface BackoffOptions {
  readonly baseMs?: number;
  readonly maxMs?: number;
  readonly random?: () => number;
}

/**
 * How long to wait after failure number `failures` (0 is the first), in milliseconds. Doubles from `baseMs` (200 ms) to
 * `maxMs` (five minutes); the upper half is random, so that what failed together does not come back together.
 */
export function backoffMs(failures: number, options: BackoffOptions = {}): number {
  const { baseMs = 200, maxMs = 300_000, random = Math.random } = options;
  const ceiling = Math.min(baseMs * 2 ** failures, maxMs);
  return ceiling / 2 + random() * (ceiling / 2);
}
