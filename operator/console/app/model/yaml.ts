/** What YAML is made of here. Members that are undefined are left out. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [name: string]: Yaml | undefined };

// A word that every reader takes for text: nothing that looks like a number, a date, a flag or an indicator.
const PLAIN = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
const WORDS_OF_YAML = /^(?:y|yes|n|no|true|false|on|off|null)$/i;
// JSON leaves these as they are; YAML wants them escaped.

const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A YAML document of a block for each object and list. Reads the same as YAML 1.1 (kubectl) and 1.2. */
export function toYaml(value: { readonly [name: string]: Yaml | undefined }): string {
  return `${members(value).join('\n')}\n`;
}

function members(value: { readonly [name: string]: Yaml | undefined }): string[] {
  return Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : block(`${scalar(name)}:`, member),
  );
}

/** A value behind its name, or behind the dash of a list. */
function block(head: string, value: Yaml): string[] {
  if (typeof value !== 'object') return [`${head} ${scalar(value)}`];
  const lines = isList(value) ? value.flatMap(item) : members(value).map((line) => `  ${line}`);
  if (lines.length === 0) return [`${head} ${isList(value) ? '[]' : '{}'}`];
  return [head, ...lines];
}

function item(value: Yaml): string[] {
  if (typeof value !== 'object' || isList(value)) return block('-', value).map((line) => `  ${line}`);
  const lines = members(value);
  if (lines.length === 0) return ['  - {}'];
  return lines.map((line, at) => (at === 0 ? `  - ${line}` : `    ${line}`));
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  if (PLAIN.test(value) && !WORDS_OF_YAML.test(value)) return value;
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
