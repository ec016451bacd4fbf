import type { Pod } from '../pod.ts';
import { client } from './client.ts';
import type { Driver, PodProblem, Runner } from './runner.ts';
import { sparkConnect } from './spark-connect.ts';
import { sparkSubmit } from './spark-submit.ts';

/** The ways of launching Spark that are supported; the first that recognises a pod is taken. */
export const RUNNERS: readonly Runner[] = [sparkSubmit, sparkConnect, client];

/** Who launched the pod, or undefined when that is not supported. */
export function runnerOf(pod: Pod): Runner | undefined {
  return RUNNERS.find((runner) => runner.driver(pod) !== undefined);
}

/** The driver in the pod, what keeps it from being found, or undefined when no runner recognises the pod. */
export function driverOf(pod: Pod): Driver | PodProblem | undefined {
  return runnerOf(pod)?.driver(pod);
}

/** All names that the pod's application goes by. */
export function applicationNames(pod: Pod): readonly string[] {
  return [...new Set(RUNNERS.flatMap((runner) => runner.applicationNames(pod)))];
}
