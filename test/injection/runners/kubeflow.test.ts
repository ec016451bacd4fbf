import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Pod } from '../../../operator/injection/pod.ts';
import { kubeflowNames } from '../../../operator/injection/runners/kubeflow.ts';

function golden(name: string): Pod {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8')) as Pod;
}

describe("runner of Kubeflow's operator", () => {
  const names: Record<string, [string, readonly string[]]> = {
    'a SparkApplication by its name': ['kubeflow-application-driver', ['orders-etl']],
    'a run of a ScheduledSparkApplication by its own name and by that of the schedule': [
      'kubeflow-scheduled-driver',
      ['nightly-orders-1795555001000950293', 'nightly-orders'],
    ],
    'a Spark Connect server by the name of its SparkConnect': ['kubeflow-connect-server', ['adhoc']],
    'no executor of a SparkApplication': ['kubeflow-application-executor', []],
    'no executor of a ScheduledSparkApplication': ['kubeflow-scheduled-executor', []],
    'no executor of a SparkConnect': ['kubeflow-connect-executor', []],
    'no driver of spark-submit alone': ['spark-3.4-java', []],
  };
  for (const [sentence, [file, expected]] of Object.entries(names)) {
    it(`knows ${sentence}`, () => {
      expect(kubeflowNames(golden(file))).to.deep.equal(expected);
    });
  }

  it('knows no name of a driver with labels like those of the operator that it did not launch', () => {
    const labels = { 'spark-role': 'driver', 'sparkoperator.k8s.io/app-name': 'orders-etl' };
    expect(kubeflowNames({ metadata: { labels } })).to.deep.equal([]);
  });

  it('knows no name of a pod without labels', () => {
    expect(kubeflowNames({})).to.deep.equal([]);
  });
});
