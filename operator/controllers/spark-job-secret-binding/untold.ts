import { timestamp } from '../../api/conditions.ts';
import { storeOf } from '../../api/kinds.ts';
import type { Problem, Reason } from '../../api/reasons.ts';
import type { SecretGroup, SecretKey } from '../../api/secret-key.ts';
import type { OperatorError } from '../../errors.ts';
import type { Answer } from '../../stores/cache.ts';
import type { Observed } from './observe.ts';

type Failed = readonly (readonly [SecretKey | SecretGroup, OperatorError])[];

const NEXT_STEP: Readonly<Partial<Record<Reason, string>>> = {
  KeyRefused: 'Give its role read access there, or correct the key',
  ValueUnreadable: 'Write the value anew',
};

/** What the store can't tell at present, of keys and groups that were never read: nothing is known of those. */
export function undecidedProblems(observed: Observed, answer: Answer): Problem[] {
  const unlisted = observed.requirements.groups.filter((group) => !answer.groups.has(group));
  const never = unlisted.filter((group) => !answer.failedGroups.has(group));
  const failing = answer.unknown.length + never.length > 0 ? [failureProblem(observed, answer)] : [];
  const keys = [...answer.failed].filter(([key]) => !answer.values.has(key));
  const groups = [...answer.failedGroups].filter(([group]) => !answer.groups.has(group));
  return [...failing, ...failedProblems(observed, keys), ...failedProblems(observed, groups, 'group ')];
}

/** Why values may be old: the store fails, or can't tell of single keys of which a last good value is there. */
export function staleProblem(observed: Observed, answer: Answer): Problem | undefined {
  if (answer.failure) return failureProblem(observed, answer);
  const problems = [
    ...failedProblems(observed, [...answer.failed]),
    ...failedProblems(observed, [...answer.failedGroups], 'group '),
  ];
  const [first] = problems;
  return first && { reason: first.reason, message: problems.map(({ message }) => message).join(' ') };
}

/** The problem of a store that fails, with the age of what is known of it. */
export function failureProblem(observed: Observed, answer: Answer): Problem {
  const { error, lastGood } = answer.failure ?? {};
  const age = lastGood ? `It last answered at ${timestamp(lastGood)}: values may be as old as that. ` : '';
  const message =
    `SecretStoreConfig ${storeName(observed)}: ${error?.message ?? 'not asked yet'}. ${age}` +
    `Look at its conditions: kubectl describe ssc. Nothing has to be done here once it answers.`;
  return { reason: reasonOf(error), message };
}

/** `namespace/name` of the store that the binding names. */
export function storeName({ binding }: Observed): string {
  return storeOf(binding);
}

/** The first few of many names. */
export function some(names: readonly (SecretKey | SecretGroup)[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** One problem for each reason, however many keys have it. */
function failedProblems(observed: Observed, failed: Failed, what = ''): Problem[] {
  const byReason = Map.groupBy(failed, ([, error]) => reasonOf(error));
  return [...byReason].map(([reason, members]) => {
    const names = members.map(([name]) => name).sort();
    const words = members[0]?.[1].message ?? '';
    const next = NEXT_STEP[reason];
    const message = `SecretStoreConfig ${storeName(observed)}, ${what}${some(names)}: ${words}.${next === undefined ? '' : ` ${next}.`}`;
    return { reason, message };
  });
}

function reasonOf(error: OperatorError | undefined): Reason {
  switch (error?.code) {
    case 'AuthenticationFailed':
    case 'KeyRefused':
    case 'ValueUnreadable':
      return error.code;
    case 'CredentialsMissing':
      return 'SecretNotFound';
    default:
      return 'StoreUnreachable';
  }
}
