import type { Problem } from '../api/reasons.ts';

/** Kubernetes' MaxSecretSize, over all values of the data. */
const MAX_SECRET_BYTES = 1_048_576;
/** Of the 256 KiB that Kubernetes allows all annotations of an object: 64 KiB are for versions, and a rest for those of others. */
const MAX_NOTED_BYTES = 192_000;

/** What is wrong with data that no Secret takes; nothing for other data. `what` is how the message begins. */
export function tooLarge(what: string, data: ReadonlyMap<string, Buffer>): Problem[] {
  const total = [...data.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total <= MAX_SECRET_BYTES) return [];
  const largest = [...data].sort(([, a], [, b]) => b.byteLength - a.byteLength).slice(0, 3);
  const sizes = largest.map(([name, { byteLength }]) => `${name} (${byteLength} bytes)`).join(', ');
  const message = `${what} together have ${total} bytes, a Kubernetes Secret carries ${MAX_SECRET_BYTES}: shorten them or use two bindings. The largest: ${sizes}.`;
  return [{ reason: 'ValueTooLarge', message }];
}

/** What is wrong with content that the Secret's annotations have no room to tell of. */
export function noteTooLarge(...noted: readonly object[]): Problem[] {
  const total = noted.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
  if (total <= MAX_NOTED_BYTES) return [];
  const message = `variables with their keys and templates, and keys that jobs may refer to, together have ${total} bytes, the annotations of a Kubernetes Secret carry ${MAX_NOTED_BYTES} of them: shorten templates or use two bindings.`;
  return [{ reason: 'ValueTooLarge', message }];
}
