/**
 * Control characters, those that turn the direction of text, and those that nobody sees: what comes from a cluster could
 * move a terminal's cursor, or show a name as another one.
 */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** The text with all that is no visible character written as `\u001b`. */
export function plain(text: string): string {
  return text.replaceAll(UNSEEN, escaped);
}

/** A JSON text of any value, indented, in which strings hold visible characters only. */
export function plainJson(value: unknown): string {
  // Line ends are the only ones outside of strings.
  return JSON.stringify(value, undefined, 2).replaceAll(UNSEEN, (char) => (char === '\n' ? char : escaped(char)));
}

/** The same value, with `plain` texts and names. */
export function plainTree(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(plainTree);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [plain(name), plainTree(member)]));
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
