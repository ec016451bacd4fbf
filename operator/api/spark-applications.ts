import type { KubeKind, KubeObject } from '../runtime/kube-object.ts';

/** A SparkApplication of an operator, as far as a restart is concerned. Written after both operators' CRDs. */
export interface SparkApplication extends KubeObject {
  readonly spec?: {
    /** Kubeflow's. */
    readonly restartPolicy?: KubeflowRestartPolicy;
    readonly suspend?: boolean;
    /** Apache's. */
    readonly applicationTolerations?: { readonly restartConfig?: ApacheRestartConfig };
  };
  readonly status?: {
    /** Kubeflow's. */
    readonly executionAttempts?: number;
    readonly driverInfo?: { readonly podName?: string };
    /** Apache's. */
    readonly currentAttemptSummary?: { readonly attemptInfo?: ApacheAttempt };
  };
}

/** `spec.restartPolicy` of Kubeflow's operator. */
export interface KubeflowRestartPolicy {
  readonly type?: string;
  readonly onFailureRetries?: number;
}

/** `spec.applicationTolerations.restartConfig` of Apache's operator. */
export interface ApacheRestartConfig {
  readonly restartPolicy?: string;
  readonly maxRestartAttempts?: number;
  readonly restartCounterResetMillis?: number;
  readonly maxRestartOnFailure?: number;
}

/** `status.currentAttemptSummary.attemptInfo` of Apache's operator. */
export interface ApacheAttempt {
  readonly restartCounter?: number;
  readonly failureRestartCounter?: number;
}

export const KUBEFLOW_GROUP = 'sparkoperator.k8s.io';
export const APACHE_GROUP = 'spark.apache.org';

/** Labels of a driver that Kubeflow's operator launched; its older versions make the application no owner of it. */
export const KUBEFLOW_NAME = `${KUBEFLOW_GROUP}/app-name`;
export const KUBEFLOW_LAUNCHED = `${KUBEFLOW_GROUP}/launched-by-spark-operator`;
export const MANAGER_LABELS: readonly string[] = [KUBEFLOW_NAME, KUBEFLOW_LAUNCHED];

/** The kind SparkApplication of one of the two groups. */
export function sparkApplicationKind(group: string, version: string): KubeKind<SparkApplication> {
  return { group, version, plural: 'sparkapplications', kind: 'SparkApplication', namespaced: true };
}
