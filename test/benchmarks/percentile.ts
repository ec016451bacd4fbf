/** The nearest-rank percentile, `share` from 0 to 1. Throws on no samples: then nothing was measured. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}
