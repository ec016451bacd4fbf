import { DRIVER_ROLES } from '../../api/group.ts';
import type { Pod } from '../pod.ts';

const GROUP = 'sparkoperator.k8s.io';
/**
 * What Kubeflow's operator calls the object whose pod it is (`pkg/common/spark.go` there). A run of a
 * ScheduledSparkApplication has two names: that of the schedule, and of its own SparkApplication, the schedule's with a time.
 */
const NAMES = ['app-name', 'scheduled-app-name', 'connect-name'].map((label) => `${GROUP}/${label}`);

/**
 * The names that a user of Kubeflow's Spark operator knows a driver by: `metadata.name` of its SparkApplication,
 * ScheduledSparkApplication or SparkConnect. None of executors, and of pods that the operator has not launched.
 */
export function kubeflowNames(pod: Pod): readonly string[] {
  const labels = pod.metadata?.labels ?? {};
  if (labels[`${GROUP}/launched-by-spark-operator`] !== 'true') return [];
  if (!DRIVER_ROLES.includes(labels['spark-role'] ?? '')) return [];
  return NAMES.flatMap((name) => labels[name] ?? []);
}
