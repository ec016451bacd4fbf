import type { Options, Values } from '../command.ts';
import { UsageProblem } from '../problem.ts';
import type { IfThere } from './transfer.ts';

/** What becomes of keys that are there already. */
export const TRANSFER_OPTIONS = {
  overwrite: { type: 'boolean', about: 'replace what has another value there' },
  'skip-existing': { type: 'boolean', about: 'leave what is there, and don’t compare' },
  'dry-run': { type: 'boolean', about: 'say what would become of each key; write nothing' },
} as const satisfies Options;

export function ifThereOf({ overwrite, 'skip-existing': skip }: Values<typeof TRANSFER_OPTIONS>): IfThere {
  if (overwrite === true && skip === true)
    throw new UsageProblem('give one of --overwrite and --skip-existing, not both');
  if (overwrite === true) return 'overwrite';
  return skip === true ? 'skip' : 'compare';
}
