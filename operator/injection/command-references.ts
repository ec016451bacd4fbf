import type { Container } from './pod.ts';
import { escapeProperty } from './properties.ts';
import { sparkOptions, withoutOptions, type SparkOption } from './spark-command.ts';

/** A container without the references in its command, and what was taken out. */
export interface CommandReferences {
  readonly container: Container;
  /** Lines of a properties file, as `java.util.Properties` reads them; `${secrets.KEY}` stands in them as it is. */
  readonly lines: readonly string[];
  /** Why that is not enough: sentences, without values. */
  readonly problems: readonly string[];
}

const MARK = '${secrets.';
const REFERENCE = /\$\{secrets\.[A-Za-z0-9._/#-]*\}?/g;
/** A `$` that begins no reference. Written in another way it is safe from the kubelet, which expands `$(NAME)` and `$$`. */
const OTHER_DOLLAR = /\$(?!\{secrets\.)/g;

/**
 * Takes the options `--conf NAME=…${secrets.KEY}…` out of a container's command, also of a script that a shell is given
 * in one argument, to which such a value is a bad substitution. They belong into a file, where references are resolved. So
 * do properties of `moved`, as far as their values are known. Pure; of a container without any it is the container itself.
 */
export function commandReferences(container: Container, moved: ReadonlySet<string> = new Set()): CommandReferences {
  const isMoved = (option: SparkOption): boolean => option.value !== undefined && moved.has(confName(option));
  const found = sparkOptions(container).filter((option) => isConfWithReference(option) || isMoved(option));
  const unclear = found.filter(({ value }) => value === undefined).map(unclearProblem);
  const clear = found.filter((option): option is Clear => option.value !== undefined);
  const lines = new Map<string, string>();
  const twice: string[] = [];
  for (const { value } of clear) {
    const [name, line] = lineOf(value);
    if ((lines.get(name) ?? line) !== line) twice.push(twiceProblem(name));
    lines.set(name, line);
  }
  const rest = withoutOptions(container, found);
  return { container: rest, lines: [...lines.values()], problems: [...unclear, ...twice, ...left(rest)] };
}

/**
 * Takes the options `--conf NAME=…` of these properties out of a container's command, where they would win over what stands
 * in a file, and says which it found. Pure; a container without them is returned itself.
 */
export function withoutConf(
  container: Container,
  names: ReadonlySet<string>,
): { readonly container: Container; readonly found: readonly string[] } {
  const found = sparkOptions(container).filter((option) => names.has(confName(option)));
  return { container: withoutOptions(container, found), found: [...new Set(found.map(confName))] };
}

/** The property that an option sets, also when its value is not known; empty when it sets none. */
function confName({ name, value, words }: SparkOption): string {
  const text = value ?? words.at(-1)?.raw.replace(/^(--conf=|-c=)?["']?/, '') ?? '';
  return name === '--conf' ? text.slice(0, Math.max(text.indexOf('='), 0)) : '';
}

/**
 * Lines of an earlier call and of this one: of one property the later counts. So that what was taken out once stays known.
 */
export function mergedLines(earlier: string, lines: readonly string[]): string {
  const all = [...earlier.split('\n').filter((line) => line !== ''), ...lines];
  return [...new Map(all.map((line) => [/^(?:[^\\=]|\\.)*/.exec(line)?.[0], line])).values()]
    .map((line) => `${line}\n`)
    .join('');
}

type Clear = SparkOption & { readonly value: string };

function isConfWithReference({ name, value, words }: SparkOption): boolean {
  if (name !== '--conf') return false;
  if (value !== undefined) return /^[^=$]+=/.test(value) && value.includes(MARK);
  return words.some(({ raw }) => raw.includes(MARK));
}

function lineOf(conf: string): [name: string, line: string] {
  const at = conf.indexOf('=');
  const name = conf.slice(0, at).trim();
  return [name, escapeProperty(name, conf.slice(at + 1)).replaceAll(OTHER_DOLLAR, String.raw`\u0024`)];
}

function left({ command = [], args = [] }: Container): string[] {
  const names = new Set([...command, ...args].flatMap((text) => text.match(REFERENCE) ?? []));
  return [...names].map(
    (name) =>
      `${name} stands in the container's command, where it can't be resolved: references work in the value of --conf before the application's file, in properties files, in spark-defaults.conf, and in environment variables that stand in the pod.`,
  );
}

function unclearProblem({ words }: SparkOption): string {
  const names = words.flatMap(({ raw }) => raw.match(REFERENCE) ?? []);
  return `A value of --conf in the container's command has ${names.join(', ')} beside a variable or a command, which only the shell could expand: give it as plain text, or put the reference into a property of its own.`;
}

function twiceProblem(name: string): string {
  return `${name} stands in the container's command more than once, with different values: leave one.`;
}
