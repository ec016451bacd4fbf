import { expect } from 'chai';
import type { Container, Pod } from '../../../operator/injection/pod.ts';
import { client } from '../../../operator/injection/runners/client.ts';
import { applicationNames, runnerOf } from '../../../operator/injection/runners/registry.ts';
import { golden, GOLDEN_CLUSTER, marked } from '../bindings.ts';

const INJECT = 'secrets.iomete.com/inject';
const CONTAINER = 'secrets.iomete.com/container';
const CONF = 'secrets.iomete.com/conf';
const USUAL = 'kubectl.kubernetes.io/default-container';

interface Parts {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly containers?: readonly Container[];
}

const TWO = [{ name: 'first' }, { name: 'second' }];

function pod({ labels = { [INJECT]: 'true' }, annotations = {}, containers = TWO }: Parts): Pod {
  return { metadata: { labels, annotations }, spec: { containers } };
}

function driverOf(parts: Parts): string | undefined {
  const driver = client.driver(pod(parts));
  if (driver === undefined) return undefined;
  return 'problem' in driver ? driver.problem : `${driver.container.name} ${driver.conf}`;
}

describe('runner of pods that opted in', () => {
  const containers: Record<string, [Parts, string | undefined]> = {
    'the one that our annotation names, before all others': [
      { annotations: { [CONTAINER]: 'second', [USUAL]: 'first' } },
      'second DefaultsFile',
    ],
    "kubectl's default container": [{ annotations: { [USUAL]: 'second' } }, 'second DefaultsFile'],
    'the one with the name that Spark gives': [
      { containers: [{ name: 'x' }, { name: 'spark-kubernetes-driver' }] },
      'spark-kubernetes-driver DefaultsFile',
    ],
    'the first': [{}, 'first DefaultsFile'],
    'the first when kubectl’s default container is none of the pod': [
      { annotations: { [USUAL]: 'x' } },
      'first DefaultsFile',
    ],
    'none where the label is missing': [{ labels: {} }, undefined],
    'none where the label has another value': [{ labels: { [INJECT]: 'yes' } }, undefined],
  };
  for (const [sentence, [parts, expected]] of Object.entries(containers)) {
    it(`takes ${sentence}`, () => {
      expect(driverOf(parts)).to.equal(expected);
    });
  }

  const confs: Record<string, [Parts, string]> = {
    'the Java argument file when asked': [{ annotations: { [CONF]: 'JvmArguments' } }, 'first JvmArguments'],
    'the defaults file when asked': [{ annotations: { [CONF]: 'DefaultsFile' } }, 'first DefaultsFile'],
    'the properties file that the command names, as Spark reads no defaults beside it': [
      { containers: [{ name: 'x', command: ['spark-submit', '--properties-file', '/p', 'app.py'] }] },
      'x PropertiesFile',
    ],
    'the defaults file when only the application has such an option': [
      { containers: [{ name: 'x', command: ['spark-submit', 'app.py', '--properties-file', '/p'] }] },
      'x DefaultsFile',
    ],
  };
  for (const [sentence, [parts, expected]] of Object.entries(confs)) {
    it(`gives properties by ${sentence}`, () => {
      expect(driverOf(parts)).to.equal(expected);
    });
  }

  const problems: Record<string, [Parts, string]> = {
    'an annotation that names no container': [
      { annotations: { [CONTAINER]: 'third' } },
      'third, which the pod does not have: set it to one of first, second.',
    ],
    'an annotation with another kind of conf': [
      { annotations: { [CONF]: 'Env' } },
      'is Env: set it to DefaultsFile or JvmArguments.',
    ],
    'a submitter, which would write what it gets into a ConfigMap': [
      { containers: [{ name: 'x', args: ['spark-submit', '--deploy-mode', 'cluster', 'app.py'] }] },
      'submits a job in cluster mode',
    ],
    'a pod without containers': [{ containers: [] }, 'no container'],
  };
  for (const [sentence, [parts, message]] of Object.entries(problems)) {
    it(`refuses ${sentence}`, () => {
      expect(driverOf(parts)).to.include(message);
    });
  }

  it('knows an application by what its labels call it', () => {
    const labels = {
      [INJECT]: 'true',
      app: 'a',
      'app.kubernetes.io/name': 'jupyter',
      'app.kubernetes.io/instance': 'mine',
      'spark-app-name': 'a',
      team: 'orders',
    };
    expect(applicationNames(pod({ labels }))).to.deep.equal(['a', 'jupyter', 'mine']);
    expect(applicationNames(pod({ labels: { ...labels, [INJECT]: 'false' } }))).to.deep.equal(['a']);
  });

  for (const name of GOLDEN_CLUSTER) {
    it(`recognises ${name} when it has opted in, by the name of the cluster`, () => {
      expect(runnerOf(golden(name))).to.be.undefined;
      const optedIn = marked(golden(name), { [INJECT]: 'true' });
      expect(runnerOf(optedIn)).to.equal(client);
      expect(applicationNames(optedIn)).to.deep.equal(['shared']);
    });
  }
});
