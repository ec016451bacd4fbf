import type { Pod } from '../pod.ts';
import type { Runner } from './runner.ts';
import { sparkSubmit } from './spark-submit.ts';

/** The ways of launching Spark that are supported. A new one is a file beside spark-submit.ts and a line here. */
export const RUNNERS: readonly Runner[] = [sparkSubmit];

/** Who launched the pod, or undefined when that is not supported. */
export function runnerOf(pod: Pod): Runner | undefined {
  return RUNNERS.find((runner) => runner.recognises(pod));
}

/** All names that the pod's application goes by. */
export function applicationNames(pod: Pod): readonly string[] {
  return [...new Set(RUNNERS.flatMap((runner) => runner.applicationNames(pod)))];
}
