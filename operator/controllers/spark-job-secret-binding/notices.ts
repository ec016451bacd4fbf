import { findCondition, type Condition } from '../../api/conditions.ts';
import type { BindingStatus } from '../../api/kinds.ts';

/** What is said to those who run `kubectl describe`. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/**
 * Events for what a person should notice: trouble, its end, and new values. A first success is quiet, so that a thousand
 * new bindings are not a thousand events. `wrote`: the Secret was written in this run.
 */
export function notices(before: BindingStatus | undefined, after: BindingStatus, wrote: boolean): Notice[] {
  const turn = turnOf(findCondition(before?.conditions, 'Ready'), findCondition(after.conditions, 'Ready'));
  const values = wrote ? newValues(before, after) : undefined;
  return [turn, values].filter((notice) => notice !== undefined);
}

function turnOf(before: Condition | undefined, after: Condition | undefined): Notice | undefined {
  if (after === undefined || after.reason === before?.reason) return undefined;
  // Waiting for the webhook is part of a new binding's first second.
  const isExpected = before === undefined || before.reason === 'NamespaceNotCovered';
  if (isExpected && after.status === 'True') return undefined;
  if (before === undefined && after.reason === 'NamespaceNotCovered') return undefined;
  const { status, reason, message } = after;
  return { type: status === 'True' ? 'Normal' : 'Warning', reason, message };
}

function newValues(before: BindingStatus | undefined, after: BindingStatus): Notice | undefined {
  const versions = new Map(before?.keys?.map(({ key, version }) => [key, version]));
  const changed = (after.keys ?? []).filter(({ key, version }) => (versions.get(key) ?? version) !== version);
  if (changed.length === 0) return undefined;
  const names = changed.map(({ key }) => key).join(', ');
  const message = `New values of ${names} are in Secret ${after.secretName ?? ''}: new jobs and executors get them.`;
  return { type: 'Normal', reason: 'SecretUpdated', message };
}
