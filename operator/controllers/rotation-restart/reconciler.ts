import { POD, SPARK_JOB_SECRET_BINDING, type DriverPod } from '../../api/kinds.ts';
import type { SparkApplication } from '../../api/spark-applications.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { EventRecorder, EventSubject } from '../../runtime/events.ts';
import type { KubeClient } from '../../runtime/kube-client.ts';
import { apiVersionOf, type KubeKind, type KubeObject } from '../../runtime/kube-object.ts';
import type { Reconciler, Request, Result } from '../../runtime/reconciler.ts';
import { observe, type Candidate, type Sources } from './observe.ts';
import { obstacleTo } from './obstacle.ts';
import { plan, type Judged } from './plan.ts';
import { SetAside } from './set-aside.ts';
import { RestartsUnderWay } from './restarts-under-way.ts';

/** What the reconciler of restarts needs. */
export interface RestartReconcilerOptions {
  readonly client: Pick<KubeClient, 'get' | 'createSubresource'>;
  readonly sources: Sources;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly now: () => Date;
}

/** The one request there is: a restart is judged among all others, as only so many may be under way. */
export const RESTARTS: Request = { namespace: '', name: 'restarts' };

/** A candidate with its application as it was when it was judged. */
interface Judgement extends Judged {
  readonly application: SparkApplication | undefined;
}

/** A value may be used by a thousand applications. */
const READS_AT_ONCE = 10;
/** The application of a driver is read again after this long, and in the moment of the restart. Milliseconds. */
const JUDGED_MS = 600_000;

/**
 * Restarts applications that hold values which have changed, where their binding asks for it: evicts the driver, as
 * gently as its PodDisruptionBudgets and its grace period want, and leaves the rest to the application's own operator.
 * An application for which no new driver would come is never touched.
 */
export class RestartReconciler implements Reconciler {
  readonly #options: RestartReconcilerOptions;
  readonly #underWay = new RestartsUnderWay();
  /** By the driver's uid and the keys that changed. */
  readonly #judgements = new Map<string, Judgement & { readonly at: number }>();
  readonly #aside = new SetAside();

  constructor(options: RestartReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(_request: Request, signal: AbortSignal): Promise<Result> {
    const { sources, now } = this.#options;
    const present = now();
    const underWay = this.#underWay.look(sources.drivers, present.getTime());
    const candidates = observe(sources).filter(({ driver }) => !this.#underWay.has(driver));
    this.#forgetAllBut(candidates);
    const open = candidates.filter(({ driver }) => !this.#aside.has(driver, present.getTime()));
    const judged = await this.#judgeAll(open, present, signal);
    const { due, places, kept, lookAgainAfterMs } = plan(judged, underWay, present);
    for (const each of kept) this.#tellKept(each);
    await this.#restartSome(due, places, signal);
    const retries = this.#aside.waits(present.getTime());
    const waits = lookAgainAfterMs === undefined ? retries : [...retries, lookAgainAfterMs];
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  /** As many as there are places: one that can not be had leaves its place to the next. */
  async #restartSome(due: readonly Candidate[], places: number, signal: AbortSignal): Promise<void> {
    let left = places;
    for (const candidate of due) {
      if (left === 0) return;
      if (await this.#attempt(candidate, signal, () => this.#restart(candidate, signal))) left -= 1;
    }
  }

  /** What fails for one driver fails for it alone, is told, and is tried again later: others do not wait for it. */
  async #attempt<T>(candidate: Candidate, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError) || isOutage(error)) throw error;
      const { driver, keys } = candidate;
      const message = `Values of ${keys.join(', ')} have changed; driver ${driver.metadata.name} can not be restarted at present: ${error.message}`;
      this.#putAside({ candidate, application: undefined, obstacle: undefined }, message);
      return undefined;
    }
  }

  #putAside(judgement: Judgement, message: string): void {
    this.#aside.add(judgement.candidate.driver, this.#options.now().getTime());
    this.#tell(judgement, 'RestartBlocked', message);
  }

  async #judgeAll(candidates: readonly Candidate[], now: Date, signal: AbortSignal): Promise<Judgement[]> {
    const judged: Judgement[] = [];
    for (let at = 0; at < candidates.length; at += READS_AT_ONCE) {
      const some = candidates.slice(at, at + READS_AT_ONCE);
      const tried = some.map((each) => this.#attempt(each, signal, () => this.#judged(each, now, signal)));
      judged.push(...(await Promise.all(tried)).filter((each) => each !== undefined));
    }
    return judged;
  }

  async #judged(candidate: Candidate, now: Date, signal: AbortSignal): Promise<Judgement> {
    const known = this.#judgements.get(idOf(candidate));
    if (known && now.getTime() - known.at < JUDGED_MS) return { ...known, candidate };
    const judgement = await this.#judge(candidate, now, signal);
    this.#judgements.set(idOf(candidate), { ...judgement, at: now.getTime() });
    return judgement;
  }

  async #judge(candidate: Candidate, now: Date, signal: AbortSignal): Promise<Judgement> {
    const { driver, manager } = candidate;
    if (manager === undefined) return { candidate, obstacle: 'no operator manages it', application: undefined };
    const { namespace } = driver.metadata;
    const application = await this.#options.client.get(manager.kind, namespace, manager.name, signal);
    return { candidate, application, obstacle: obstacleTo(manager, application, driver, now) };
  }

  /** Whether it is on its way. */
  async #restart(candidate: Candidate, signal: AbortSignal): Promise<boolean> {
    const now = this.#options.now();
    const judgement = await this.#judge(candidate, now, signal);
    this.#judgements.set(idOf(candidate), { ...judgement, at: now.getTime() });
    if (judgement.obstacle !== undefined) {
      this.#aside.drop(candidate.driver);
      this.#tellKept(judgement);
      return false;
    }
    const outcome = await this.#evict(candidate.driver, signal);
    const { name } = candidate.driver.metadata;
    const what = `Values of ${candidate.keys.join(', ')} have changed`;
    if (outcome === 'blocked')
      this.#putAside(judgement, `${what}; a PodDisruptionBudget does not let driver ${name} go at present.`);
    else this.#aside.drop(candidate.driver);
    if (outcome !== 'evicted') return false;
    this.#underWay.add(candidate.driver, now.getTime());
    this.#tell(judgement, 'Restarting', `${what}: driver ${name} is evicted, and its operator starts a new one.`);
    return true;
  }

  /** Evicts exactly this pod: not one that was made anew under its name. */
  async #evict({ metadata }: DriverPod, signal: AbortSignal): Promise<'evicted' | 'blocked' | 'gone'> {
    const { name, namespace = '', uid } = metadata;
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    try {
      await this.#options.client.createSubresource(POD, { namespace, name, subresource: 'eviction' }, eviction, signal);
      return 'evicted';
    } catch (error) {
      const code = error instanceof ApiError ? error.code : undefined;
      if (code === 429) return 'blocked';
      if (code === 404 || code === 409) return 'gone';
      throw error;
    }
  }

  #tellKept(judgement: Judgement): void {
    const { candidate, obstacle = '' } = judgement;
    const { keys, driver } = candidate;
    const message = `Values of ${keys.join(', ')} have changed; driver ${driver.metadata.name} keeps those it started with, because no new one would come: ${obstacle}. Start the application anew when it suits.`;
    this.#tell(judgement, 'KeepsOldValue', message);
  }

  /** On the application (the pod, where there is none), and on each binding. */
  #tell({ candidate, application }: Judgement, reason: string, message: string): void {
    const { driver, bindings, manager } = candidate;
    const subject = application && manager ? subjectOf(manager.kind, application) : subjectOf(POD, driver);
    const type = reason === 'Restarting' ? 'Normal' : 'Warning';
    for (const each of [subject, ...bindings.map((binding) => subjectOf(SPARK_JOB_SECRET_BINDING, binding))])
      this.#options.events.record(each, type, reason, message);
  }

  #forgetAllBut(candidates: readonly Candidate[]): void {
    const ids = new Set(candidates.map(idOf));
    for (const id of this.#judgements.keys()) if (!ids.has(id)) this.#judgements.delete(id);
    this.#aside.keepOnly(candidates.map(({ driver }) => driver));
  }
}

/** The API server does not serve: that is nothing of one driver. */
function isOutage({ code }: ApiError): boolean {
  return code === 0 || code > 500;
}

function idOf({ driver, keys, changedAt }: Candidate): string {
  return [driver.metadata.uid, changedAt, ...keys].join(' ');
}

function subjectOf(kind: KubeKind, { metadata }: KubeObject): EventSubject {
  const { namespace = '', name, uid = '' } = metadata;
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name, uid };
}
