import { expect } from 'chai';
import type { DriverPod } from '../../../operator/api/kinds.ts';
import type { SparkApplication } from '../../../operator/api/spark-applications.ts';
import { managerOf } from '../../../operator/controllers/rotation-restart/manager.ts';
import { obstacleTo } from '../../../operator/controllers/rotation-restart/obstacle.ts';
import { APACHE, KUBEFLOW } from './restart-world.ts';

const NOW = new Date('2026-01-01T01:00:00Z');

function driver(metadata: object = {}): DriverPod {
  return { metadata: { name: 'app-driver', namespace: 'n', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata } };
}

function ownedBy(apiVersion: string, kind = 'SparkApplication'): DriverPod {
  return driver({ ownerReferences: [{ apiVersion, kind, name: 'app', uid: 'app-uid' }] });
}

function kubeflow(restartPolicy: object, status: object = {}, spec: object = {}): SparkApplication {
  return {
    metadata: { name: 'app', uid: 'app-uid' },
    spec: { restartPolicy, ...spec },
    status: { driverInfo: { podName: 'app-driver' }, ...status },
  };
}

function apache(restartConfig?: object, attemptInfo?: object): SparkApplication {
  return {
    metadata: { name: 'app', uid: 'app-uid' },
    spec: restartConfig === undefined ? {} : { applicationTolerations: { restartConfig } },
    status: attemptInfo === undefined ? {} : { currentAttemptSummary: { attemptInfo } },
  };
}

describe('who manages a driver', () => {
  it('is the SparkApplication that owns it, in the version that it was made with', () => {
    expect(managerOf(ownedBy('sparkoperator.k8s.io/v1beta2'))).to.deep.equal({
      kind: KUBEFLOW,
      name: 'app',
      uid: 'app-uid',
    });
    expect(managerOf(ownedBy('spark.apache.org/v1'))).to.deep.equal({ kind: APACHE, name: 'app', uid: 'app-uid' });
    expect(managerOf(ownedBy('spark.apache.org/v1beta1'))?.kind).to.include({ version: 'v1beta1' });
  });

  it('is the application that the labels of Kubeflow’s operator name', () => {
    const labels = {
      'sparkoperator.k8s.io/app-name': 'app',
      'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
    };
    expect(managerOf(driver({ labels }))).to.deep.equal({ kind: KUBEFLOW, name: 'app', uid: undefined });
  });

  const nobody: Record<string, DriverPod> = {
    'plain spark-submit': driver(),
    'a Job': ownedBy('batch/v1', 'Job'),
    'a SparkApplication of a group that is not known': ownedBy('example.com/v1'),
    'labels without a name': driver({ labels: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' } }),
    'a label that anybody may set': driver({ labels: { 'sparkoperator.k8s.io/app-name': 'app' } }),
  };
  for (const [sentence, pod] of Object.entries(nobody)) {
    it(`is nobody for ${sentence}`, () => {
      expect(managerOf(pod)).to.be.undefined;
    });
  }
});

describe('what keeps an application from coming back', () => {
  const hour = 3_600_000;
  const cases: Record<string, [DriverPod, SparkApplication | undefined, string | undefined]> = {
    'nothing with Always': [ownedBy('sparkoperator.k8s.io/v1beta2'), kubeflow({ type: 'Always' }), undefined],
    'nothing with Always, also where only labels name it': [
      driver({
        labels: {
          'sparkoperator.k8s.io/app-name': 'app',
          'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
        },
      }),
      kubeflow({ type: 'Always' }),
      undefined,
    ],
    'nothing with OnFailure and retries left': [
      ownedBy('sparkoperator.k8s.io/v1beta2'),
      kubeflow({ type: 'OnFailure', onFailureRetries: 3 }, { executionAttempts: 3 }),
      undefined,
    ],
    'the retries that are used up': [
      ownedBy('sparkoperator.k8s.io/v1beta2'),
      kubeflow({ type: 'OnFailure', onFailureRetries: 3 }, { executionAttempts: 4 }),
      'onFailureRetries',
    ],
    'a policy that does not exist': [
      ownedBy('sparkoperator.k8s.io/v1beta2'),
      kubeflow({ type: 'Sometimes' }),
      'Sometimes',
    ],
    'another driver that the application has': [
      ownedBy('sparkoperator.k8s.io/v1beta2'),
      kubeflow({ type: 'Always' }, { driverInfo: { podName: 'another' } }),
      'another driver',
    ],
    'a suspension': [
      ownedBy('sparkoperator.k8s.io/v1beta2'),
      kubeflow({ type: 'Always' }, {}, { suspend: true }),
      'suspended',
    ],
    'an application that is gone': [ownedBy('sparkoperator.k8s.io/v1beta2'), undefined, 'gone'],
    'an application that was made anew under the name': [
      ownedBy('spark.apache.org/v1'),
      { ...apache({ restartPolicy: 'Always' }), metadata: { name: 'app', uid: 'another' } },
      'gone',
    ],
    'nothing with Apache’s Always': [ownedBy('spark.apache.org/v1'), apache({ restartPolicy: 'Always' }), undefined],
    'Apache’s default': [ownedBy('spark.apache.org/v1'), apache(), 'Never'],
    'a policy for failures of the infrastructure': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'OnInfrastructureFailure' }),
      'OnInfrastructureFailure',
    ],
    'nothing in the third of three attempts': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'OnFailure' }, { restartCounter: 2, failureRestartCounter: 2 }),
      undefined,
    ],
    'the three attempts that are used up': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'OnFailure' }, { restartCounter: 3 }),
      'maxRestartAttempts (3)',
    ],
    'nothing when the count begins anew': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'OnFailure', restartCounterResetMillis: hour }, { restartCounter: 3 }),
      undefined,
    ],
    'a count that would begin anew later': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'OnFailure', restartCounterResetMillis: hour + 1 }, { restartCounter: 3 }),
      'maxRestartAttempts',
    ],
    'no attempts at all': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'Always', maxRestartAttempts: 0, restartCounterResetMillis: 0 }),
      'maxRestartAttempts (0)',
    ],
    'the failures that are used up': [
      ownedBy('spark.apache.org/v1'),
      apache({ restartPolicy: 'Always', maxRestartOnFailure: 1 }, { restartCounter: 1, failureRestartCounter: 1 }),
      'maxRestartOnFailure (1)',
    ],
  };
  for (const [sentence, [pod, application, expected]] of Object.entries(cases)) {
    it(`is ${sentence}`, () => {
      const obstacle = obstacleTo(managerOf(pod)!, application, pod, NOW);
      if (expected === undefined) expect(obstacle).to.be.undefined;
      else expect(obstacle).to.include(expected);
    });
  }
});
