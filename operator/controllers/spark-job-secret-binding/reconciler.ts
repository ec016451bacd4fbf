import { keptEntriesOf, withoutContent } from '../../api/binding-secret.ts';
import { API_VERSION, LABELS } from '../../api/group.ts';
import {
  SECRET,
  SPARK_JOB_SECRET_BINDING,
  type BindingStatus,
  type Secret,
  type SparkJobSecretBinding,
} from '../../api/kinds.ts';
import type { Problem } from '../../api/reasons.ts';
import { AlreadyExistsError, ApiError } from '../../runtime/api-error.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import type { KubeObject, OwnerReference } from '../../runtime/kube-object.ts';
import type { OwnWrites } from '../../runtime/own-writes.ts';
import type { Reconciler, Request, Result } from '../../runtime/reconciler.ts';
import { withKeptEntries } from './kept-entries.ts';
import { notices } from './notices.ts';
import { observe, type Observed, type Sources } from './observe.ts';
import { plan, sameStatus, type Plan } from './plan.ts';
import { refusedWrite } from './refused-write.ts';
import { withoutWithdrawn, withoutWithdrawnFiles } from './withdrawn-secret.ts';

/** What the reconciler of bindings needs. */
export interface BindingReconcilerOptions {
  readonly client: KubeClient;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
  /** Told of each look and of what it wrote. */
  readonly ownWrites: Pick<OwnWrites, 'begin' | 'note'>;
  readonly now: () => Date;
}

/** What is written, and in which order: see `Plan`. */
const WRITTEN = ['files', 'secret'] as const;
type Written = Pick<Plan, (typeof WRITTEN)[number]>;

/** Why a Secret could not be written, and the error to come back with, if trying again may help. */
interface Refusal {
  readonly problem: Problem;
  readonly error?: Error;
}

/** How soon to look again at a Secret that stands where ours should: nothing tells when it goes. Milliseconds. */
const CONFLICT_RETRY_MS = 15_000;

/** Keeps the Secrets and the status of a binding. */
export class BindingReconciler implements Reconciler {
  readonly #options: BindingReconcilerOptions;

  constructor(options: BindingReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    this.#options.ownWrites.begin(request);
    const observed = await observe(request, this.#options.sources);
    if (observed === undefined) return undefined;
    const now = this.#options.now();
    const planned = plan(observed, now);
    const written = planned.withdraws ? await this.#withdrawn(observed, signal) : planned;
    let { status } = planned;
    const refusal = await this.#writeAll(observed, written, signal);
    if (refusal) ({ status } = plan(observed, now, refusal.problem));
    if (!sameStatus(observed.binding.status, status)) await this.#writeStatus(observed, status, signal);
    const wrote = WRITTEN.some((which) => written[which] !== undefined);
    this.#tell(observed, status, wrote && refusal === undefined);
    if (refusal?.error) throw refusal.error;
    return refusal && { requeueAfterMs: CONFLICT_RETRY_MS };
  }

  /** The Secrets as they are to be after a grant was withdrawn; their values have to be asked of the API server. */
  async #withdrawn(observed: Observed, signal: AbortSignal): Promise<Written> {
    const [secret, files] = [
      await this.#ours(observed, observed.secretName, signal),
      observed.files && (await this.#ours(observed, observed.filesName, signal)),
    ];
    return {
      secret: secret && withoutWithdrawn(observed, secret, this.#options.now()),
      files: files && withoutWithdrawnFiles(observed, files),
    };
  }

  async #ours({ binding }: Observed, name: string, signal: AbortSignal): Promise<Secret | undefined> {
    const present = await this.#options.client.get(SECRET, binding.metadata.namespace, name, signal);
    return present && isOurs(present, binding) ? present : undefined;
  }

  /** One after the other, up to the first that is refused. */
  async #writeAll(observed: Observed, written: Written, signal: AbortSignal): Promise<Refusal | undefined> {
    for (const which of WRITTEN) {
      const refusal = await this.#write(observed, which, written[which], signal);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /** Creates or replaces a Secret, never one that is not ours. What the API server refused comes back as a problem. */
  async #write(
    observed: Observed,
    which: keyof Written,
    planned: Secret | undefined,
    signal: AbortSignal,
  ): Promise<Refusal | undefined> {
    if (planned === undefined) return undefined;
    const { client } = this.#options;
    const keeps = Object.keys(keptEntriesOf(planned)).length > 0;
    const secret = keeps
      ? withKeptEntries(planned, await this.#ours(observed, planned.metadata.name, signal))
      : planned;
    try {
      const isNew = secret.metadata.resourceVersion === undefined;
      this.#note(
        observed,
        await (isNew ? client.create(SECRET, secret, signal) : client.replace(SECRET, secret, signal)),
      );
      return undefined;
    } catch (error) {
      if (error instanceof AlreadyExistsError) return this.#inTheWay(observed, which, error, signal);
      if (!isRefusal(error)) throw error;
      return { problem: refusedWrite(secret, error), error };
    }
  }

  /** There is a Secret of that name. Ours, and our copy is a moment behind or somebody took its label off: replaced. */
  async #inTheWay(
    observed: Observed,
    which: keyof Written,
    error: Error,
    signal: AbortSignal,
  ): Promise<Refusal | undefined> {
    const { binding } = observed;
    const name = which === 'files' ? observed.filesName : observed.secretName;
    const present = await this.#options.client.get(SECRET, binding.metadata.namespace, name, signal);
    if (present === undefined) throw error;
    if (isOurs(present, binding)) {
      const planned = plan({ ...observed, [which]: withoutContent(present) }, this.#options.now());
      return this.#write(observed, which, planned[which], signal);
    }
    const message = `Secret ${name} exists and is not ours: delete or rename it, or rename the binding.`;
    return { problem: { reason: 'Conflict', message } };
  }

  async #writeStatus(observed: Observed, status: BindingStatus, signal: AbortSignal): Promise<void> {
    const { binding } = observed;
    const { name, namespace } = binding.metadata;
    const { kind } = SPARK_JOB_SECRET_BINDING;
    // uid: a binding that was made anew under the name must not get the old one's status.
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...uidOf(binding) };
    const body = { apiVersion: API_VERSION, kind, metadata, status };
    const options = { signal, subresource: 'status', force: true } as const;
    this.#note(observed, await this.#options.client.apply(SPARK_JOB_SECRET_BINDING, body, options));
  }

  #note({ binding }: Observed, written: KubeObject): void {
    const { name, namespace = '' } = binding.metadata;
    this.#options.ownWrites.note({ namespace, name }, written);
  }

  #tell({ binding }: Observed, status: BindingStatus, wrote: boolean): void {
    const { name, namespace = '', uid = '' } = binding.metadata;
    const subject = { apiVersion: API_VERSION, kind: SPARK_JOB_SECRET_BINDING.kind, namespace, name, uid };
    for (const { type, reason, message } of notices(binding.status, status, wrote))
      this.#options.events.record(subject, type, reason, message);
  }
}

function uidOf({ metadata }: SparkJobSecretBinding): { uid?: string } {
  return metadata.uid === undefined ? {} : { uid: metadata.uid };
}

/** The API server answered, and will not have it: forbidden, invalid, too large. Anything else is only tried again. */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && [400, 403, 413, 422].includes(error.code);
}

/** It has our label, or (somebody took the label off) a binding of this name owns it. */
function isOurs({ metadata }: Secret, binding: SparkJobSecretBinding): boolean {
  const { kind } = SPARK_JOB_SECRET_BINDING;
  const isOwner = (owner: OwnerReference): boolean => owner.kind === kind && owner.name === binding.metadata.name;
  return metadata.labels?.[LABELS.binding] !== undefined || (metadata.ownerReferences ?? []).some(isOwner);
}
