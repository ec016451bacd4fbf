import { ANNOTATIONS } from '../../api/group.ts';
import type { DriverPod, SparkJobSecretBinding } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
import { specDigest } from '../../injection/spec-digest.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Observed, Run } from './observe.ts';

/** What is to be done for one run. */
export type Step =
  /** Its Secret is to be made from the binding's. */
  | { readonly kind: 'make'; readonly run: Run; readonly binding: SparkJobSecretBinding }
  /** Its Secret was there while the driver started, and seems to be gone. */
  | { readonly kind: 'gone'; readonly run: Run }
  /** Something stands in its way. */
  | { readonly kind: 'blocked'; readonly run: Run; readonly obstacle: Obstacle };

/** Why a run has no Secret, in words for an event. */
export interface Obstacle {
  readonly reason: 'WaitingForBinding' | 'Conflict' | 'RunSecretGone' | 'NotLeased';
  readonly message: string;
  /** When to look again, in milliseconds; undefined: nothing helps. */
  readonly againMs: number | undefined;
}

/** How soon to look again at a run that has no Secret, should nothing tell of what it waits for. Milliseconds. */
const BLOCKED_RETRY_MS = 15_000;
/** A store that does not answer is tried more often than a person mends a spec. Milliseconds. */
const UNREACHABLE_RETRY_MS = 3_000;

/** What is to be done for the runs of a binding; nothing for those that have their Secret, or need none any more. */
export function plan(observed: Observed): readonly Step[] {
  return observed.runs.flatMap((run) => stepFor(run, observed));
}

function stepFor(run: Run, { binding, shared, title }: Observed): Step[] {
  const { driver, secret } = run;
  const isOver = driver.metadata.deletionTimestamp !== undefined;
  if (isOver || !['Pending', 'Running', undefined].includes(driver.status?.phase)) return [];
  if (secret !== undefined) return belongsTo(secret, driver) ? [] : [{ kind: 'blocked', run, obstacle: conflict(run) }];
  // Other values than those the driver started with must not get to its executors.
  if (driver.status?.phase === 'Running') return [{ kind: 'gone', run }];
  if (binding === undefined || !isComplete(shared, binding))
    return [{ kind: 'blocked', run, obstacle: waiting(run, title, binding) }];
  return [{ kind: 'make', run, binding }];
}

/** Whether a Secret is that of this driver's run. */
export function belongsTo({ metadata }: KubeObject, driver: DriverPod): boolean {
  return metadata.ownerReferences?.some(({ kind, uid }) => kind === 'Pod' && uid === driver.metadata.uid) === true;
}

/** Whether a binding's Secret holds all that its spec asks for. */
export function isComplete(secret: KubeObject | undefined, binding: SparkJobSecretBinding): boolean {
  return secret?.metadata.annotations?.[ANNOTATIONS.specDigest] === specDigest(binding.spec);
}

/** The Secret's name is taken. */
export function conflict({ reference }: Run): Obstacle {
  const message = `Secret ${reference.secret} is to be this run's, but exists and is not: start the job anew, which gives it another name.`;
  return { reason: 'Conflict', message, againMs: BLOCKED_RETRY_MS };
}

/** There is nothing to copy yet. */
export function waiting({ reference }: Run, title: string, binding: SparkJobSecretBinding | undefined): Obstacle {
  const held = `The pod waits for Secret ${reference.secret}`;
  const message =
    binding === undefined
      ? `${held}, which SparkJobSecretBinding ${title} was to give, but that is gone: create it again, or delete the pod.`
      : `${held}: the values of SparkJobSecretBinding ${title} are not complete; kubectl describe sjsb ${reference.binding} shows why. Nothing has to be done here once they are.`;
  return { reason: 'WaitingForBinding', message, againMs: BLOCKED_RETRY_MS };
}

/** Somebody deleted the run's Secret. */
export function gone({ reference }: Run): Obstacle {
  const message = `Secret ${reference.secret} of this run was deleted. It is not made again, because its values may have changed since: new executors can not start. Start the job anew.`;
  return { reason: 'RunSecretGone', message, againMs: undefined };
}

type StoreName = { readonly namespace: string; readonly name: string };

/** The store that makes its credentials is not there. */
export function noStore(run: Run, store: StoreName): Obstacle {
  return unleased(run, store, 'it does not exist: create it, or correct storeRef of the binding.');
}

/** The store did not make its credentials. */
export function unleased({ reference }: Run, store: StoreName, why: OperatorError | string): Obstacle {
  const words = typeof why === 'string' ? why : `${why.message}.`;
  const message = `The pod waits for Secret ${reference.secret}, because credentials were not made for it: SecretStoreConfig ${store.namespace}/${store.name}: ${words}`;
  const isAway = OperatorError.is(why, 'StoreUnreachable');
  return { reason: 'NotLeased', message, againMs: isAway ? UNREACHABLE_RETRY_MS : BLOCKED_RETRY_MS };
}
