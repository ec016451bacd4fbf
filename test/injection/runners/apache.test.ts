import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Pod } from '../../../operator/injection/pod.ts';
import { apacheNames } from '../../../operator/injection/runners/apache.ts';

function golden(name: string): Pod {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8')) as Pod;
}

describe("runner of Apache's operator", () => {
  const names: Record<string, [string, readonly string[]]> = {
    'a SparkApplication by its name': ['apache-application-driver', ['orders-report']],
    'a SparkCluster by its name, of its master': ['apache-cluster-master', ['shared']],
    'a SparkCluster by its name, of its worker': ['apache-cluster-worker', ['shared']],
    'no executor of a SparkApplication': ['apache-application-executor', []],
    'no driver of spark-submit alone': ['spark-4.1-gated-restricted', []],
    'no driver of another operator': ['kubeflow-application-driver', []],
  };
  for (const [sentence, [file, expected]] of Object.entries(names)) {
    it(`knows ${sentence}`, () => {
      expect(apacheNames(golden(file))).to.deep.equal(expected);
    });
  }

  it('knows no name of a pod without labels', () => {
    expect(apacheNames({})).to.deep.equal([]);
  });
});
