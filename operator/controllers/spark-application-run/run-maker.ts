import { ANNOTATIONS } from '../../api/group.ts';
import { SECRET, type Secret, type SparkJobSecretBinding } from '../../api/kinds.ts';
import { LEASED_KEY } from '../../injection/data-keys.ts';
import { hasFiles } from '../../injection/files.ts';
import { AlreadyExistsError } from '../../runtime/api-error.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { LeaseTaker, type Taken } from './lease-taker.ts';
import type { Run, Sources } from './observe.ts';
import { belongsTo, conflict, outdated, type Obstacle } from './plan.ts';
import { runFiles, runSecret } from './run-manifest.ts';

/** What the maker of runs' Secrets needs. */
export interface RunMakerOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly sources: Pick<Sources, 'stores' | 'namespaces' | 'cache' | 'scope'>;
  /** Credentials were made and noted: they are to be confirmed. */
  readonly onTaken: (run: Run, taken: Taken, signal: AbortSignal) => Promise<void>;
}

/** What a run's Secrets are made from: the binding's. */
export interface MadeFrom {
  readonly secret: Secret;
  /** Not there: it gives no files. */
  readonly files: Secret | undefined;
}

/** Makes the Secrets of a run, and has the credentials made that go into it. */
export class RunMaker {
  readonly #options: RunMakerOptions;
  readonly #taker: LeaseTaker;

  constructor(options: RunMakerOptions) {
    this.#options = options;
    this.#taker = new LeaseTaker(options.sources);
  }

  /** From the binding's Secrets as they are now. Gives what stands in the way, or undefined when they are there. */
  async make(
    run: Run,
    shared: MadeFrom,
    binding: SparkJobSecretBinding,
    signal: AbortSignal,
  ): Promise<Obstacle | undefined> {
    const { secret } = shared;
    // Executors mount what the properties name, also those of a driver that was admitted before there were files.
    const isWanted = hasFiles(binding.spec) || run.reference.files !== undefined;
    const files = isWanted ? runFiles(run, hasFiles(binding.spec) ? shared.files : undefined) : undefined;
    const templates = secret.data?.[LEASED_KEY];
    if (templates === undefined)
      return (
        (await this.#createFiles(run, files, signal)) ?? this.#create(run, runSecret(run, secret, binding), signal)
      );
    // The informer may lag behind our own write: no second lease for a run that has its Secret.
    const present = await this.presentOf(run, run.reference.secret, signal);
    if (present) return standing(present, run, run.reference.secret);
    const taken = await this.#taker.take(run, templates, binding, signal);
    if ('reason' in taken) return taken;
    return this.#createLeased(run, taken, { files, secret: runSecret(run, secret, binding, taken) }, signal);
  }

  /** A Secret as it is there, whatever the informer shows. */
  async presentOf({ driver }: Run, name: string, signal: AbortSignal): Promise<Secret | undefined> {
    return this.#options.client.get(SECRET, driver.metadata.namespace, name, signal);
  }

  async #create(run: Run, secret: Secret, signal: AbortSignal): Promise<Obstacle | undefined> {
    const { name } = secret.metadata;
    try {
      await this.#options.client.create(SECRET, secret, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      return standing(await this.presentOf(run, name, signal), run, name);
    }
  }

  /** Before the other, so that where that is they are. What an earlier try has left has to go with what is copied now. */
  async #createFiles(run: Run, files: Secret | undefined, signal: AbortSignal): Promise<Obstacle | undefined> {
    if (files === undefined) return undefined;
    const { name, annotations } = files.metadata;
    try {
      await this.#options.client.create(SECRET, files, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      const present = await this.presentOf(run, name, signal);
      const obstacle = standing(present, run, name);
      const note = present?.metadata.annotations?.[ANNOTATIONS.versions];
      return obstacle ?? (note === annotations?.[ANNOTATIONS.versions] ? undefined : outdated(name));
    }
  }

  /** What was made for a Secret that then was not is given back. */
  async #createLeased(
    run: Run,
    taken: Taken,
    { files, secret }: MadeFrom,
    signal: AbortSignal,
  ): Promise<Obstacle | undefined> {
    const { name } = secret.metadata;
    try {
      const obstacle = await this.#createFiles(run, files, signal);
      if (obstacle !== undefined) {
        await this.#taker.giveBack(taken);
        return obstacle;
      }
      await this.#options.client.create(SECRET, secret, signal);
    } catch (error) {
      // Also a request that got no answer may have been heard.
      const present = await this.presentOf(run, name, signal);
      if (present?.metadata.annotations?.[ANNOTATIONS.leases] !== taken.note) {
        await this.#taker.giveBack(taken);
        if (!(error instanceof AlreadyExistsError)) throw error;
        return standing(present, run, name);
      }
    }
    await this.#options.onTaken(run, taken, signal);
    return undefined;
  }
}

/** Whether what stands under the name is the run's own. */
function standing(present: Secret | undefined, run: Run, name: string): Obstacle | undefined {
  return present !== undefined && belongsTo(present, run.driver) ? undefined : conflict(name);
}
