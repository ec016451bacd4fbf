import { expect } from 'chai';
import type { Container, Pod } from '../../../operator/injection/pod.ts';
import { sparkSubmit } from '../../../operator/injection/runners/spark-submit.ts';
import { propertiesFilesOf } from '../../../operator/injection/spark-command.ts';
import { golden, GOLDEN_PODS, marked, type GoldenPod } from '../bindings.ts';

const ARGS = ['driver', '--properties-file', '/p', '--class', 'x'];

function driverName(containers: readonly Container[]): string | undefined {
  return driverOf({ spec: { containers } });
}

function driverOf(pod: Pod): string | undefined {
  const driver = sparkSubmit.driver(pod);
  if (driver === undefined) return undefined;
  if ('problem' in driver) throw new Error(driver.problem);
  expect(driver.conf).to.equal('PropertiesFile');
  return driver.container.name;
}

describe('runner spark-submit', () => {
  for (const name of GOLDEN_PODS) {
    it(`recognises the driver of ${name}`, () => {
      expect(driverOf(golden(name))).to.equal('spark-kubernetes-driver');
    });
  }

  const names: Record<string, [GoldenPod, readonly string[]]> = {
    'what spark-submit was told': ['spark-3.4-java', ['orders-etl']],
    'what Kubeflow calls it, once when both are the same': ['kubeflow-application-driver', ['orders-etl']],
    'what Kubeflow calls its schedule too': [
      'kubeflow-scheduled-driver',
      ['nightly-orders-1795555001000950293', 'nightly-orders'],
    ],
    "what Apache's operator calls it, and not `spark`, which is no name": [
      'apache-application-driver',
      ['orders-report'],
    ],
  };
  for (const [sentence, [name, expected]] of Object.entries(names)) {
    it(`knows the application by ${sentence}`, () => {
      expect(sparkSubmit.applicationNames(golden(name))).to.deep.equal(expected);
    });
  }

  it("knows a driver of Apache's operator by both names when its user set spark.app.name", () => {
    const pod = marked(golden('apache-application-driver'), { 'spark-app-name': 'mine' });
    expect(sparkSubmit.applicationNames(pod)).to.deep.equal(['mine', 'orders-report']);
  });

  it('knows an application that spark-submit was told to call spark', () => {
    expect(sparkSubmit.applicationNames({ metadata: { labels: { 'spark-app-name': 'spark' } } })).to.deep.equal([
      'spark',
    ]);
  });

  const containers: Record<string, [readonly Container[], string | undefined]> = {
    'none that is called as Spark calls it and is no driver': [
      [{ name: 'spark-kubernetes-driver', command: ['spark-submit', '--properties-file', '/p', 'app.py'] }],
      undefined,
    ],
    'the one with the args of a driver, whatever its name': [[{ name: 'a' }, { name: 'main', args: ARGS }], 'main'],
    'the one with the args of a driver before one with the name': [
      [
        { name: 'spark-kubernetes-driver', args: ['x', ...ARGS] },
        { name: 'main', args: ARGS },
      ],
      'main',
    ],
    'the one with the name, when its args are wrapped': [
      [
        { name: 'a', args: ['run'] },
        { name: 'spark-kubernetes-driver', args: ['/wrap', ...ARGS] },
      ],
      'spark-kubernetes-driver',
    ],
    'none without a properties file': [
      [{ name: 'spark-kubernetes-driver', args: ['driver', '--class', 'x'] }],
      undefined,
    ],
    'none where the path is missing': [
      [{ name: 'spark-kubernetes-driver', args: ['driver', '--properties-file'] }],
      undefined,
    ],
    'none without args': [[{ name: 'spark-kubernetes-driver' }], undefined],
    'none of an executor': [[{ name: 'spark-kubernetes-executor', args: ['executor'] }], undefined],
  };
  for (const [sentence, [list, expected]] of Object.entries(containers)) {
    it(`takes ${sentence}`, () => {
      expect(driverName(list)).to.equal(expected);
    });
  }

  it("takes the first --properties-file, not the application's", () => {
    const { spec } = golden('spark-3.5-python-proxy-user');
    const [driver] = spec.containers;
    expect(driver!.args!.filter((arg) => arg === '--properties-file')).to.have.lengthOf(2);
    expect(propertiesFilesOf(driver!).map(({ value }) => value)).to.deep.equal(['/opt/spark/conf/spark.properties']);
  });

  it('knows no name of a pod without labels', () => {
    expect(sparkSubmit.applicationNames({})).to.deep.equal([]);
  });
});
