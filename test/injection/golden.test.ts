import { expect } from 'chai';
import { goldenOf, goldenText } from './golden/record.ts';

const token = { name: 'kube-api-access-x7k2p', readOnly: true };

/** A pod as a cluster gives it, with what is the server's in every place. */
function recorded() {
  return {
    metadata: {
      name: 'etl-driver',
      namespace: 'analytics',
      uid: 'd9b2f7a0-1111-4222-8333-123456789abc',
      resourceVersion: '812',
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [{ manager: 'kubectl' }],
      labels: { 'spark-role': 'driver' },
      ownerReferences: [{ kind: 'SparkApplication', name: 'etl', uid: 'e9b2f7a0-1111-4222-8333-123456789abc' }],
    },
    spec: {
      nodeName: 'node',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'spot', operator: 'Exists' },
      ],
      volumes: [
        { name: 'spark-local-dir-1', emptyDir: {} },
        { name: token.name, projected: { sources: [] } },
      ],
      containers: [
        {
          name: 'spark-kubernetes-driver',
          args: ['driver', '--master k8s://https://10.96.0.1:443 --conf spark.driver.bindAddress=0.0.0.0'],
          env: [{ name: 'VERSION', value: '4.0.5' }],
          volumeMounts: [{ name: 'spark-local-dir-1', mountPath: '/var/data' }, token],
          terminationMessagePolicy: 'File',
        },
      ],
    },
    status: { phase: 'Running', podIP: '10.244.0.11' },
  };
}

describe('golden pods', () => {
  it('are what was posted: nothing that the server, its admission plugins or the kubelet added', () => {
    expect(goldenOf(recorded())).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'etl-driver',
        namespace: 'analytics',
        labels: { 'spark-role': 'driver' },
        ownerReferences: [{ kind: 'SparkApplication', name: 'etl', uid: '00000000-0000-0000-0000-000000000000' }],
      },
      spec: {
        tolerations: [{ key: 'spot', operator: 'Exists' }],
        volumes: [{ name: 'spark-local-dir-1', emptyDir: {} }],
        containers: [
          {
            name: 'spark-kubernetes-driver',
            args: ['driver', '--master k8s://https://192.0.2.1:443 --conf spark.driver.bindAddress=0.0.0.0'],
            env: [{ name: 'VERSION', value: '4.0.5' }],
            volumeMounts: [{ name: 'spark-local-dir-1', mountPath: '/var/data' }],
            terminationMessagePolicy: 'File',
          },
        ],
      },
    });
  });

  it('are the same when they are recorded again', () => {
    const text = goldenText(recorded());
    expect(goldenText(JSON.parse(text) as ReturnType<typeof recorded>)).to.equal(text);
  });
});
