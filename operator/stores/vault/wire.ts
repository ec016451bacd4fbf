import { isUtf8 } from 'node:buffer';
import type { SecretKey } from '../../api/secret-key.ts';
import { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';

/** What a secret of the store holds: `{"value": "TEXT"}`, or, for bytes that are no text, base64 that says so. */
export interface StoredData {
  readonly value: string;
  readonly encoding?: 'base64';
}

/** Control characters other than tab and line breaks: JSON takes six bytes for each, and no person typed them. */
const CONTROL = /[^\P{Cc}\t\n\r\u0080-\u009f]/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** How a value is written. Text as it is; what is not UTF-8 or has control characters as base64. */
export function storedData(value: SecretValue): StoredData {
  const bytes = value.reveal();
  const text = isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (text !== undefined && !CONTROL.test(text)) return { value: text };
  return { value: bytes.toString('base64'), encoding: 'base64' };
}

/** The value that a secret's data hold, or the reason why they hold none: never an empty value instead. */
export function valueIn(data: unknown, key: SecretKey): SecretValue | OperatorError {
  const { value, encoding } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const unreadable = (why: string): OperatorError => new OperatorError('ValueUnreadable', `${key}: ${why}`);
  if (value === undefined) return unreadable('the secret has no field "value"');
  if (typeof value !== 'string') return unreadable('its field "value" is not a string');
  if (encoding === undefined || encoding === '') return SecretValue.fromText(value);
  if (encoding !== 'base64') return unreadable('its field "encoding" is neither absent nor "base64"');
  return BASE64.test(value) ? SecretValue.fromBase64(value) : unreadable('its field "value" is not base64');
}

/** A credential as text, without the line break that files end with. */
export function credentialText(credential: SecretValue): string {
  return credential.reveal().toString('utf8').trim();
}
