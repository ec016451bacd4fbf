import type { Reason } from './reasons.ts';

/** One condition, as `metav1.Condition` has it. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** RFC 3339. */
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** What a condition should say now; the time comes from the one before. */
export interface DesiredCondition {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

/** The condition of that type, if there is one. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions to write: `lastTransitionTime` stays where the status did not change (Kubernetes API conventions), so
 * that an unchanged state gives an unchanged list.
 */
export function mergeConditions(
  before: readonly Condition[] | undefined,
  desired: readonly DesiredCondition[],
  { now, generation }: { readonly now: Date; readonly generation: number },
): Condition[] {
  return desired.map((condition) => {
    const old = findCondition(before, condition.type);
    const since = old?.status === condition.status ? old.lastTransitionTime : timestamp(now);
    return { ...condition, lastTransitionTime: since, observedGeneration: generation };
  });
}

/** `metav1.Time`: RFC 3339 in UTC, to the second. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
