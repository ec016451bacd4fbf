import { run } from '../../../deploy/local/run.ts';

/** What a command line says, by the help of its program. */
export interface Line {
  /** `['create', 'secret']`. */
  readonly path: readonly string[];
  readonly operands: readonly string[];
  /** Name with dashes, and value: that of an option without one is ''. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
}

// The forms of kubectl, of Go's pflag, of Vault and of GNU: `-f, --filename=[]:`, `-f, --values strings  …`, `-cas=<int>`,
// `-F, --format=c|d  …`.
const OPTION = /^ {2,}(?:(-\w), +)?(--?[\w-]+)(?:[= ](\S*[^\s:]))?:?(?: {2}.*)?$/gm;
const COMMANDS = /^(?:.*[Cc]ommands.*|Subcommands):\n((?: +\S.*\n)+)/gm;

/** A program that knows its own commands and options, and is asked for them once. */
export class Program {
  readonly name: string;
  readonly #binary: () => Promise<string>;
  readonly #askForHelp: string;
  /** Where it tells of options that all its commands take. */
  readonly #globals: readonly string[] | undefined;
  readonly #told = new Map<string, Promise<string>>();

  constructor(name: string, binary: () => Promise<string>, how: { ask: string; globals?: readonly string[] }) {
    this.name = name;
    this.#binary = binary;
    this.#askForHelp = how.ask;
    this.#globals = how.globals;
  }

  /** @throws Error that names the command or option that the program does not have */
  async read(words: readonly string[]): Promise<Line> {
    const globals = this.#globals === undefined ? '' : await this.#tell(this.#globals);
    const path: string[] = [];
    let help = await this.#help(path);
    for (;;) {
      const next = parse(words, takesValue(globals + help)).operands[path.length];
      const commands = commandsOf(help);
      if (next === undefined || commands.length === 0) break;
      if (!commands.includes(next)) throw new Error(`${[this.name, ...path].join(' ')} has no command ${next}`);
      path.push(next);
      help = await this.#help(path);
    }
    const known = takesValue(globals + help);
    const { operands, options, rest } = parse(words, known);
    const unknown = options.find(([name]) => !known.has(name));
    if (unknown) throw new Error(`${[this.name, ...path].join(' ')} has no option ${unknown[0]}`);
    return { path, operands: operands.slice(path.length), options, rest };
  }

  #help(path: readonly string[]): Promise<string> {
    return this.#tell([...path, this.#askForHelp]);
  }

  #tell(args: readonly string[]): Promise<string> {
    const key = args.join(' ');
    const told = this.#told.get(key) ?? this.#binary().then((binary) => run(binary, args, { timeoutMs: 20_000 }));
    this.#told.set(key, told);
    return told;
  }
}

function commandsOf(help: string): string[] {
  const lines = [...help.matchAll(COMMANDS)].flatMap(([, list = '']) => list.trimEnd().split('\n'));
  return lines.flatMap((line) => /^ +([\w-]+)/.exec(line)?.[1] ?? []);
}

/** Of each option whether a value follows it. */
function takesValue(help: string): ReadonlyMap<string, boolean> {
  const known = new Map<string, boolean>();
  for (const [, short, long = '', value] of help.matchAll(OPTION)) {
    const takes = value !== undefined && !['true', 'false'].includes(value) && !value.includes('[=');
    for (const name of [short, long]) if (name !== undefined) known.set(name, takes);
  }
  return known;
}

function parse(words: readonly string[], known: ReadonlyMap<string, boolean>): Omit<Line, 'path'> {
  const operands: string[] = [];
  const options: [string, string][] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined && word !== '--'; word = queue.shift()) {
    if (!word.startsWith('-') || word === '-') operands.push(word);
    else
      for (const [name, value] of split(word, known))
        options.push([name, value ?? (known.get(name) === true ? (queue.shift() ?? '') : '')]);
  }
  return { operands, options, rest: queue };
}

/** `--a=b`, `-it`, `-Fc`. */
function split(word: string, known: ReadonlyMap<string, boolean>): readonly (readonly [string, string?])[] {
  const [name = '', ...value] = word.split('=');
  if (known.has(name) || word.startsWith('--')) return [value.length > 0 ? [name, value.join('=')] : [name]];
  const first = word.slice(0, 2);
  if (known.get(first) === true) return [[first, word.slice(2)]];
  return known.has(first) ? Array.from(word.slice(1), (letter) => [`-${letter}`] as const) : [[name]];
}
