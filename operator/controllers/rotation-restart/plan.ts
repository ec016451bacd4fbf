import type { Candidate } from './observe.ts';

/** A candidate, and why no driver would come after it (undefined: one would). */
export interface Judged {
  readonly candidate: Candidate;
  readonly obstacle: string | undefined;
}

/** What is to be done now, and when to look again (undefined: something will tell). Milliseconds. */
export interface Plan<T extends Judged> {
  /** Drivers to be evicted, in this order. */
  readonly due: readonly Candidate[];
  /** How many of them may go now. */
  readonly places: number;
  /** Those that keep the old value, to be told. */
  readonly kept: readonly T[];
  readonly lookAgainAfterMs: number | undefined;
}

/** How many applications may be without a running driver at once because of us. */
export const MOST_AT_ONCE = 5;
/** A change is news for so long, so that an operator that starts tells nothing anew. Milliseconds. */
const NEWS_MS = 600_000;
/** How soon to look again when nothing may tell: a place that becomes free, values that become complete. Milliseconds. */
const RETRY_MS = 15_000;

/** Which applications to restart at `now`, while `underWay` others are on their way. The oldest driver goes first. */
export function plan<T extends Judged>(judged: readonly T[], underWay: number, now: Date): Plan<T> {
  const time = now.getTime();
  const kept = judged.filter(({ candidate, obstacle }) => obstacle !== undefined && isNews(candidate, time));
  const willing = judged.filter(({ obstacle }) => obstacle === undefined).map(({ candidate }) => candidate);
  const due = willing.filter(({ dueAt, canStart }) => canStart && dueAt <= time).sort(byAge);
  const places = Math.max(0, MOST_AT_ONCE - underWay);
  const early = willing.filter(({ dueAt }) => dueAt > time).map(({ dueAt }) => dueAt - time);
  const isHeld = due.length > places || willing.some(({ dueAt, canStart }) => !canStart && dueAt <= time);
  const waits = isHeld ? [...early, RETRY_MS] : early;
  return { due, places, kept, lookAgainAfterMs: waits.length === 0 ? undefined : Math.min(...waits) };
}

function isNews({ changedAt }: Candidate, time: number): boolean {
  return time - changedAt < NEWS_MS;
}

function byAge({ driver: { metadata: one } }: Candidate, { driver: { metadata: other } }: Candidate): number {
  const age = (each: typeof one): string => `${each.creationTimestamp ?? ''} ${each.namespace ?? ''}/${each.name}`;
  return age(one) < age(other) ? -1 : 1;
}
