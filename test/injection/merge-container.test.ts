import { expect } from 'chai';
import { decide } from '../../operator/injection/decide.ts';
import type { Container, Volume, VolumeMount } from '../../operator/injection/pod.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { golden, marked, view, type FullPod } from './bindings.ts';

const RUN = 'r000000000';
const OPTIONS = { operatorImage: 'registry.local/operator:1' };
const VIEWS = [view('orders', { spec: { files: [{ path: 'ca.pem', key: 'CA' }] } })];
const NOTHING = { kind: 'patch', patch: [], warnings: [] };
const FIXED = { cpu: '100m', memory: '64Mi' };

function notebook(driver: Partial<Container>, volumes: readonly Volume[] = []): FullPod {
  const containers = [{ name: 'notebook', image: 'jupyter/pyspark-notebook', ...driver }];
  return {
    metadata: { labels: { 'secrets.iomete.com/inject': 'true', app: 'notebook' } },
    spec: { containers, volumes },
  };
}

function admitted(pod: FullPod): FullPod {
  const decision = decide(pod, VIEWS, RUN, OPTIONS);
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  const after = applyJsonPatch(pod, decision.patch);
  expect(decide(after, VIEWS, RUN, OPTIONS)).to.deep.equal(NOTHING);
  return after;
}

function mergeOf(pod: FullPod): Container {
  return pod.spec.initContainers!.find(({ name }) => name === 'spark-secrets-merge')!;
}

/** The mounts of the init container that are not ours. */
function mountsOf(pod: FullPod): readonly VolumeMount[] {
  return mergeOf(pod).volumeMounts!.filter(({ name }) => !name.startsWith('spark-secrets-'));
}

/** The pod with its driver's container changed, as another webhook would. */
function withDriver(pod: FullPod, change: (driver: Container) => Partial<Container>): FullPod {
  const [driver, ...others] = pod.spec.containers;
  return { ...pod, spec: { ...pod.spec, containers: [{ ...driver!, ...change(driver!) }, ...others] } };
}

describe('an init container that copies a conf folder', () => {
  const volumes: readonly Volume[] = [
    { name: 'map', configMap: { name: 'conf' } },
    { name: 'hive', secret: { secretName: 'hive' } },
    { name: 'all', projected: { sources: [] } },
    { name: 'pod', downwardAPI: { items: [] } },
    { name: 'empty', emptyDir: {} },
    { name: 'claim', persistentVolumeClaim: { claimName: 'data' } },
  ];
  const conf = { name: 'map', mountPath: '/usr/local/spark/conf' };

  it('sees what may be one as the driver does: the image, which is not looked into, may say where it is', () => {
    const given = [
      conf,
      { name: 'hive', mountPath: '/etc/hive/hive-site.xml', subPath: 'hive-site.xml' },
      { name: 'all', mountPath: '/etc/all' },
      { name: 'pod', mountPath: '/etc/pod' },
      { name: 'empty', mountPath: '/srv/conf/more' },
      { name: 'claim', mountPath: '/data/conf' },
    ];
    const others = ['/data', '/data/confidential', '/var/sparkconf'].map((mountPath) => ({ name: 'claim', mountPath }));
    const after = admitted(notebook({ volumeMounts: [...given, ...others] }, volumes));
    expect(mountsOf(after)).to.deep.equal(given.map((mount) => ({ ...mount, readOnly: true })));
  });

  it('sees each of them once, and knows the variables in their paths', () => {
    const env = [
      { name: 'SPARK_CONF_DIR', value: conf.mountPath },
      { name: 'TEAM', value: 'a' },
    ];
    const token = { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    const own = { name: 'all', mountPath: '/etc/conf/all', subPathExpr: 'of/$(TEAM)', readOnly: true };
    const late = { name: 'all', mountPath: '/etc/late', subPathExpr: 'of/$(GIVEN_BY_A_BINDING)', readOnly: true };
    const volumeMounts = [own, late, conf, { ...token, readOnly: true }];
    const all = [...volumes, { name: token.name, projected: { sources: [] } }];
    const after = admitted(notebook({ env, volumeMounts }, all));
    const sorted = [...mountsOf(after)].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
    expect(sorted).to.deep.equal([own, { ...conf, readOnly: true }, { ...token, readOnly: true }]);
    expect(mergeOf(after).env).to.deep.include({ name: 'TEAM', value: 'a' });
  });

  it('has no variable twice that is in a path and is read by the script', () => {
    const env = [{ name: 'SPARK_HOME', value: '/usr/spark' }];
    const own = { name: 'all', mountPath: '/etc/conf/all', subPathExpr: 'of/$(SPARK_HOME)', readOnly: true };
    const after = admitted(notebook({ env, volumeMounts: [own] }, volumes));
    expect(mountsOf(after)).to.deep.equal([own]);
    expect(mergeOf(after).env!.filter(({ name }) => name === 'SPARK_HOME')).to.deep.equal(env);
  });

  for (const name of ['EXTRA', 'SRC', 'BEFORE', 'AFTER', 'MODE', 'OUT'])
    it(`takes no variable ${name} of the job for one of the script’s, though a path names it`, () => {
      const own = { name: 'all', mountPath: '/etc/conf/all', subPathExpr: `of/$(${name})` };
      const pod = notebook({ env: [{ name, value: 'of-the-job' }], volumeMounts: [own] }, volumes);
      expect(mergeOf(admitted(pod)).env).not.to.deep.include({ name, value: 'of-the-job' });
    });

  it('keeps to what its mode reads where no folder is copied', () => {
    const annotated = { 'secrets.iomete.com/conf': 'JvmArguments' };
    const envFrom = [{ configMapRef: { name: 'own' } }];
    const after = admitted(marked(notebook({ volumeMounts: [conf], envFrom }, volumes), {}, annotated));
    expect(mountsOf(after)).to.deep.equal([]);
    expect(mergeOf(after)).not.to.have.property('envFrom');
  });

  it('has the variables that the driver takes from elsewhere, of which none is taken for ours', () => {
    const envFrom = [{ configMapRef: { name: 'own' } }, { prefix: 'X_', secretRef: { name: 'own' } }];
    const merge = mergeOf(admitted(notebook({ envFrom })));
    expect(merge.envFrom).to.deep.equal(envFrom);
    const names = merge.env!.map(({ name }) => name);
    expect(names).to.include.members(['MODE', 'OUT', 'BEFORE', 'AFTER', 'EXTRA']);
    expect(merge.env).to.deep.include({ name: 'EXTRA', value: '\n' });
    const command = ['spark-submit', '--conf', 'spark.a=${secrets.K}', 'app.py'];
    expect(mergeOf(admitted(notebook({ envFrom, command }))).env!.filter(({ name }) => name === 'EXTRA')).to.deep.equal(
      [{ name: 'EXTRA', value: 'spark.a=${secrets.K}\n' }],
    );
  });

  it('writes below a mount that was for reading alone when another webhook mounts something there', () => {
    const folder = { name: 'empty', mountPath: '/usr/local/spark/conf' };
    const first = admitted(notebook({ volumeMounts: [folder] }, volumes));
    expect(mountsOf(first)).to.deep.equal([{ ...folder, readOnly: true }]);
    const below = { name: 'map', mountPath: '/usr/local/spark/conf/ca' };
    const after = admitted(withDriver(first, (driver) => ({ volumeMounts: [...driver.volumeMounts!, below] })));
    expect(mountsOf(after).find(({ name }) => name === 'empty')).to.deep.equal(folder);
  });

  it('follows another webhook that gives the driver more', () => {
    const first = admitted(notebook({ envFrom: [{ secretRef: { name: 'a' } }] }, volumes));
    const envFrom = [{ configMapRef: { name: 'b' } }];
    const changed = withDriver(first, ({ volumeMounts }) => ({ envFrom, volumeMounts: [...volumeMounts!, conf] }));
    const after = admitted(changed);
    expect(mergeOf(after).envFrom).to.deep.equal(envFrom);
    expect(mountsOf(after)).to.deep.equal([{ ...conf, readOnly: true }]);
  });

  it('can have its own mounts below one of the driver’s', () => {
    const env = [{ name: 'SPARK_CONF_DIR', value: '/mnt/etc/spark' }];
    const volumeMounts = [{ name: 'claim', mountPath: '/mnt' }];
    expect(mountsOf(admitted(notebook({ env, volumeMounts }, volumes)))).to.deep.equal(volumeMounts);
  });

  it('can have the driver’s mounts that are in one another, which nobody could mount in what can not be written', () => {
    const folder = { name: 'empty', mountPath: '/srv/conf' };
    const file = { name: 'map', mountPath: '/srv/conf/spark-defaults.conf', subPath: 'spark-defaults.conf' };
    for (const env of [[], [{ name: 'SPARK_CONF_DIR', value: '/srv/conf' }]])
      expect(mountsOf(admitted(notebook({ env, volumeMounts: [file, folder] }, volumes)))).to.have.deep.members([
        folder,
        { ...file, readOnly: true },
      ]);
  });

  it('keeps the programs of the operator’s image, and its own folders', () => {
    const paths = ['/opt', '/opt/merge', '/opt/merge/bin/sh', '/mnt/spark-secrets/source', '/opt/spark/conf'];
    const volumeMounts = paths.map((mountPath) => ({ name: 'map', mountPath }));
    const pod = notebook({ volumeMounts }, volumes);
    const pathsOf = (one: FullPod): string[] => mountsOf(admitted(one)).map(({ mountPath }) => mountPath);
    expect(pathsOf(marked(pod, {}, { 'secrets.iomete.com/merge-image': 'operator' }))).to.deep.equal([
      '/opt/spark/conf',
    ]);
    expect(pathsOf(pod)).to.have.members(paths.filter((path) => !path.startsWith('/mnt')));
  });
});

describe('what the init container may use', () => {
  const amounts: Record<string, [Container['resources'], Container['resources']]> = {
    'is cpu, memory and disk of the driver, whatever else that has': [
      {
        requests: { cpu: '1', memory: '1408Mi', 'ephemeral-storage': '1Gi' },
        limits: { memory: '1408Mi', 'nvidia.com/gpu': '1' },
      },
      { requests: { cpu: '1', memory: '1408Mi', 'ephemeral-storage': '1Gi' }, limits: { memory: '1408Mi' } },
    ],
    'is not more than the driver says': [{ limits: { memory: '2Gi' } }, { limits: { memory: '2Gi' } }],
    'is little where the driver has neither': [
      { limits: { 'nvidia.com/gpu': '1' } },
      { requests: FIXED, limits: FIXED },
    ],
    'is little where the driver has nothing': [undefined, { requests: FIXED, limits: FIXED }],
  };
  for (const [sentence, [own, expected]] of Object.entries(amounts)) {
    it(`${sentence}, so that a LimitRange that lets the driver through lets it through`, () => {
      const resources = own === undefined ? {} : { resources: own };
      expect(mergeOf(admitted(notebook(resources))).resources).to.deep.equal(expected);
    });
  }

  it('is kept in step with the driver', () => {
    const first = admitted(golden('kubeflow-application-driver'));
    for (const resources of [{ requests: { cpu: '2' } }, {}]) {
      const containers = first.spec.containers.map((container) => ({ ...container, resources }));
      const after = admitted({ ...first, spec: { ...first.spec, containers } });
      expect(mergeOf(after).resources).to.deep.equal(
        'requests' in resources ? resources : { requests: FIXED, limits: FIXED },
      );
    }
  });

  it('keeps what others gave it when the driver changes', () => {
    const first = admitted(notebook({ resources: { requests: { cpu: '1' } } }));
    const given = { requests: { cpu: '1', 'ephemeral-storage': '1Gi' }, claims: [{ name: 'own' }] };
    const initContainers = first.spec.initContainers!.map((one) => ({ ...one, resources: given }));
    const containers = first.spec.containers.map((one) => ({ ...one, resources: { requests: { cpu: '2' } } }));
    const after = admitted({ ...first, spec: { ...first.spec, initContainers, containers } });
    expect(mergeOf(after).resources).to.deep.equal({ ...given, requests: { ...given.requests, cpu: '2' } });
  });

  it('runs the script again that another webhook changed, and with the driver’s image and policy', () => {
    const first = admitted(notebook({ imagePullPolicy: 'Always' }));
    const changed = { image: 'other', imagePullPolicy: 'Never', command: ['/bin/sh', '-c', 'cat /mnt/*'] };
    const initContainers = first.spec.initContainers!.map((one) => ({ ...one, ...changed }));
    expect(mergeOf(admitted({ ...first, spec: { ...first.spec, initContainers } }))).to.deep.equal(mergeOf(first));
  });

  it('stays as it is where only defaults were added', () => {
    const after = admitted(notebook({ resources: { limits: { memory: '2Gi' } } }));
    const initContainers = after.spec.initContainers!.map((one) => ({
      ...one,
      resources: { limits: { ...one.resources?.limits, 'ephemeral-storage': '1Gi' } },
    }));
    expect(decide({ ...after, spec: { ...after.spec, initContainers } }, VIEWS, RUN, OPTIONS)).to.deep.equal(NOTHING);
  });
});
