import type { Condition } from '../../../operator/api/conditions.ts';
import { findCondition } from '../../../operator/api/conditions.ts';
import type { Stage } from './stage.ts';

/** What the condition Ready of an object is to say. */
export interface Told {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  /** What its message must match. */
  readonly message?: RegExp;
}

/** One object whose condition is looked at. */
export interface Subject {
  readonly kind: 'binding' | 'store';
  readonly namespace: string;
  readonly name: string;
}

export const READY: Told = { status: 'True' };
/** An outage that tells how old the values are. */
export const OUTAGE: Told = {
  status: 'False',
  reason: 'StoreUnreachable',
  message: /It last answered at \d{4}-\d\d-\d\dT/,
};

/** Which of the objects do not say it, for the spec that they have now; undefined: all do. */
export function untold(stage: Stage, subjects: readonly Subject[], told: Told): string | undefined {
  const others = subjects.flatMap((subject) => {
    const condition = readyOf(stage, subject);
    return condition && says(condition, told) ? [] : [`${subject.name}: ${wordsOf(condition)}`];
  });
  const [first] = others;
  return first && `${others.length} of ${subjects.length} do not say ${wordsOf(told)}; ${first}`;
}

/** The condition Ready, if it speaks of the present spec. */
export function readyOf(stage: Stage, { kind, namespace, name }: Subject): Condition | undefined {
  const object = (kind === 'binding' ? stage.bindings : stage.stores).get(namespace, name);
  if (object?.status?.observedGeneration !== object?.metadata.generation) return undefined;
  return findCondition(object?.status?.conditions, 'Ready');
}

function says(condition: Condition, { status, reason, message }: Told): boolean {
  return (
    condition.status === status &&
    (reason === undefined || condition.reason === reason) &&
    (message === undefined || message.test(condition.message))
  );
}

function wordsOf(told: Condition | Told | undefined): string {
  if (told === undefined) return 'nothing of its present spec';
  return `Ready=${told.status} ${told.reason ?? ''} ${String(told.message ?? '')}`.trim();
}
