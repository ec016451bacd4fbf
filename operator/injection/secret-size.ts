import type { Problem } from '../api/reasons.ts';

/** Kubernetes' MaxSecretSize, over all values of the data. */
const MAX_SECRET_BYTES = 1_048_576;

/** What is wrong with data that no Secret takes; nothing for other data. `what` is how the message begins. */
export function tooLarge(what: string, data: ReadonlyMap<string, Buffer>): Problem[] {
  const total = [...data.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total <= MAX_SECRET_BYTES) return [];
  const largest = [...data].sort(([, a], [, b]) => b.byteLength - a.byteLength).slice(0, 3);
  const sizes = largest.map(([name, { byteLength }]) => `${name} (${byteLength} bytes)`).join(', ');
  const message = `${what} together have ${total} bytes, a Kubernetes Secret carries ${MAX_SECRET_BYTES}: shorten them or use two bindings. The largest: ${sizes}.`;
  return [{ reason: 'ValueTooLarge', message }];
}
