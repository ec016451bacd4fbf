import type { Container } from './pod.ts';
import { shellCommands, type ShellWord } from './shell-words.ts';

/** A word of a container's command, and where it stands: from `start` to `end` of an item of its command or args. */
export interface CommandWord extends ShellWord {
  readonly field: 'command' | 'args';
  readonly index: number;
  /** Whether it is the whole item, and not a word of a shell's script. */
  readonly isWhole: boolean;
}

/** An option of Spark's launcher. */
export interface SparkOption {
  /** `--conf`, also when it is written `-c`. */
  readonly name: string;
  /** Undefined: it depends on variables or commands. Flags have an empty one. */
  readonly value: string | undefined;
  /** The option, and its value unless they are one word (`--conf=K=V`). */
  readonly words: readonly CommandWord[];
}

/** What reads the launcher's options; `driver` is what the entry point of Spark's images makes `spark-submit` of. */
const PROGRAMS = [
  ...['spark-submit', 'spark-shell', 'spark-sql', 'spark-connect-shell', 'pyspark', 'sparkR'],
  ...['start-connect-server.sh', 'start-thriftserver.sh', 'org.apache.spark.deploy.SparkSubmit'],
];
/** Starts such a program for what `start-*.sh` scripts serve: `submit CLASS NUMBER`, then the launcher's options. */
const DAEMON = 'spark-daemon.sh';
/** Options without a value (`SparkSubmitOptionParser`, spark-sql's own, and `--wait` of start-connect-server.sh). */
const FLAGS = [
  ...['--help', '-h', '--supervise', '--usage-error', '--verbose', '-v', '--version', '--load-spark-defaults'],
  ...['--silent', '-S', '-H', '--wait'],
];
const SHORT: Readonly<Record<string, string>> = { '-c': '--conf' };
const SHELL = /^(ba|da|a|k|z)?sh$/;
/** `-c`, also among other letters; what follows is the script. */
const SCRIPT_OPTION = /^-[abd-z]*c[a-z]*$/;
/** Linux starts no program with a longer one (`MAX_ARG_STRLEN`): such a script is not worth reading. */
const LONGEST_ARGUMENT = 131_072;
/** What the kubelet puts a variable in for. */
const KUBELET = /\$\([A-Za-z_.-][A-Za-z0-9_.-]*\)/;

/** All words of a container's command and args, those of a shell's script too. */
export function wordsOf(container: Container): readonly CommandWord[] {
  return commandsOf(container).flat();
}

/**
 * The options that a container's command gives Spark's launcher, up to the application's file: what follows are the
 * application's own arguments. None when no such program is seen, as when a script of the image starts it.
 */
export function sparkOptions(container: Container): readonly SparkOption[] {
  return commandsOf(container).flatMap((words) => {
    const at = words.findIndex((word, index) => isProgram(word, words[index + 1]));
    const word = words[at];
    if (word === undefined) return [];
    return optionsFrom(words.slice(at + (baseName(word.raw) === DAEMON ? 4 : 1)));
  });
}

/** The options that name a properties file. */
export function propertiesFilesOf(container: Container): readonly SparkOption[] {
  return sparkOptions(container).filter(({ name, value }) => name === '--properties-file' && value !== '');
}

/** Whether the command has the driver run elsewhere, as far as it tells. */
export function submitsInClusterMode(container: Container): boolean {
  return sparkOptions(container).some(
    ({ name, value }) =>
      (name === '--deploy-mode' && value === 'cluster') ||
      (name === '--conf' && value === 'spark.submit.deployMode=cluster'),
  );
}

/** Of each container once: a pod's are looked at many times, and a script may be long. */
const parsed = new WeakMap<Container, readonly (readonly CommandWord[])[]>();

function commandsOf(container: Container): readonly (readonly CommandWord[])[] {
  const known = parsed.get(container) ?? parse(container);
  parsed.set(container, known);
  return known;
}

function parse({ command = [], args = [] }: Container): readonly (readonly CommandWord[])[] {
  const words = [...command.map(wholeWord('command')), ...args.map(wholeWord('args'))];
  const at = scriptAt(words);
  const script = at === undefined ? undefined : words[at];
  if (script === undefined || script.raw.length >= LONGEST_ARGUMENT) return [words];
  const { field, index } = script;
  const inScript = (word: ShellWord): CommandWord => ({ ...word, field, index, isWhole: false });
  const inside = shellCommands(script.raw).map((list) => list.map(inScript));
  return [words.slice(0, at), ...inside, words.slice((at ?? 0) + 1)];
}

function wholeWord(field: CommandWord['field']): (raw: string, index: number) => CommandWord {
  return (raw, index) => {
    const text = KUBELET.test(raw) ? undefined : raw.replaceAll('$$', '$');
    return { start: 0, end: raw.length, raw, text, field, index, isWhole: true };
  };
}

function scriptAt(words: readonly CommandWord[]): number | undefined {
  const shell = words.findIndex(({ raw }) => SHELL.test(baseName(raw)));
  const option = shell < 0 ? -1 : words.findIndex(({ raw }, at) => at > shell && SCRIPT_OPTION.test(raw));
  // Only options may stand before it, and what they take.
  const between = words.slice(shell + 1, option);
  const isDirect = between.every(({ raw }, at) => /^[-+]/.test(raw) || /^[-+]o$/.test(between[at - 1]?.raw ?? ''));
  return option >= 0 && isDirect && words[option + 1] !== undefined ? option + 1 : undefined;
}

function isProgram(word: CommandWord, next: CommandWord | undefined): boolean {
  const isDriver = word.isWhole && word.field === 'args' && word.raw === 'driver' && next?.raw.startsWith('-') === true;
  if (baseName(word.raw) === DAEMON) return next?.raw === 'submit';
  return isDriver || PROGRAMS.includes(baseName(word.raw));
}

function baseName(raw: string): string {
  return raw.replaceAll(/["']/g, '').split('/').at(-1) ?? '';
}

function optionsFrom(words: readonly CommandWord[]): readonly SparkOption[] {
  const options: SparkOption[] = [];
  for (let at = 0; at < words.length;) {
    const option = optionAt(words, at);
    if (option === undefined) break;
    options.push(option);
    at += option.words.length;
  }
  return options;
}

function optionAt(words: readonly CommandWord[], at: number): SparkOption | undefined {
  const [word, following] = words.slice(at, at + 2);
  if (word?.raw.startsWith('-') !== true) return undefined;
  const joined = /^(--[^=]+)=/.exec(word.raw)?.[1];
  if (joined !== undefined) return { name: joined, value: word.text?.slice(joined.length + 1), words: [word] };
  const name = SHORT[word.raw] ?? word.raw;
  if (FLAGS.includes(name) || following === undefined) return { name, value: '', words: [word] };
  return { name, value: following.text, words: [word, following] };
}

/** The container with another text in the place of a word. Words behind it in the same script have moved then. */
export function replaceWord(container: Container, { field, index, start, end }: CommandWord, text: string): Container {
  const items = (container[field] ?? []).map((item, at) =>
    at === index ? item.slice(0, start) + text + item.slice(end) : item,
  );
  return { ...container, [field]: items };
}

/** The container without these options of its; without any, the container itself. */
export function withoutOptions(container: Container, options: readonly SparkOption[]): Container {
  if (options.length === 0) return container;
  const cuts = options.map(({ words }) => words);
  const { command, args } = container;
  return {
    ...container,
    ...(command === undefined ? {} : { command: cutItems(command, 'command', cuts) }),
    ...(args === undefined ? {} : { args: cutItems(args, 'args', cuts) }),
  };
}

function cutItems(
  items: readonly string[],
  field: CommandWord['field'],
  cuts: readonly (readonly CommandWord[])[],
): string[] {
  const words = cuts.filter(([word]) => word?.field === field);
  const whole = new Set(words.flat().flatMap(({ isWhole, index }) => (isWhole ? [index] : [])));
  return items.flatMap((item, index) => (whole.has(index) ? [] : [cutSpans(item, words.filter(isPartOf(index)))]));
}

function isPartOf(index: number): (words: readonly CommandWord[]) => boolean {
  return ([word]) => word?.isWhole === false && word.index === index;
}

/** With the blanks before each, but not a line's end. In one pass: a script may be long, and have thousands of them. */
function cutSpans(script: string, spans: readonly (readonly CommandWord[])[]): string {
  let at = 0;
  const kept = spans.map((words) => {
    const start = words[0]?.start ?? 0;
    const piece = withoutEndBlanks(script.slice(at, start));
    at = words.at(-1)?.end ?? start;
    return piece;
  });
  return kept.join('') + script.slice(at);
}

function withoutEndBlanks(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1;
  return text.slice(0, end);
}
