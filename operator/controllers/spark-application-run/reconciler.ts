import { SECRET, type Secret } from '../../api/kinds.ts';
import { bindingSecretName } from '../../injection/secret-name.ts';
import { AlreadyExistsError } from '../../runtime/api-error.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import type { Reconciler, Request, Result } from '../../runtime/reconciler.ts';
import { observe, type Observed, type Run, type Sources } from './observe.ts';
import { belongsTo, conflict, gone, isComplete, plan, waiting, type Obstacle, type Step } from './plan.ts';
import { runSecret } from './run-manifest.ts';

/** What the reconciler of runs needs. */
export interface RunReconcilerOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** Reads the binding's Secret: one request, however many runs of a reconciliation need it. */
type ReadShared = () => Promise<Secret | undefined>;

/** How soon to look again at a run that has no Secret, should nothing tell of what it waits for. Milliseconds. */
const BLOCKED_RETRY_MS = 15_000;

/**
 * Gives each run of an application the Secret that its driver refers to: a copy of the binding's as it is when the
 * driver appears. A request names a binding, not a driver: the queue of a replica that does not lead then holds no more
 * names than there are bindings, and drivers that come together cost one read.
 */
export class RunReconciler implements Reconciler {
  readonly #options: RunReconcilerOptions;

  constructor(options: RunReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    const { client, sources } = this.#options;
    const observed = observe(request, sources);
    let reading: Promise<Secret | undefined> | undefined;
    const readShared: ReadShared = () =>
      (reading ??= client.get(SECRET, request.namespace, bindingSecretName(request.name), signal));
    const obstacles = await Promise.allSettled(
      plan(observed).map(async (step) => {
        const obstacle = await this.#take(step, observed, readShared, signal);
        if (obstacle) this.#tell(step.run, obstacle);
        return obstacle;
      }),
    );
    // One that failed must not keep the others from their Secrets.
    const failed = obstacles.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const mayEnd = obstacles.some((outcome) => outcome.status === 'fulfilled' && outcome.value?.mayEnd);
    return mayEnd ? { requeueAfterMs: BLOCKED_RETRY_MS } : undefined;
  }

  /** Gives what stands in the way, or undefined when all is well. */
  async #take(
    step: Step,
    observed: Observed,
    readShared: ReadShared,
    signal: AbortSignal,
  ): Promise<Obstacle | undefined> {
    if (step.kind === 'blocked') return step.obstacle;
    if (step.kind === 'gone') return (await this.#isOurs(step.run, signal)) ? undefined : gone(step.run);
    const { run, binding } = step;
    const shared = await readShared();
    // What the informer showed may be older or newer than what is there.
    if (shared === undefined || !isComplete(shared, binding)) return waiting(run, observed.title, binding);
    try {
      await this.#options.client.create(SECRET, runSecret(run, shared, binding), signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      return (await this.#isOurs(run, signal)) ? undefined : conflict(run);
    }
  }

  /** Whether the run's Secret is there, though the informer did not show it. */
  async #isOurs({ driver, reference }: Run, signal: AbortSignal): Promise<boolean> {
    const present = await this.#options.client.get(SECRET, driver.metadata.namespace, reference.secret, signal);
    return present !== undefined && belongsTo(present, driver);
  }

  #tell({ driver }: Run, { reason, message }: Obstacle): void {
    const { name, namespace = '', uid = '' } = driver.metadata;
    this.#options.events.record({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, 'Warning', reason, message);
  }
}
