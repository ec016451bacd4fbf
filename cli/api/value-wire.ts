import { SecretValue } from '../../operator/api/secret-value.ts';

/** A value as the API's JSON has it. */
export type WireValue = { readonly value: string } | { readonly valueBase64: string };

/** The body of a write. It is sent, and kept nowhere. */
export function writeBody(value: SecretValue, ifVersion: string | null | undefined): string {
  return JSON.stringify({ ...wireOf(value), ...(ifVersion === undefined ? {} : { ifVersion }) });
}

/** The value of an answer. */
export function valueOf(answer: WireValue): SecretValue {
  return 'value' in answer ? SecretValue.fromText(answer.value) : SecretValue.fromBase64(answer.valueBase64);
}

/** Text where it is text (UTF-8), base64 otherwise: for a request, a file, or the output that was asked for. */
export function wireOf(value: SecretValue): WireValue {
  const bytes = value.reveal();
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { value: text } : { valueBase64: bytes.toString('base64') };
}
