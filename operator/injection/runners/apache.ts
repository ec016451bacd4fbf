import type { Pod } from '../pod.ts';

const PREFIX = 'spark.operator/';
/**
 * What Apache's operator calls the object whose pod it is (`Constants.java` there), and the roles of the pods that it
 * makes: workers of a SparkCluster run what drivers elsewhere ask for, and have no driver of their own.
 */
const NAMES: readonly { readonly label: string; readonly roles: readonly string[] }[] = [
  { label: `${PREFIX}spark-app-name`, roles: ['driver'] },
  { label: `${PREFIX}spark-cluster-name`, roles: ['master', 'worker'] },
];

/**
 * The name that a user of Apache's Spark operator knows a pod's application by: `metadata.name` of its SparkApplication,
 * the same at each attempt, or of its SparkCluster. None of executors, and of pods that the operator has not made.
 */
export function apacheNames(pod: Pod): readonly string[] {
  const labels = pod.metadata?.labels ?? {};
  const role = labels['spark-role'] ?? '';
  return NAMES.flatMap(({ label, roles }) => (roles.includes(role) ? (labels[label] ?? []) : []));
}
