import type { SecretValue } from '../api/secret-value.ts';

/** A value as JSON holds it: text where it is text (UTF-8), base64 otherwise. For the answer to who may have it, alone. */
export function revealed(value: SecretValue): { readonly value: string } | { readonly valueBase64: string } {
  const bytes = value.reveal();
  try {
    // A byte order mark is part of the value.
    return { value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { valueBase64: bytes.toString('base64') };
  }
}
