import { SECRET, type Secret } from '../../api/kinds.ts';
import { bindingSecretName } from '../../injection/secret-name.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { requestKey, type Reconciler, type Request, type Result } from '../../runtime/reconciler.ts';
import { LeaseTender } from './lease-tender.ts';
import { observe, type Observed, type Run, type Sources } from './observe.ts';
import { belongsTo, gone, isComplete, plan, waiting, type Obstacle, type Step } from './plan.ts';
import { RunMaker } from './run-maker.ts';

/** What the reconciler of runs needs. */
export interface RunReconcilerOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** Reads the binding's Secret: one request, however many runs of a reconciliation need it. */
type ReadShared = () => Promise<Secret | undefined>;

/**
 * Gives each run of an application the Secret that its driver refers to: a copy of the binding's as it is when the
 * driver appears, with credentials that are made for this run. These are renewed while the driver is there, and revoked
 * when it has ended. A request names a binding, not a driver: the queue of a replica that does not lead then holds no more
 * names than there are bindings, and drivers that come together cost one read.
 */
export class RunReconciler implements Reconciler {
  readonly #options: RunReconcilerOptions;
  readonly #maker: RunMaker;
  readonly #tender: LeaseTender;

  constructor(options: RunReconcilerOptions) {
    this.#options = options;
    const tender = new LeaseTender(options);
    this.#tender = tender;
    this.#maker = new RunMaker({
      ...options,
      onTaken: ({ driver, reference }, taken, signal) =>
        tender.confirm(
          requestKey({ namespace: driver.metadata.namespace ?? '', name: reference.binding }),
          taken,
          signal,
        ),
    });
  }

  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    const { client, sources } = this.#options;
    const observed = observe(request, sources);
    let reading: Promise<Secret | undefined> | undefined;
    const readShared: ReadShared = () =>
      (reading ??= client.get(SECRET, request.namespace, bindingSecretName(request.name), signal));
    const [tending, ...obstacles] = await Promise.allSettled([
      this.#tender.tend(observed, signal),
      ...plan(observed).map(async (step) => {
        const obstacle = await this.#take(step, observed, readShared, signal);
        if (obstacle) this.#tell(step.run, obstacle);
        return obstacle?.againMs;
      }),
    ]);
    // One that failed must not keep the others from their Secrets.
    const outcomes = [tending, ...obstacles];
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const waits = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : []));
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
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
    return this.#maker.make(run, shared, binding, signal);
  }

  /** Whether the run's Secret is there, though the informer did not show it. */
  async #isOurs(run: Run, signal: AbortSignal): Promise<boolean> {
    const present = await this.#maker.secretOf(run, signal);
    return present !== undefined && belongsTo(present, run.driver);
  }

  #tell({ driver }: Run, { reason, message }: Obstacle): void {
    const { name, namespace = '', uid = '' } = driver.metadata;
    this.#options.events.record({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, 'Warning', reason, message);
  }
}
