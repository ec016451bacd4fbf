import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'crds/README.md', 'docs/**/*.md', 'test/**/README.md'],
  ...['examples/**/README.md', 'deploy/**/README.md', 'sdk/**/README.md'],
];

const BLOCK = /^( *)```(\w*)\n([^]*?)^ *```$/gm;
const INLINE = /`([^`]+)`/g;
/** A line of a block without a language that is a command all the same. */
const LIKE_A_COMMAND = /^\s*(?:\$ )?(?:npm|npx|node|kubectl|helm|docker|spark-secrets|spark-submit|bao|vault) [a-z-]/m;

/** A piece of shell on a page. */
export interface Script {
  /** `docs/install.md:12`. */
  readonly where: string;
  readonly text: string;
  /** In the middle of a sentence: what is named may be a part of a command. */
  readonly isInline: boolean;
}

/** A page of the documentation. */
export class Page {
  readonly path: string;
  readonly text: string;
  /** Folders into which the reader was told to go. */
  readonly #folders: string[] = [];
  readonly #written = new Set<string>();

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    for (const { text: block } of this.#blocks()) {
      const [, name] = /^# (\S+\.\w+)$/m.exec(block.split('\n')[0] ?? '') ?? [];
      if (name !== undefined) this.#written.add(name);
    }
  }

  /** All shell of the page: blocks of `sh`, and code in a sentence that begins with one of `programs`. */
  scripts(programs: readonly string[]): Script[] {
    const blocks = this.#blocks();
    const shell = blocks.filter(({ language }) => language === 'sh');
    const sentences = blocks.reduce((text, { at, whole }) => blanked(text, at, whole.length), this.text);
    const inline = [...sentences.matchAll(INLINE)].map(({ index, 1: text = '' }) => ({
      at: index,
      text: text.replaceAll(/\s+/g, ' ').replaceAll(String.raw`\|`, '|'),
    }));
    const commands = inline.filter(({ text }) => programs.some((name) => text.startsWith(`${name} `)));
    return [
      ...shell.map(({ text, at }) => ({ where: this.#where(at), text, isInline: false })),
      ...commands.map(({ text, at }) => ({ where: this.#where(at), text, isInline: true })),
    ];
  }

  /** The blocks of a language. */
  blocks(language: string): { readonly where: string; readonly text: string }[] {
    const all = this.#blocks().filter((block) => block.language === language);
    return all.map(({ text, at }) => ({ where: this.#where(at), text }));
  }

  /** Places of blocks without a language that hold commands all the same, so that nobody would check them. */
  unmarked(): string[] {
    const plain = this.#blocks().filter(({ language, text }) => language === '' && LIKE_A_COMMAND.test(text));
    return plain.map(({ at }) => this.#where(at));
  }

  /** The reader goes into this folder, as seen from the root of the tree. */
  enter(folder: string): void {
    this.#folders.push(folder);
  }

  /** The reader has this file from now on. */
  write(file: string): void {
    this.#written.add(file);
  }

  /** The path of a file or folder of the tree that a command names, from the root, beside the page, or where the reader was told to go. */
  find(name: string): string | undefined {
    const folders = ['.', dirname(this.path), ...this.#folders];
    return folders.map((folder) => join(ROOT, folder, name)).find((path) => existsSync(path));
  }

  /** @throws Error when the tree has no such file, no command before wrote it and no block of the page begins with its name */
  expectFile(name: string): void {
    if (/[$…]|^-$|^[/]dev[/]stdin$|^[A-Z_]+$/.test(name) || this.#written.has(name) || this.find(name) !== undefined)
      return;
    throw new Error(
      `there is no ${name}: not in the tree, not written by a command before, and no block shows it under "# ${name}"`,
    );
  }

  /** The text of the block that shows a file. */
  shown(name: string): string | undefined {
    return this.#blocks().find(({ text }) => text.startsWith(`# ${name}\n`))?.text;
  }

  #blocks() {
    return [...this.text.matchAll(BLOCK)].map(({ index, 0: whole, 2: language = '', 3: text = '' }) => ({
      ...{ at: index, whole, language },
      text,
    }));
  }

  #where(at: number): string {
    return `${this.path}:${this.text.slice(0, at).split('\n').length}`;
  }
}

/** Every page that people read. */
export function pages(): Page[] {
  const paths = globSync(PAGES, { cwd: ROOT, exclude: ['**/node_modules/**'] }).sort();
  return paths.map((path) => new Page(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** The text with nothing but line ends in one place, so that places after it stay. */
function blanked(text: string, at: number, length: number): string {
  const there = text.slice(at, at + length).replaceAll(/[^\n]/g, ' ');
  return text.slice(0, at) + there + text.slice(at + length);
}
