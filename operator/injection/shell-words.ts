/** A word of a shell's script: `end` is behind its last character. */
export interface ShellWord {
  readonly start: number;
  readonly end: number;
  /** As it stands in the script, with quotes. */
  readonly raw: string;
  /**
   * What the shell makes of it, with `${secrets.KEY}` left as it is, which a shell can't expand. Undefined when it depends on
   * the shell's variables or on commands.
   */
  readonly text: string | undefined;
}

/** What can stand in a word: how long it is, and its text; undefined text: an expansion. */
interface Piece {
  readonly end: number;
  readonly text: string | undefined;
}

/** Between words: blanks and a newline that a backslash takes away. */
const BLANK = /(?:[ \t]|\\\n)+/y;
/** Ends a command. */
const OPERATOR = /[;&|()<>\n]+/y;
const COMMENT = /#[^\n]*/y;
const REFERENCE = /\$\{secrets\.[^{}$`"'\\\s]*\}/y;
const SINGLE = /'([^']*)'?/y;
const PLAIN = /[^\s'"\\$`;&|()<>]+/y;
const PLAIN_QUOTED = /[^"\\$`]+/y;
const ESCAPED = /\\([^]?)/y;
const ESCAPED_QUOTED = /\\([\\"$`\n])/y;
const VARIABLE = /\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/y;
/** `$'…'` and `$"…"`, which only some shells know. */
const OWN_QUOTES = /\$(?=['"])/y;

/** The simple commands of a script, each as its words. Enough of POSIX's grammar to find a command's options; throws never. */
export function shellCommands(script: string): readonly (readonly ShellWord[])[] {
  const commands: ShellWord[][] = [[]];
  let at = 0;
  while (at < script.length) {
    const skipped = match(BLANK, script, at) ?? match(COMMENT, script, at);
    const operator = match(OPERATOR, script, at);
    if (skipped !== undefined) at += skipped[0].length;
    else if (operator !== undefined) {
      commands.push([]);
      at += operator[0].length;
    } else {
      const word = wordAt(script, at);
      commands.at(-1)?.push(word);
      at = word.end;
    }
  }
  return commands.filter((words) => words.length > 0);
}

function wordAt(script: string, start: number): ShellWord {
  const { end, text } = pieces(script, start, unquotedPiece);
  // What is neither a piece nor between words does not exist; go on all the same.
  const behind = Math.max(end, start + 1);
  return { start, end: behind, raw: script.slice(start, behind), text: end === start ? undefined : text };
}

function pieces(script: string, start: number, next: (script: string, at: number) => Piece | undefined): Piece {
  let text: string | undefined = '';
  let at = start;
  while (at < script.length) {
    const piece = next(script, at);
    if (piece === undefined) break;
    text = text === undefined || piece.text === undefined ? undefined : text + piece.text;
    at = piece.end;
  }
  return { end: at, text };
}

function unquotedPiece(script: string, at: number): Piece | undefined {
  const plain = match(PLAIN, script, at);
  if (plain !== undefined) return { end: at + plain[0].length, text: plain[0] };
  const single = match(SINGLE, script, at);
  if (single !== undefined) return { end: at + single[0].length, text: single[1] };
  const escaped = match(ESCAPED, script, at);
  if (escaped !== undefined) return { end: at + escaped[0].length, text: escaped[1] === '\n' ? '' : escaped[1] };
  if (match(OWN_QUOTES, script, at) !== undefined) return { end: at + 1, text: undefined };
  if (script[at] !== '"') return expansion(script, at);
  const { end, text } = pieces(script, at + 1, quotedPiece);
  return { end: end + 1, text };
}

function quotedPiece(script: string, at: number): Piece | undefined {
  const plain = match(PLAIN_QUOTED, script, at);
  if (plain !== undefined) return { end: at + plain[0].length, text: plain[0] };
  const escaped = match(ESCAPED_QUOTED, script, at);
  if (escaped !== undefined) return { end: at + 2, text: escaped[1] === '\n' ? '' : escaped[1] };
  return script[at] === '\\' ? { end: at + 1, text: '\\' } : expansion(script, at);
}

function expansion(script: string, at: number): Piece | undefined {
  const reference = match(REFERENCE, script, at);
  if (reference !== undefined) return { end: at + reference[0].length, text: reference[0] };
  if (script[at] === '`') return { end: closing(script, at + 1, '`'), text: undefined };
  const opening = script.slice(at, at + 2);
  if (opening === '${') return { end: closing(script, at + 2, '}'), text: undefined };
  if (opening === '$(') return { end: closing(script, at + 2, ')'), text: undefined };
  const variable = match(VARIABLE, script, at);
  if (variable !== undefined) return { end: at + variable[0].length, text: undefined };
  return script[at] === '$' ? { end: at + 1, text: '$' } : undefined;
}

/** Behind the character that closes what was opened before `start`; quotes and what is opened in between are skipped. */
function closing(script: string, start: number, close: string): number {
  const open = [close];
  let at = start;
  while (at < script.length && open.length > 0) {
    if (script[at] === open.at(-1)) {
      open.pop();
      at += 1;
    } else at = behindNext(script, at, open);
  }
  return Math.min(at, script.length);
}

/** What closes what. In double quotes a parenthesis alone means nothing. */
const PAIRS = [
  ['$(', ')'],
  ['${', '}'],
  ['`', '`'],
  ['"', '"'],
  ['(', ')'],
] as const;

function behindNext(script: string, at: number, open: string[]): number {
  const isQuoted = open.at(-1) === '"';
  if (script[at] === '\\') return at + 2;
  if (!isQuoted && script[at] === "'") return at + (match(SINGLE, script, at)?.[0].length ?? 1);
  const pair = PAIRS.find(([opening]) => script.startsWith(opening, at) && !(isQuoted && opening === '('));
  if (pair === undefined) return at + 1;
  open.push(pair[1]);
  return at + pair[0].length;
}

function match(pattern: RegExp, script: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(script) ?? undefined;
}
