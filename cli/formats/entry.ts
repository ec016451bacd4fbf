import { parseKey } from '../../operator/api/secret-key.ts';
import type { SecretValue } from '../../operator/api/secret-value.ts';
import { CommandProblem } from '../problem.ts';

/** A value of a file, or for one. */
export interface Entry {
  /** Below the group that the import or export is for. */
  readonly key: string;
  readonly value: SecretValue;
  /** Where it stands, for messages: `line 3`. */
  readonly where: string;
}

/**
 * The entries with a group before their keys. Throws CommandProblem for what is no key, and for keys that stand twice: the
 * one that is meant is not known.
 */
export function inGroup(group: string, entries: readonly Entry[]): Entry[] {
  const seen = new Map<string, string>();
  return entries.map((entry) => {
    const key = parseKey(group === '' ? entry.key : `${group}/${entry.key}`);
    if (key === undefined)
      throw new CommandProblem(
        `${entry.where}: its name is no key (A-Z a-z 0-9 . _ -, with slashes between, 512 at most)`,
      );
    const before = seen.get(key);
    if (before !== undefined) throw new CommandProblem(`${key} stands twice: ${before} and ${entry.where}`);
    seen.set(key, entry.where);
    return { ...entry, key };
  });
}
