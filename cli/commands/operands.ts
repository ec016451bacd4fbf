import { parseGroup, parseKey, type SecretKey } from '../../operator/api/secret-key.ts';
import { UsageProblem } from '../problem.ts';

/** The key that was typed. Throws UsageProblem, without it: a value may have been typed instead. */
export function keyOperand(text: string | undefined): SecretKey {
  const key = parseKey(text ?? '');
  if (key === undefined)
    throw new UsageProblem('this is not the form of a key: write it like orders/DB_PASSWORD (A-Z a-z 0-9 . _ -)');
  return key;
}

/** The group that was typed; '' is the root, and a slash at the end does not matter. Throws UsageProblem. */
export function groupOperand(text: string | undefined): string {
  const group = parseGroup((text ?? '').replace(/\/$/, ''));
  if (group === undefined) throw new UsageProblem('this is not the form of a group: write it like orders/s3');
  return group;
}
