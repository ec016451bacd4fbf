import { SecretValue } from '../../operator/api/secret-value.ts';
import { CommandProblem } from '../problem.ts';
import type { Entry } from './entry.ts';

const BLANK = /[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z0-9._-]+)[ \t]*=[ \t]*/y;
const SINGLE = /'([^']*)'/y;
const BACKTICK = /`([^`]*)`/y;
const UNESCAPED = /[^"\\]+/y;
const BARE = /[^\n]*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t' },
  ...{ '"': '"', '\\': '\\', $: '$', '`': '`' },
};

/**
 * The variables of a dotenv file: `NAME=value`, also with `export`, comments, and quotes over several lines. In single
 * quotes and backticks everything stands as it is; in double quotes `\n \r \t \" \\ \$` and the backtick are read, any other
 * backslash stays. Nothing is replaced by other variables. Throws CommandProblem with the line of what it does not
 * understand, and nothing of that line.
 */
export function parseDotenv(content: string): Entry[] {
  const text = content.replace(/^\ufeff/, '');
  const entries: Entry[] = [];
  for (let at = 0; at < text.length;) {
    const blank = matchAt(BLANK, text, at);
    if (blank !== undefined) {
      at = blank.end;
      continue;
    }
    const line = lineAt(text, at);
    const name = matchAt(NAME, text, at);
    if (name === undefined) throw new CommandProblem(`line ${line} is neither NAME=value nor a comment`);
    const value = valueAt(text, name.end, line);
    const rest = matchAt(BLANK, text, value.end);
    if (rest === undefined)
      throw new CommandProblem(`line ${lineAt(text, value.end)}: something follows the closing quote`);
    entries.push({ key: name.inside, value: SecretValue.fromText(value.inside), where: `line ${line}` });
    at = rest.end;
  }
  return entries;
}

interface Match {
  readonly inside: string;
  readonly end: number;
}

function valueAt(text: string, at: number, line: number): Match {
  const quote = text[at];
  if (quote !== "'" && quote !== '"' && quote !== '`') return bareAt(text, at);
  const quoted = quote === '"' ? doubleAt(text, at) : matchAt(quote === "'" ? SINGLE : BACKTICK, text, at);
  if (quoted === undefined) throw new CommandProblem(`line ${line}: the quote is not closed`);
  return quoted;
}

/** To the end of the line, or to a comment: a `#` behind a space. */
function bareAt(text: string, at: number): Match {
  const line = matchAt(BARE, text, at)?.inside ?? '';
  const comment = /(?:^|[ \t])#/.exec(line)?.index ?? line.length;
  // Directly behind the `=` it belongs to the value.
  const end = comment === 0 && !/[ \t]/.test(text[at - 1] ?? '') ? line.length : comment;
  return { inside: line.slice(0, end).trim(), end: at + end };
}

function doubleAt(text: string, at: number): Match | undefined {
  const parts: string[] = [];
  for (let from = at + 1; from < text.length;) {
    const plain = matchAt(UNESCAPED, text, from) ?? { inside: '', end: from };
    parts.push(plain.inside);
    if (text[plain.end] === '"') return { inside: parts.join(''), end: plain.end + 1 };
    const letter = text[plain.end + 1] ?? '';
    parts.push(ESCAPES[letter] ?? `\\${letter}`);
    from = plain.end + 2;
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): Match | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? undefined : { inside: match[1] ?? match[0], end: at + match[0].length };
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SAFE = /^[A-Za-z0-9_./:@%+,=-]+$/;

/** Whether a shell, and whatever reads such files, takes it as a name. */
export function isVariable(name: string): boolean {
  return VARIABLE.test(name);
}

/** A line, or lines, of a dotenv file, which `parseDotenv` and shells read as they were meant. */
export function dotenvLine(name: string, text: string): string {
  return `${name}=${quoted(text)}\n`;
}

function quoted(text: string): string {
  if (SAFE.test(text) || text === '') return text;
  if (!text.includes("'")) return `'${text}'`;
  // Line ends stay what they are: a shell takes \n for two letters.
  return `"${text.replaceAll(/["\\$`]/g, '\\$&')}"`;
}
