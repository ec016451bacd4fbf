/**
 * Control characters, those that turn the direction of text, and those that nobody sees: what comes from a cluster could
 * move a terminal's cursor, or show a name as another one.
 */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** The text with all that is no visible character written as `\u001b`. */
export function plain(text: string): string {
  return text.replaceAll(UNSEEN, escaped);
}

/** Lines of a JSON or YAML document whose texts are all in double quotes: it means the same as before. */
export function plainQuoted(document: string): string {
  // Line ends are the only ones outside of strings.
  return document.replaceAll(UNSEEN, (char) => (char === '\n' ? char : escaped(char)));
}

/** A JSON text of any value, indented, in which strings hold visible characters only. */
export function plainJson(value: unknown): string {
  return plainQuoted(JSON.stringify(value, undefined, 2));
}

/** Whether lines of text have visible characters only, and tabs. */
export function isPlainText(text: string): boolean {
  return text.replaceAll(/[\n\t]/g, '').search(UNSEEN) === -1;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
