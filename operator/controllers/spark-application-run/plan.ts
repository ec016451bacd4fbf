import { ANNOTATIONS } from '../../api/group.ts';
import type { DriverPod, SparkJobSecretBinding } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
import { hasFiles } from '../../injection/files.ts';
import { specDigest } from '../../injection/spec-digest.ts';
import { parseVersions } from '../../injection/versions.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { whyNotSeen, type Knowledge } from '../../runtime/watch-scope.ts';
import type { Observed, Run, Shared } from './observe.ts';

/** What is to be done for one run. */
export type Step =
  /** Its Secrets are to be made from the binding's. */
  | { readonly kind: 'make'; readonly run: Run; readonly binding: SparkJobSecretBinding }
  /** A Secret of its was there while the driver started, and seems to be gone. */
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
  if (secret !== undefined) return belongsTo(secret, driver) ? stepForFiles(run) : [blocked(run)];
  // Other values than those the driver started with must not get to its executors.
  if (driver.status?.phase === 'Running') return [{ kind: 'gone', run }];
  if (binding === undefined || !areComplete(shared, binding))
    return [{ kind: 'blocked', run, obstacle: waiting(run, title, binding) }];
  return [{ kind: 'make', run, binding }];
}

function blocked(run: Run): Step {
  return { kind: 'blocked', run, obstacle: conflict(run.reference.secret) };
}

/** Where the other Secret is, that with the files was. */
function stepForFiles(run: Run): Step[] {
  return run.reference.files === undefined || run.files !== undefined ? [] : [{ kind: 'gone', run }];
}

/** Whether a Secret is that of this driver's run. */
export function belongsTo({ metadata }: KubeObject, driver: DriverPod): boolean {
  return metadata.ownerReferences?.some(({ kind, uid }) => kind === 'Pod' && uid === driver.metadata.uid) === true;
}

/**
 * Whether a binding's Secrets hold all that its spec asks for, both with the same versions: of a key store and its password
 * a run must not get one from before a change and one from after it.
 */
export function areComplete({ secret, files }: Shared<KubeObject>, binding: SparkJobSecretBinding): boolean {
  const isFor = (each: KubeObject | undefined): boolean =>
    each?.metadata.annotations?.[ANNOTATIONS.specDigest] === specDigest(binding.spec);
  if (!isFor(secret)) return false;
  return !hasFiles(binding.spec) || (isFor(files) && areOfOneMoment(secret, files));
}

/** As far as they note their versions, which they do unless there are very many. */
function areOfOneMoment(secret: KubeObject | undefined, files: KubeObject | undefined): boolean {
  const [all, some] = [secret, files].map((each) => parseVersions(each?.metadata.annotations?.[ANNOTATIONS.versions]));
  return all === undefined || Object.entries(some ?? {}).every(([key, version]) => all[key] === version);
}

/** The Secret's name is taken. */
export function conflict(secret: string): Obstacle {
  const message = `Secret ${secret} is to be this run's, but exists and is not: start the job anew, which gives it another name.`;
  return { reason: 'Conflict', message, againMs: BLOCKED_RETRY_MS };
}

/** Values changed between the making of its two Secrets, neither of which can be changed. */
export function outdated(secret: string): Obstacle {
  const message = `Values changed while the Secrets of this run were made, and ${secret} has the old ones, which can not be changed: start the job anew.`;
  return { reason: 'Conflict', message, againMs: undefined };
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

/** Somebody deleted a Secret of the run. */
export function gone(secret: string): Obstacle {
  const message = `Secret ${secret} of this run was deleted. It is not made again, because its values may have changed since: new executors can not start. Start the job anew.`;
  return { reason: 'RunSecretGone', message, againMs: undefined };
}

type StoreName = { readonly namespace: string; readonly name: string };

/** The store that makes its credentials is not seen. */
export function noStore(run: Run, store: StoreName, knowledge: Knowledge): Obstacle {
  const why = whyNotSeen(store.namespace, knowledge, 'create it, or correct storeRef of the binding');
  return unleased(run, store, `it ${why}.`);
}

/** The store did not make its credentials. */
export function unleased({ reference }: Run, store: StoreName, why: OperatorError | string): Obstacle {
  const words = typeof why === 'string' ? why : `${why.message}.`;
  const message = `The pod waits for Secret ${reference.secret}, because credentials were not made for it: SecretStoreConfig ${store.namespace}/${store.name}: ${words}`;
  const isAway = OperatorError.is(why, 'StoreUnreachable');
  return { reason: 'NotLeased', message, againMs: isAway ? UNREACHABLE_RETRY_MS : BLOCKED_RETRY_MS };
}
