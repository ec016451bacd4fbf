import type { Problem } from '../api/reasons.ts';
import type { SecretSource } from '../api/dynamic-reference.ts';
import { escapeProperty, trimmedBySpark } from './properties.ts';

/** Linux' MAX_ARG_STRLEN: what `NAME=value` and its NUL may take. */
const MAX_ENV_BYTES = 131_072;

const NOT_TEXT = 'is not valid UTF-8 text: store it as base64 and decode it in the job';

/** Without `ignoreBOM` a value that starts with U+FEFF would lose it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why bytes can't be the value of an environment variable; undefined: they can. */
export function envValueProblem(name: string, source: string, bytes: Buffer): Problem | undefined {
  const where = `variable ${name} (${source.startsWith('template:') ? 'a template' : `key ${source}`})`;
  if (bytes.includes(0)) return invalid(where, 'has a NUL byte, where the variable would end: remove it');
  if (decodeText(bytes) === undefined) return invalid(where, NOT_TEXT);
  const most = MAX_ENV_BYTES - Buffer.byteLength(name) - 2;
  if (bytes.byteLength <= most) return undefined;
  const message = `${where}: the value has ${bytes.byteLength} bytes, Linux carries ${most} in this variable: shorten it, or use sparkConf.`;
  return { reason: 'ValueTooLarge', message };
}

/** Text of a value that goes into a Spark property or a variable's template, which `where` gives, or why it can't. */
export function templateText(where: string, source: SecretSource, bytes: Buffer): string | Problem {
  return decodeText(bytes) ?? invalid(`${where} (key ${source})`, NOT_TEXT);
}

/** The line of a properties file, or why Spark would not read the same back. */
export function confProperty(name: string, value: string): string | Problem {
  if (!trimmedBySpark(value)) return escapeProperty(name, value);
  const cut = 'starts or ends with a space or control character, which Spark would cut off';
  return invalid(`sparkConf ${name}`, `${cut}: remove it from the value, or use env`);
}

/** Text of a value; undefined: it is not valid UTF-8. */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(where: string, what: string): Problem {
  return { reason: 'InvalidValue', message: `${where}: the value ${what}.` };
}
