import type { Fields } from '../../operator/injection/explain/shape.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../problem.ts';
import { plain } from '../terminal/plain.ts';
import type { Finding } from './findings.ts';

/** What a source becomes. */
export interface Translation {
  /** Kubernetes objects, in the order in which they are to be read. */
  readonly objects: readonly Fields[];
  readonly findings: readonly Finding[];
  /** Command lines that bring the values that are not where the bindings look for them, each once. */
  readonly commands: readonly string[];
}

/**
 * Writes a translation: YAML with all findings as a comment on top, and the findings for people on standard error. Gives
 * the exit code: 3 when something of the source is not in the result, unless that was allowed.
 */
export async function writeTranslation(
  { objects, findings, commands }: Translation,
  allowPartial: boolean,
  { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>,
): Promise<number> {
  const { plainYaml } = await import('../terminal/plain-yaml.ts');
  const left = findings.filter(({ isLeft }) => isLeft);
  const notes = findings.filter(({ isLeft }) => !isLeft);
  const told = [
    ...section('Not translated, or not as it was:', left.map(line)),
    ...section('To be known:', notes.map(line)),
    ...section('To bring the values to where the bindings look for them:', commands),
  ];
  const comment = told.map((text) => `# ${plain(text)}`.trimEnd());
  const documents = objects.map((object) => `---\n${plainYaml(object)}`);
  stdout.write([...comment.map((text) => `${text}\n`), ...documents].join(''));
  stderr.write(told.map((text) => `${plain(text)}\n`).join(''));
  return left.length === 0 || allowPartial ? EXIT.done : EXIT.notWell;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((text) => `  ${text}`)];
}

function line({ object, field, says }: Finding): string {
  return `${object}, ${field}: ${says}`;
}
