/** API group of Kubeflow's operator. */
export const KUBEFLOW = 'sparkoperator.k8s.io';

/** Kubeflow's kind SparkApplication without its schema: the operator itself is not there. */
export const KUBEFLOW_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `sparkapplications.${KUBEFLOW}`,
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubeflow/spark-operator/pull/1298' },
  },
  spec: {
    group: KUBEFLOW,
    scope: 'Namespaced',
    names: { plural: 'sparkapplications', singular: 'sparkapplication', kind: 'SparkApplication' },
    versions: [
      {
        name: 'v1beta2',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** An application as Kubeflow's operator has it while that driver runs. */
export function kubeflowApplication(namespace: string, name: string, driver: string, policy: string): object {
  return {
    apiVersion: `${KUBEFLOW}/v1beta2`,
    kind: 'SparkApplication',
    metadata: { name, namespace },
    spec: { restartPolicy: { type: policy } },
    status: { driverInfo: { podName: driver }, executionAttempts: 1 },
  };
}
