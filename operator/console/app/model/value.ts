import type { ValueBody } from '../api/answers.ts';

/** What somebody gives as a value: text, or a file as it is. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array };

export const NO_VALUE: Value = { kind: 'text', text: '' };

/** In bytes. */
export const LARGEST = 1_048_576;

/** Letters and digits without those that look alike, and a few signs that no shell, URL or properties file minds. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_';

export function sizeOf(value: Value): number {
  return value.kind === 'file' ? value.bytes.length : new TextEncoder().encode(value.text).length;
}

/** Why it can't be saved, as a sentence; undefined: it can. */
export function valueProblem(value: Value): string | undefined {
  const size = sizeOf(value);
  if (size === 0) return 'Give it a value.';
  if (size > LARGEST) return 'It is larger than 1 MiB, which is the most that a value has.';
  return undefined;
}

/** What somebody may not have meant, as sentences: a pasted line break is seen by nobody and part of the value. */
export function remarksOn(value: Value): readonly string[] {
  if (value.kind === 'file') return [];
  const { text } = value;
  return [
    ...(/[\r\n]$/.test(text) ? ['It ends with a line break.'] : []),
    ...(/^[ \t]|[ \t]$/.test(text) ? ['It begins or ends with blanks.'] : []),
  ];
}

export function bodyOf(value: Value): ValueBody {
  return value.kind === 'text' ? { value: value.text } : { valueBase64: toBase64(value.bytes) };
}

/** A value that nobody can guess: `length` characters of 59, chosen by a source of random bytes. */
export function generated(length: number, randomBytes: (count: number) => Uint8Array): string {
  // Bytes above the last whole multiple would make the first letters likelier.
  const limit = 256 - (256 % ALPHABET.length);
  let text = '';
  while (text.length < length)
    for (const byte of randomBytes(length))
      if (byte < limit && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
  return text;
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return bytes < LARGEST ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / LARGEST).toFixed(1)} MiB`;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  // In parts: a function takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
