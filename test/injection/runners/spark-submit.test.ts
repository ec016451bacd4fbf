import { expect } from 'chai';
import type { Container } from '../../../operator/injection/pod.ts';
import { propertiesFileIndex, sparkSubmit } from '../../../operator/injection/runners/spark-submit.ts';
import { golden, GOLDEN_PODS } from '../bindings.ts';

const ARGS = ['driver', '--properties-file', '/p', '--class', 'x'];

function driverName(containers: readonly Container[]): string | undefined {
  return sparkSubmit.driverContainer({ spec: { containers } })?.name;
}

describe('runner spark-submit', () => {
  for (const name of GOLDEN_PODS) {
    it(`recognises the driver of ${name}`, () => {
      const pod = golden(name);
      expect(sparkSubmit.recognises(pod)).to.be.true;
      expect(sparkSubmit.driverContainer(pod)?.name).to.equal('spark-kubernetes-driver');
      expect(sparkSubmit.applicationNames(pod)).to.deep.equal([pod.metadata?.labels?.['spark-app-name']]);
    });
  }

  const containers: Record<string, [readonly Container[], string | undefined]> = {
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
    expect(driver!.args![propertiesFileIndex(driver!)!]).to.equal('/opt/spark/conf/spark.properties');
  });

  it('knows no name of a pod without labels', () => {
    expect(sparkSubmit.applicationNames({})).to.deep.equal([]);
  });
});
