import { isDeepStrictEqual } from 'node:util';
import { mergeConditions, timestamp, type DesiredCondition } from '../../api/conditions.ts';
import { durationMs } from '../../api/duration.ts';
import type { SecretStoreConfig, StoreStatus } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
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

/** From what a store says to its status. */
export function plan({ store, health, bindings }: Observed, now: Date): Plan {
  const generation = store.metadata.generation ?? 0;
  const before = store.status;
  const keys = health instanceof OperatorError ? before?.keys : health.keys;
  const status: StoreStatus = {
    observedGeneration: generation,
    conditions: mergeConditions(before?.conditions, [readiness(health)], { now, generation }),
    ...(keys === undefined ? {} : { keys }),
    bindings,
    lastCheckTime: before?.lastCheckTime ?? timestamp(now),
  };
  const requeueAfterMs = whenToAsk(store, health);
  if (isDeepStrictEqual(status, before)) return { status: undefined, requeueAfterMs };
  return { status: { ...status, lastCheckTime: timestamp(now) }, requeueAfterMs };
}

function whenToAsk({ spec }: SecretStoreConfig, health: StoreHealth | OperatorError): number {
  const interval = durationMs(spec.refreshInterval ?? '30s');
  const isWell = !(health instanceof OperatorError) && health.ready;
  return isWell ? interval : Math.min(interval, RETRY_MS);
}

function readiness(health: StoreHealth | OperatorError): DesiredCondition {
  if (!(health instanceof OperatorError)) {
    const { ready, message } = health;
    return ready
      ? { type: 'Ready', status: 'True', reason: 'Connected', message }
      : { type: 'Ready', status: 'False', reason: 'SecretNotFound', message };
  }
  const reason = health.code === 'AuthenticationFailed' ? 'AuthenticationFailed' : 'StoreUnreachable';
  return {
    type: 'Ready',
    status: 'False',
    reason,
    message: `${health.message}. The operator goes on trying; values that were read stay.`,
  };
}
