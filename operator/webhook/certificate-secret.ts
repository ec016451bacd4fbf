import type { Secret } from '../api/kinds.ts';
import type { SecretText } from './certificate-state.ts';

/** The Secret's data as text; no Secret, or one without data, gives an empty one. */
export function decodeSecret(secret: Secret | undefined): SecretText {
  const entries = Object.entries(secret?.data ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}

/** The way back: text as a Secret's data. */
export function encodeSecret(text: SecretText): Record<string, string> {
  const entries = Object.entries(text);
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('base64')]));
}
