import type { ExplainedSubject } from './result.ts';
import type { Pod } from '../pod.ts';

/** A property of the job that no pod shows, because it comes in a file. */
export interface ConfText {
  readonly name: string;
  readonly value: string;
  /** Where it stands, if not as a property of that name. */
  readonly where?: string;
  /** Why references in it are not resolved, where that is so; a sentence's second half. */
  readonly unresolved?: string;
}

/** What is to be explained: a pod that is there, or as its launcher would make it. */
export interface Subject {
  readonly about: ExplainedSubject;
  readonly pod: Pod;
  /** Whether the pod is there: nothing can be added to it any more. */
  readonly isThere: boolean;
  readonly conf: readonly ConfText[];
  readonly notes: readonly string[];
}
