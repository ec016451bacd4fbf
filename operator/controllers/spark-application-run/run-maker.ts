import { ANNOTATIONS } from '../../api/group.ts';
import { SECRET, type Secret, type SparkJobSecretBinding } from '../../api/kinds.ts';
import { LEASED_KEY } from '../../injection/data-keys.ts';
import { AlreadyExistsError } from '../../runtime/api-error.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { LeaseTaker, type Taken } from './lease-taker.ts';
import type { Run, Sources } from './observe.ts';
import { belongsTo, conflict, type Obstacle } from './plan.ts';
import { runSecret } from './run-manifest.ts';

/** What the maker of runs' Secrets needs. */
export interface RunMakerOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly sources: Pick<Sources, 'stores' | 'namespaces' | 'cache'>;
  /** Credentials were made and noted: they are to be confirmed. */
  readonly onTaken: (run: Run, taken: Taken, signal: AbortSignal) => Promise<void>;
}

/** Makes the Secret of a run, and has the credentials made that go into it. */
export class RunMaker {
  readonly #options: RunMakerOptions;
  readonly #taker: LeaseTaker;

  constructor(options: RunMakerOptions) {
    this.#options = options;
    this.#taker = new LeaseTaker(options.sources);
  }

  /** From the binding's Secret as it is now. Gives what stands in the way, or undefined when the Secret is there. */
  async make(
    run: Run,
    shared: Secret,
    binding: SparkJobSecretBinding,
    signal: AbortSignal,
  ): Promise<Obstacle | undefined> {
    const templates = shared.data?.[LEASED_KEY];
    if (templates === undefined) return this.#create(run, runSecret(run, shared, binding), signal);
    // The informer may lag behind our own write: no second lease for a run that has its Secret.
    const present = await this.secretOf(run, signal);
    if (present) return standing(present, run);
    const taken = await this.#taker.take(run, templates, binding, signal);
    if ('reason' in taken) return taken;
    return this.#createLeased(run, taken, runSecret(run, shared, binding, taken), signal);
  }

  /** The run's Secret as it is there, whatever the informer shows. */
  async secretOf({ driver, reference }: Run, signal: AbortSignal): Promise<Secret | undefined> {
    return this.#options.client.get(SECRET, driver.metadata.namespace, reference.secret, signal);
  }

  async #create(run: Run, secret: Secret, signal: AbortSignal): Promise<Obstacle | undefined> {
    try {
      await this.#options.client.create(SECRET, secret, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      return standing(await this.secretOf(run, signal), run);
    }
  }

  /** What was made for a Secret that then was not is given back. */
  async #createLeased(run: Run, taken: Taken, secret: Secret, signal: AbortSignal): Promise<Obstacle | undefined> {
    try {
      await this.#options.client.create(SECRET, secret, signal);
    } catch (error) {
      // Also a request that got no answer may have been heard.
      const present = await this.secretOf(run, signal);
      if (present?.metadata.annotations?.[ANNOTATIONS.leases] !== taken.note) {
        await this.#taker.giveBack(taken);
        if (!(error instanceof AlreadyExistsError)) throw error;
        return standing(present, run);
      }
    }
    await this.#options.onTaken(run, taken, signal);
    return undefined;
  }
}

/** Whether what stands under the name is the run's own. */
function standing(present: Secret | undefined, run: Run): Obstacle | undefined {
  return present !== undefined && belongsTo(present, run.driver) ? undefined : conflict(run);
}
