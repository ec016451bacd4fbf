import { SECRET, type Secret } from '../../api/kinds.ts';
import { hasFiles } from '../../injection/files.ts';
import { bindingSecretName, filesSecretName } from '../../injection/secret-name.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { requestKey, type Reconciler, type Request, type Result } from '../../runtime/reconciler.ts';
import { LeaseTender } from './lease-tender.ts';
import { observe, type Observed, type Run, type Shared, type Sources } from './observe.ts';
import { areComplete, belongsTo, gone, plan, waiting, type Obstacle, type Step } from './plan.ts';
import { RunMaker } from './run-maker.ts';

/** What the reconciler of runs needs. */
export interface RunReconcilerOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** Reads the binding's Secrets: one request each, however many runs of a reconciliation need them. */
type ReadShared = () => Promise<Shared<Secret>>;

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
    const { sources } = this.#options;
    const observed = observe(request, sources);
    let reading: ReturnType<ReadShared> | undefined;
    const readShared: ReadShared = () => (reading ??= this.#shared(request, observed, signal));
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
    if (step.kind === 'gone') return this.#missing(step.run, signal);
    const { run, binding } = step;
    const shared = await readShared();
    // What the informer showed may be older or newer than what is there.
    const { secret, files } = shared;
    if (secret === undefined || !areComplete(shared, binding)) return waiting(run, observed.title, binding);
    return this.#maker.make(run, { secret, files }, binding, signal);
  }

  async #shared({ namespace, name }: Request, { binding }: Observed, signal: AbortSignal): Promise<Shared<Secret>> {
    const { client } = this.#options;
    const isWithFiles = binding !== undefined && hasFiles(binding.spec);
    const [secret, files] = await Promise.all([
      client.get(SECRET, namespace, bindingSecretName(name), signal),
      isWithFiles ? client.get(SECRET, namespace, filesSecretName(name), signal) : undefined,
    ]);
    return { secret, files };
  }

  /** Whether a Secret of the run is not there, though it may be that only the informer does not show it. */
  async #missing(run: Run, signal: AbortSignal): Promise<Obstacle | undefined> {
    const { secret, files } = run.reference;
    for (const name of files === undefined ? [secret] : [secret, files]) {
      const present = await this.#maker.presentOf(run, name, signal);
      if (present === undefined || !belongsTo(present, run.driver)) return gone(name);
    }
    return undefined;
  }

  #tell({ driver }: Run, { reason, message }: Obstacle): void {
    const { name, namespace = '', uid = '' } = driver.metadata;
    this.#options.events.record({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, 'Warning', reason, message);
  }
}
