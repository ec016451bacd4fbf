import type { Problem } from '../api/reasons.ts';
import type { SecretKey } from '../api/secret-key.ts';
import { digested, versionsNote } from './versions.ts';

/** Kubernetes' MaxSecretSize, over all values of the data. */
export const MAX_SECRET_BYTES = 1_048_576;
/** Kubernetes' TotalAnnotationSizeLimitB, less a rest for the annotations of others and for our short ones. */
const MAX_NOTED_BYTES = 262_144 - 8_192;

/** What is wrong with data that no Secret takes; nothing for other data. `what` is how the message begins. */
export function tooLarge(what: string, data: ReadonlyMap<string, Buffer>): Problem[] {
  const total = [...data.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total <= MAX_SECRET_BYTES) return [];
  const largest = [...data].sort(([, a], [, b]) => b.byteLength - a.byteLength).slice(0, 3);
  const sizes = largest.map(([name, { byteLength }]) => `${name} (${byteLength} bytes)`).join(', ');
  const message = `${what} together have ${total} bytes, a Kubernetes Secret carries ${MAX_SECRET_BYTES}: shorten them or use two bindings. The largest: ${sizes}.`;
  return [{ reason: 'ValueTooLarge', message }];
}

/** What is wrong with content that the Secret's annotations have no room to tell of, beside the versions of these keys. */
export function noteTooLarge(noted: readonly object[], keys: Iterable<SecretKey>): Problem[] {
  const versions = versionsNote(digested([...keys].map((key) => [key, '']))) ?? '';
  const total = [versions, ...noted.map((one) => JSON.stringify(one))].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  );
  if (total <= MAX_NOTED_BYTES) return [];
  const message = `what is noted of variables with their keys and templates, of keys that jobs may refer to, and of versions, has ${total} bytes together, the annotations of a Kubernetes Secret carry ${MAX_NOTED_BYTES} of it: shorten templates or use two bindings.`;
  return [{ reason: 'ValueTooLarge', message }];
}
