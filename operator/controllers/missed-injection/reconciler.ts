import { POD, SPARK_JOB_SECRET_BINDING } from '../../api/kinds.ts';
import type { Reason } from '../../api/reasons.ts';
import type { EventRecorder, EventSubject } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { apiVersionOf, type KubeKind, type KubeObject } from '../../runtime/kube-object.ts';
import type { Reconciler, Request, Result } from '../../runtime/reconciler.ts';
import { barePods, isBefore, observe, type Bare, type Sources } from './observe.ts';
import { specTime } from './spec-time.ts';
import { wordsForBinding, wordsForPod } from './words.ts';

/** What the reconciler of missed injections needs. */
export interface MissedInjectionOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'recordOnce'>;
  /** A pod was found that had not been told of. */
  readonly onMissed?: () => void;
}

const REASON: Reason = 'SecretsNotInjected';

/** One binding as it is; undefined: it is gone. */
type Read = (name: string) => Promise<KubeObject | undefined>;

/** All pods of a namespace: one request each, as names of pods in the queue of a replica that waits would never end. */
export function missedIn(namespace: string): Request {
  return { namespace, name: 'pods' };
}

/**
 * Tells of driver-side pods that started without secrets although a binding selects them: on the pod and on each of the
 * bindings, once. It costs no request unless there is such a pod, and it never changes one.
 */
export class MissedInjectionReconciler implements Reconciler {
  readonly #options: MissedInjectionOptions;
  /** Pods as they were when nothing was to be said about them: an informer hands out another object when one changes. */
  readonly #judged = new WeakSet<KubeObject>();
  /** By namespace: uids of pods that were told of. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(options: MissedInjectionOptions) {
    this.#options = options;
  }

  async reconcile({ namespace }: Request, signal: AbortSignal): Promise<Result> {
    const { sources } = this.#options;
    const pods = barePods(namespace, sources);
    const told = this.#toldOf(namespace, pods);
    const fresh = pods.filter((pod) => !told.has(uidOf(pod)) && !this.#judged.has(pod));
    const read = this.#reader(namespace, signal);
    for (const bare of observe(namespace, fresh, sources)) {
      const bindings = await unchangedSince(bare, read);
      if (bindings.length === 0) continue;
      await this.#tell(bare.pod, bindings, signal);
      told.add(uidOf(bare.pod));
    }
    for (const pod of fresh) this.#judged.add(pod);
    return undefined;
  }

  /** Without those that are gone. */
  #toldOf(namespace: string, pods: readonly KubeObject[]): Set<string> {
    const before = this.#told.get(namespace);
    const told = new Set(pods.map(uidOf).filter((uid) => before?.has(uid) === true));
    if (pods.length === 0) this.#told.delete(namespace);
    else this.#told.set(namespace, told);
    return told;
  }

  /** Reads each binding once. What informers hold does not say when a spec was written. */
  #reader(namespace: string, signal: AbortSignal): Read {
    const known = new Map<string, ReturnType<Read>>();
    return (name) => {
      const binding = known.get(name) ?? this.#options.client.get(SPARK_JOB_SECRET_BINDING, namespace, name, signal);
      known.set(name, binding);
      return binding;
    };
  }

  async #tell(pod: KubeObject, bindings: readonly KubeObject[], signal: AbortSignal): Promise<void> {
    const { events, onMissed } = this.#options;
    const words = { type: 'Warning', reason: REASON, occasion: uidOf(pod) } as const;
    const isNews = await events.recordOnce(subjectOf(POD, pod), { ...words, message: wordsForPod(bindings) }, signal);
    // When it is not, another process may have ended between its events.
    for (const binding of bindings)
      await events.recordOnce(
        subjectOf(SPARK_JOB_SECRET_BINDING, binding),
        { ...words, message: wordsForBinding(pod) },
        signal,
      );
    if (isNews) onMissed?.();
  }
}

/** The bindings that already were as they are: one that was changed since may select pods that it did not mean. */
async function unchangedSince({ pod, bindings }: Bare, read: Read): Promise<readonly KubeObject[]> {
  const present = await Promise.all(bindings.map(({ metadata }) => read(metadata.name)));
  return bindings.filter(({ metadata }, at) => {
    const binding = present[at];
    return binding?.metadata.uid === metadata.uid && binding !== undefined && isBefore(specTime(binding), pod);
  });
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}

function subjectOf(kind: KubeKind, { metadata }: KubeObject): EventSubject {
  const { namespace = '', name, uid = '' } = metadata;
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name, uid };
}
