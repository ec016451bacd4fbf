import type { DriverPod } from '../../api/kinds.ts';
import {
  KUBEFLOW_GROUP,
  type ApacheAttempt,
  type ApacheRestartConfig,
  type KubeflowRestartPolicy,
  type SparkApplication,
} from '../../api/spark-applications.ts';
import type { Manager } from './manager.ts';

/** Apache's default of `maxRestartAttempts`. */
const APACHE_ATTEMPTS = 3;

/**
 * Why no driver would come after this one were it to go; undefined: one would. By what the operators do when a driver
 * pod is gone: Kubeflow's `ShouldRetry`, Apache's `ApplicationStatus.terminateOrRestart`, which take it for a failure.
 */
export function obstacleTo(
  manager: Manager,
  application: SparkApplication | undefined,
  driver: DriverPod,
  now: Date,
): string | undefined {
  if (application === undefined || isAnother(application, manager)) return 'its SparkApplication is gone';
  if (manager.kind.group === KUBEFLOW_GROUP) return kubeflowObstacle(application, driver);
  const age = now.getTime() - Date.parse(driver.metadata.creationTimestamp ?? '');
  const config = application.spec?.applicationTolerations?.restartConfig;
  return apacheObstacle(config, application.status?.currentAttemptSummary?.attemptInfo, age);
}

function isAnother({ metadata }: SparkApplication, { uid }: Manager): boolean {
  return uid !== undefined && metadata.uid !== uid;
}

function kubeflowObstacle({ spec = {}, status = {} }: SparkApplication, driver: DriverPod): string | undefined {
  if (status.driverInfo?.podName !== driver.metadata.name) return 'its SparkApplication has another driver';
  if (spec.suspend === true) return 'its SparkApplication is suspended';
  return policyObstacle(spec.restartPolicy, status.executionAttempts);
}

/** `attempts` counts the present one. */
function policyObstacle(policy: KubeflowRestartPolicy = {}, attempts = 0): string | undefined {
  const { type = 'Never', onFailureRetries = -1 } = policy;
  if (type === 'Always') return undefined;
  if (type !== 'OnFailure') return `its restartPolicy is ${type}`;
  return attempts <= onFailureRetries ? undefined : 'of its onFailureRetries none is left';
}

function apacheObstacle(
  config: ApacheRestartConfig = {},
  attempt: ApacheAttempt = {},
  age: number,
): string | undefined {
  const { restartPolicy = 'Never', maxRestartAttempts = APACHE_ATTEMPTS, maxRestartOnFailure = Infinity } = config;
  // OnInfrastructureFailure does not count a driver that is gone.
  if (!['Always', 'OnFailure'].includes(restartPolicy)) return `its restartPolicy is ${restartPolicy}`;
  const { restarts, failures } = nextAttempt(config, attempt, age);
  if (restarts > maxRestartAttempts) return `of its maxRestartAttempts (${maxRestartAttempts}) none is left`;
  if (failures > maxRestartOnFailure) return `of its maxRestartOnFailure (${maxRestartOnFailure}) none is left`;
  return undefined;
}

/** What the operator will count when the driver has gone after `age` milliseconds. */
function nextAttempt(
  { restartCounterResetMillis = -1 }: ApacheRestartConfig,
  { restartCounter = 0, failureRestartCounter = 0 }: ApacheAttempt,
  age: number,
): { readonly restarts: number; readonly failures: number } {
  if (restartCounterResetMillis >= 0 && age >= restartCounterResetMillis) return { restarts: 1, failures: 0 };
  return { restarts: restartCounter + 1, failures: failureRestartCounter + 1 };
}
