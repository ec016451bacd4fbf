/** How java.util.Properties writes characters that would end a key or line, or start a comment. */
const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };
/** Everything but printable ASCII, and of that what Properties treats specially. Not `u`: Java escapes UTF-16 units. */
const SPECIAL = /[^\x20-\x7e]|[\\=:#!]/g;

/**
 * `name=value` on one line, without its end, as `java.util.Properties.load` reads it back exactly. ASCII only, so that
 * it does not matter which charset the reader assumes.
 */
export function escapeProperty(name: string, value: string): string {
  return `${escape(name).replaceAll(' ', '\\ ')}=${escapePropertyValue(value)}`;
}

/** What stands after the `=`. */
export function escapePropertyValue(value: string): string {
  return escape(value).replace(/^ /, '\\ ');
}

/**
 * Whether Spark would change the value: it cuts characters up to U+0020 except CR and LF from both ends of what it reads
 * from a properties file, even where they are escaped (`Utils.trimExceptCRLF`).
 */
export function trimmedBySpark(value: string): boolean {
  return value !== '' && (isTrimmed(value.charCodeAt(0)) || isTrimmed(value.charCodeAt(value.length - 1)));
}

function escape(text: string): string {
  return text.replaceAll(SPECIAL, (char) => {
    if ('\\=:#!'.includes(char)) return `\\${char}`;
    return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
  });
}

function isTrimmed(unit: number): boolean {
  return unit <= 0x20 && unit !== 0x0a && unit !== 0x0d;
}
