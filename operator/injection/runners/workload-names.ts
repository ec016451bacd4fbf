import type { Pod } from '../pod.ts';

const NAMES = ['spark-app-name', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app'];

/**
 * The names that a pod's own labels give it, where people and charts write the labels and not Spark: `spark-app-name`, or
 * what Kubernetes recommends (`app.kubernetes.io/name`, `app.kubernetes.io/instance`, `app`). For everything else a binding
 * has matchLabels.
 */
export function workloadNames(pod: Pod): readonly string[] {
  const labels = pod.metadata?.labels ?? {};
  return [...new Set(NAMES.flatMap((name) => labels[name] ?? []))];
}
