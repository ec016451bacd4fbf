import { isDeepStrictEqual } from 'node:util';
import { mergeConditions, timestamp, type DesiredCondition } from '../../api/conditions.ts';
import { durationMs } from '../../api/duration.ts';
import type { SecretStoreConfig, StoreStatus } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
import type { StoreFailure } from '../../stores/cache.ts';
import type { StoreHealth } from '../../stores/store.ts';
import type { Observed } from './observe.ts';

/** What is to be written, and when to ask the store again. */
export interface Plan {
  /** Undefined: the status says it already. */
  readonly status: StoreStatus | undefined;
  readonly requeueAfterMs: number;
}

/** A store that fails is asked again at least this often, in milliseconds. */
const RETRY_MS = 5_000;
/** A store that is well is asked how it is no more often than this: whether it answers is known without. Milliseconds. */
const SHORTEST_MS = 30_000;

/** From what a store says to its status. */
export function plan({ store, health, failure, bindings }: Observed, now: Date): Plan {
  const generation = store.metadata.generation ?? 0;
  const before = store.status;
  const keys = health instanceof OperatorError ? before?.keys : health.keys;
  const conditions = mergeConditions(before?.conditions, [readiness(health, failure)], { now, generation });
  const status: StoreStatus = {
    observedGeneration: generation,
    conditions,
    ...(keys === undefined ? {} : { keys }),
    bindings,
    lastCheckTime: before?.lastCheckTime ?? timestamp(now),
  };
  const requeueAfterMs = whenToAsk(store, health, failure);
  if (before && isDeepStrictEqual(status, ownPart(before, status))) return { status: undefined, requeueAfterMs };
  return { status: { ...status, lastCheckTime: timestamp(now) }, requeueAfterMs };
}

/** Conditions of other types are somebody else's: server-side apply leaves them, and so does the comparison. */
function ownPart(before: StoreStatus, { conditions }: StoreStatus): StoreStatus {
  const types = new Set(conditions?.map(({ type }) => type));
  return { ...before, conditions: before.conditions?.filter(({ type }) => types.has(type)) ?? [] };
}

function whenToAsk(
  { spec }: SecretStoreConfig,
  health: StoreHealth | OperatorError,
  failure: StoreFailure | undefined,
): number {
  const interval = intervalMs(spec.refreshInterval);
  const isWell = failure === undefined && !(health instanceof OperatorError) && health.ready;
  return isWell ? Math.max(interval, SHORTEST_MS) : Math.min(interval, RETRY_MS);
}

/** An interval that is none keeps the store from being opened, which its condition says. */
function intervalMs(refreshInterval = '30s'): number {
  try {
    return durationMs(refreshInterval);
  } catch {
    return SHORTEST_MS;
  }
}

function readiness(health: StoreHealth | OperatorError, failure: StoreFailure | undefined): DesiredCondition {
  // What the bindings' conditions say, and no other: it stays the same from retry to retry.
  const error = failure?.error ?? health;
  if (error instanceof OperatorError) {
    const since = failure?.lastGood ? ` It last answered at ${timestamp(failure.lastGood)}.` : '';
    const message = `${error.message}.${since} The operator goes on trying; values that were read stay.`;
    return { type: 'Ready', status: 'False', reason: reasonOf(error), message };
  }
  const { ready, message } = error;
  return ready
    ? { type: 'Ready', status: 'True', reason: 'Connected', message }
    : { type: 'Ready', status: 'False', reason: 'SecretNotFound', message };
}

function reasonOf({ code }: OperatorError): DesiredCondition['reason'] {
  if (code === 'AuthenticationFailed') return 'AuthenticationFailed';
  return code === 'CredentialsMissing' ? 'SecretNotFound' : 'StoreUnreachable';
}
