import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BindingView } from '../injection/binding-view.ts';
import type { Decision } from '../injection/decide.ts';
import type { Pod } from '../injection/pod.ts';
import { whyUnread, type WatchScope } from '../runtime/watch-scope.ts';
import type { InjectionOutcome } from '../telemetry/metrics.ts';
import { allow, readReview, refuse } from './admission-review.ts';
import type { AdmissionReview } from './admission-review.ts';

export interface AdmissionOptions {
  readonly decide: (pod: Pod, views: readonly BindingView[], newRun: string) => Decision;
  /** The bindings of a namespace with their Secrets, as the informers have them now. */
  readonly views: (namespace: string) => readonly BindingView[];
  /** Where no binding can only be told of a namespace that is known. */
  readonly scope: Pick<WatchScope, 'knowledgeOf'>;
  readonly onDone?: (outcome: InjectionOutcome, ms: number) => void;
  /** How long a pod waits for its binding to be reconciled, in milliseconds; default 3 s of the API server's 10 s. */
  readonly patienceMs?: number;
  /** Between two looks, in milliseconds; default 50. */
  readonly pollMs?: number;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz012345';
const RUN_LENGTH = 10;

/** Answers admission reviews of driver pods. Reads only informers, writes nothing: a dry run needs no other way. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * The answer to a parsed AdmissionReview. Throws `BadReviewError` if it is none, and the signal's reason when
   * `signal` (the caller went away) aborts a wait.
   */
  async review(body: unknown, signal: AbortSignal): Promise<AdmissionReview> {
    const start = performance.now();
    let outcome: InjectionOutcome = 'error';
    try {
      const { uid, namespace, pod } = readReview(body);
      const decision = await this.#decide(pod, namespace, signal);
      outcome = outcomeOf(decision);
      return answer(uid, decision);
    } finally {
      this.#options.onDone?.(outcome, performance.now() - start);
    }
  }

  async #decide(pod: Pod, namespace: string, signal: AbortSignal): Promise<Decision> {
    const { decide, views, patienceMs = 3000, pollMs = 50 } = this.#options;
    const look = (): Decision => this.#notKnown(namespace) ?? decide(pod, views(namespace), newRun);
    const deadline = performance.now() + patienceMs;
    const newRun = randomName();
    let decision = look();
    while (decision.kind === 'wait' && performance.now() < deadline) {
      await sleep(Math.min(pollMs, deadline - performance.now()), undefined, { signal });
      decision = look();
    }
    return decision;
  }

  /** A pod must not start without secrets because its bindings are not seen. Undefined: they are. */
  #notKnown(namespace: string): Decision | undefined {
    const knowledge = this.#options.scope.knowledgeOf(namespace);
    switch (knowledge) {
      case 'known':
        return undefined;
      case 'unknown':
        return {
          kind: 'wait',
          message: `It can't be told which secrets this pod should have: ${whyUnread(namespace, knowledge)}. Then start the job again.`,
        };
      case 'unwatched':
        return {
          kind: 'deny',
          message: `The operator was asked for the secrets of this pod, but ${whyUnread(namespace, knowledge)}. If it was added or taken out just now, try again in a few seconds.`,
        };
    }
  }
}

/** A name for a run that no other has: 50 random bits. */
function randomName(): string {
  return Array.from(randomBytes(RUN_LENGTH), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

function outcomeOf(decision: Decision): InjectionOutcome {
  if (decision.kind === 'none') return 'unchanged';
  if (decision.kind === 'patch') return decision.patch.length === 0 ? 'unchanged' : 'patched';
  return 'denied';
}

function answer(uid: string, decision: Decision): AdmissionReview {
  switch (decision.kind) {
    case 'none':
      return allow(uid);
    case 'patch':
      return allow(uid, decision.patch, decision.warnings);
    case 'wait':
    case 'deny':
      return refuse(uid, decision.message);
  }
}
