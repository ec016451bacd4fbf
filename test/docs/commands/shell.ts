/** What a shell would be told to run: words without their quotes, and the files that it writes. */
export interface Command {
  readonly words: readonly string[];
  readonly writes: readonly string[];
}

// In this order; a word is what stands between blanks, made of one part or more.
const OPERATORS = [
  ['nothing', /^(?:[ \t]|\\\n)+/],
  ['nothing', /^#[^\n]*/],
  ['nothing', /^\d?>&\d/],
  ['redirect', /^\d?(?:>>|<<?|>)/],
  ['end', /^(?:&&|\|\||;;?|[&|()\n])/],
] as const;
const PARTS = [
  /^'(?<text>[^']*)'/,
  /^"(?<text>(?:[^"\\$]|\\[^]|\$\((?:[^()]|\([^()]*\))*\)|\$)*)"/,
  /^(?<text>\$\((?:[^()]|\([^()]*\))*\))/,
  /^\\(?<text>[^])/,
  /^(?<text>[^\s'"\\;&|()<>$]+|\$)/,
];
/** Words of the shell's own that stand before a command, or alone. */
const RESERVED = ['do', 'then', 'else', '{', '!', 'if', 'while', 'done', 'fi', '}'];
const NOT_RUN = ['for', 'case', 'esac'];
const ASSIGNMENT = /^\w+=/;

/**
 * The commands of a script, those within `$(…)` after the one that they stand in. It knows what documentation needs of a shell.
 * @throws Error for what it does not know, such as a here-document
 */
export function commandsOf(script: string): Command[] {
  const found: Command[] = [];
  let one: Word[] = [];
  for (const token of [...tokensOf(script), 'end' as const]) {
    if (token !== 'end') {
      one.push(token);
      continue;
    }
    const words = withoutReserved(one.filter(({ isWritten }) => isWritten === undefined).map(({ text }) => text));
    const writes = one.filter(({ isWritten }) => isWritten === true).map(({ text }) => text);
    if (words.length > 0) found.push({ words, writes });
    found.push(...one.flatMap(({ scripts }) => scripts.flatMap(commandsOf)));
    one = [];
  }
  return found;
}

interface Word {
  readonly text: string;
  /** What stands in its `$(…)`. */
  readonly scripts: readonly string[];
  /** Of a file to which input or output goes. */
  readonly isWritten?: boolean;
}

/** Words, and the ends of commands. */
function* tokensOf(script: string): Generator<Word | 'end'> {
  for (let rest = script; rest !== '';) {
    const { kind, length } = operatorAt(rest);
    const operator = rest.slice(0, length);
    rest = rest.slice(length);
    if (kind === 'end') yield 'end';
    if (kind === 'end' || kind === 'nothing') continue;
    if (operator.includes('<<')) throw new Error('show the text in a block of its own, not in a here-document');
    const { rest: after, ...word } = wordAt(rest.trimStart());
    yield kind === 'redirect' ? { ...word, isWritten: operator.includes('>') } : word;
    rest = after;
  }
}

function operatorAt(text: string) {
  for (const [kind, pattern] of OPERATORS) {
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return { kind, length: found.length };
  }
  return { kind: 'word', length: 0 } as const;
}

function wordAt(text: string): Word & { readonly rest: string } {
  let rest = text;
  let word = '';
  const scripts: string[] = [];
  for (let part = partAt(rest); part !== undefined; part = partAt(rest)) {
    word += part.text;
    if (!part.isLiteral)
      scripts.push(...[...part.text.matchAll(/\$\(((?:[^()]|\([^()]*\))*)\)/g)].map(([, it = '']) => it));
    rest = rest.slice(part.length);
  }
  if (rest === text) throw new Error(`no shell would understand: ${text.split('\n')[0] ?? ''}`);
  return { text: word, scripts, rest };
}

function partAt(text: string) {
  for (const [index, pattern] of PARTS.entries()) {
    const found = pattern.exec(text);
    if (found) return { text: found.groups?.['text'] ?? '', length: found[0].length, isLiteral: index === 0 };
  }
  return undefined;
}

function withoutReserved(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  if (NOT_RUN.includes(first)) return [];
  return RESERVED.includes(first) || ASSIGNMENT.test(first) ? withoutReserved(words.slice(1)) : words;
}
