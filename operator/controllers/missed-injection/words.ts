import type { KubeObject } from '../../runtime/kube-object.ts';

/** So many names stand in a message: the API server cuts long ones. */
const MOST_NAMES = 5;
const WHY =
  "the operator's webhook was not called when the pod was created, as it was down or switched off, or did not know the binding yet";

/** For the pod: which bindings it lacks, and what to do. */
export function wordsForPod(bindings: readonly KubeObject[]): string {
  const names = bindings.map(({ metadata }) => metadata.name).sort();
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `This pod was created without the secrets of SparkJobSecretBinding ${names.slice(0, MOST_NAMES).join(', ')}${more}: ${WHY}. A pod cannot be given them later: create it again.`;
}

/** For each of the bindings. */
export function wordsForBinding(pod: KubeObject): string {
  return `Pod ${pod.metadata.name} was created without the secrets of this binding: ${WHY}. Create the pod again.`;
}
