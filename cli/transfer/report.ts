import type { Io } from '../io.ts';
import { write } from '../output.ts';
import { EXIT } from '../problem.ts';
import { columns } from '../terminal/table.ts';
import type { Outcome, Result } from './transfer.ts';

/** What came of a transfer. */
export interface Report {
  /** Where to, `namespace/name`. */
  readonly store: string;
  readonly dryRun: boolean;
  readonly results: readonly Result[];
  /** How many there were to do: more than there are results when it ended before. */
  readonly total: number;
}

const WORDS: Readonly<Record<Outcome, { readonly done: string; readonly planned: string }>> = {
  created: { done: 'created', planned: 'would be created' },
  overwritten: { done: 'overwritten', planned: 'would be overwritten' },
  same: { done: 'the same already', planned: 'the same already' },
  different: { done: 'different there, and left', planned: 'different there, and would be left' },
  uncompared: {
    done: 'there already, and you may not read it to compare',
    planned: 'there already, and you may not read it to compare',
  },
  skipped: { done: 'there already, and skipped', planned: 'there already, and would be skipped' },
  gone: { done: 'removed meanwhile', planned: 'removed meanwhile' },
  failed: { done: 'FAILED', planned: 'FAILED' },
};

/**
 * Says of every key what became of it, and then the sum. Gives the exit code: 130 when it was interrupted, 1 when a key
 * failed, 3 when the store has, or may have, another value for one.
 */
export async function report(format: 'table' | 'json' | 'yaml', found: Report, io: Io): Promise<number> {
  const { store, dryRun, results, total } = found;
  const counts = countsOf(results);
  const left = total - results.length;
  const result = { store, dryRun, counts, ...(left === 0 ? {} : { notBegun: left }), results };
  await write(io, format, result, () => reportText(found));
  if (io.signal.aborted) return EXIT.interrupted;
  if (counts.failed > 0) return EXIT.failed;
  return counts.different + counts.uncompared > 0 ? EXIT.notWell : EXIT.done;
}

function countsOf(results: readonly Result[]): Readonly<Record<Outcome, number>> {
  const names = Object.keys(WORDS) as Outcome[];
  const count = (name: Outcome): number => results.filter(({ outcome }) => outcome === name).length;
  return Object.fromEntries(names.map((name) => [name, count(name)])) as Record<Outcome, number>;
}

function reportText({ store, dryRun, results, total }: Report): string {
  const words = (outcome: Outcome): string => WORDS[outcome][dryRun ? 'planned' : 'done'];
  const rows = results.map(({ key, outcome, why = '' }) => [words(outcome), key, why]);
  const counts = countsOf(results);
  const sums = (Object.keys(counts) as Outcome[])
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${words(outcome)}`);
  const left = total - results.length;
  const lines = [
    ...columns(rows),
    `${store}: ${sums.join(', ') || 'no keys'}${left === 0 ? '' : `; it ended before its time, ${left} not begun`}.`,
    ...(dryRun ? ['This was a dry run: nothing was written.'] : []),
    ...nextSteps(counts, left),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function nextSteps({ different, uncompared, failed }: Readonly<Record<Outcome, number>>, left: number): string[] {
  return [
    ...(different + uncompared === 0
      ? []
      : ['What is there stays as it is: --overwrite would replace what is different, --skip-existing would not look.']),
    ...(failed + left === 0 ? [] : ['The same command again goes on where this one ended.']),
  ];
}
