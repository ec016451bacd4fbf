import { expect } from 'chai';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import { decide } from '../../operator/injection/decide.ts';
import type { Container, Pod, Volume, VolumeMount } from '../../operator/injection/pod.ts';
import { runReferences } from '../../operator/injection/run.ts';
import { filesSecretName } from '../../operator/injection/secret-name.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { golden, GOLDEN_PODS, marked, view, type FullPod } from './bindings.ts';

const RUN = 'r000000000';
const FILES = [
  { path: 'keystore.jks', key: 'orders/KEYSTORE', encoding: 'base64' as const },
  { path: 'ca.pem', key: 'orders/CA' },
];
const SHARED = view('orders', { spec: { files: FILES } });
const OWN = view('license.v1', { spec: { scope: 'Application', files: [{ path: 'ca.pem', key: 'CA' }] } });
const NONE = view('plain');

const pods: Record<string, FullPod> = {
  ...Object.fromEntries(GOLDEN_PODS.map((name) => [name, golden(name)])),
  'a Connect server of Kubeflow': golden('kubeflow-connect-server'),
  'a notebook': marked(
    { metadata: {}, spec: { containers: [{ name: 'notebook', image: 'notebook:1' }] } },
    { 'secrets.iomete.com/inject': 'true', app: 'notebook' },
  ),
};

function admitted(pod: Pod, views: readonly BindingView[]): FullPod {
  const decision = decide(pod, views, RUN);
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return applyJsonPatch(pod, decision.patch) as FullPod;
}

function denial(pod: Pod, views: readonly BindingView[]): string {
  const decision = decide(pod, views, RUN);
  if (decision.kind !== 'deny') throw new Error(decision.kind);
  return decision.message;
}

function filesOf(containers: readonly Container[]): VolumeMount[] {
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  return mounts.filter(({ mountPath }) => mountPath.startsWith('/mnt/spark-secrets/files'));
}

function mounting(mountPath: string, name = 'own'): FullPod {
  const pod = golden('spark-4.0-pod-template');
  const containers = pod.spec.containers.map((one) =>
    one.args?.[0] === 'driver' ? { ...one, volumeMounts: [...(one.volumeMounts ?? []), { name, mountPath }] } : one,
  );
  return { ...pod, spec: { ...pod.spec, containers } };
}

function withVolumes(pod: FullPod, volumes: readonly Volume[]): FullPod {
  return { ...pod, spec: { ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...volumes] } };
}

/** The pod with its driver's mounts of the volume `own` changed, and others added. */
function changedMounts(pod: FullPod, change: (mount: VolumeMount) => VolumeMount, ...added: VolumeMount[]): FullPod {
  const containers = pod.spec.containers.map((one) => {
    const mounts = one.volumeMounts?.map((mount) => (mount.name === 'own' ? change(mount) : mount)) ?? [];
    return one.args?.[0] === 'driver' ? { ...one, volumeMounts: [...mounts, ...added] } : one;
  });
  return { ...pod, spec: { ...pod.spec, containers } };
}

describe('files of bindings', () => {
  for (const [name, pod] of Object.entries(pods)) {
    it(`are mounted whole and read-only, each binding's in a folder of its own, once: ${name}`, () => {
      const after = admitted(pod, [SHARED, NONE, OWN]);
      const [license, orders] = [filesSecretName('license.v1', RUN), 'spark-secrets-orders-files'];
      expect(after.spec.volumes!.filter(({ name: volume }) => volume.endsWith('-files'))).to.deep.equal(
        [license, orders].map((secretName) => ({
          name: secretName,
          secret: { secretName, defaultMode: 0o444, optional: false },
        })),
      );
      expect(filesOf(after.spec.containers)).to.deep.equal([
        { name: license, mountPath: '/mnt/spark-secrets/files/license.v1', readOnly: true },
        { name: orders, mountPath: '/mnt/spark-secrets/files/orders', readOnly: true },
      ]);
      expect(filesOf(after.spec.initContainers!)).to.deep.equal([]);
      expect(decide(after, [OWN, NONE, SHARED], 'other00000')).to.deep.equal({
        kind: 'patch',
        patch: [],
        warnings: [],
      });
    });
  }

  it('come back when another webhook took them away', () => {
    const after = admitted(golden('spark-3.4-java'), [SHARED]);
    const volumes = after.spec.volumes!.filter(({ name }) => name !== 'spark-secrets-orders-files');
    const containers = after.spec.containers.map(({ volumeMounts = [], ...one }) => ({
      ...one,
      volumeMounts: volumeMounts.filter(({ name }) => name !== 'spark-secrets-orders-files'),
    }));
    expect(admitted({ ...after, spec: { ...after.spec, volumes, containers } }, [SHARED])).to.deep.equal(after);
  });

  it('of a run are known by what the pod mounts', () => {
    const pod = admitted(golden('spark-3.4-java'), [SHARED, OWN]);
    const [reference, ...others] = runReferences(pod, ['license.v1', 'orders']);
    expect([reference?.files, others]).to.deep.equal([filesSecretName('license.v1', RUN), []]);
    const without = view('license.v1', { spec: { scope: 'Application', env: [{ name: 'A', key: 'A' }] } });
    expect(runReferences(admitted(golden('spark-3.4-java'), [without]), ['license.v1'])[0]).not.to.have.property(
      'files',
    );
  });

  for (const path of [
    '/mnt/spark-secrets/files/orders',
    '/mnt/spark-secrets/files/orders/',
    '/mnt/spark-secrets/files/orders/ca.pem',
    '/mnt/spark-secrets/files',
  ]) {
    it(`are refused where the job mounts something at ${path}, whoever has precedence`, () => {
      for (const precedence of ['Binding', 'Pod'] as const)
        expect(denial(mounting(path), [view('orders', { spec: { files: FILES, precedence } })])).to.equal(
          `The container spark-kubernetes-driver mounts the volume own at ${path}, where the files of a ` +
            'SparkJobSecretBinding go (/mnt/spark-secrets/files/orders): mount it elsewhere, or remove spec.files from the binding.',
        );
    });
  }

  for (const path of [
    '/mnt',
    '/mnt/spark-secrets',
    '/mnt/spark-secrets/files/orders2',
    '/mnt/spark-secrets/filesystem',
  ]) {
    it(`are given beside what the job mounts at ${path}`, () => {
      const mounted = filesOf(admitted(mounting(path), [SHARED]).spec.containers);
      expect(mounted.map(({ mountPath }) => mountPath)).to.include('/mnt/spark-secrets/files/orders');
    });
  }

  for (const path of ['/mnt', '/mnt/', '/mnt/spark-secrets', '/']) {
    it(`and what is merged are refused where a mount at ${path} can not be written, in which nothing can be mounted`, () => {
      const map = withVolumes(mounting(path), [{ name: 'own', configMap: { name: 'own' } }]);
      const claim = { name: 'own', persistentVolumeClaim: { claimName: 'own', readOnly: true } };
      const readOnly = changedMounts(mounting(path), (mount) => ({ ...mount, readOnly: true }));
      for (const pod of [map, readOnly, withVolumes(mounting(path), [claim])])
        expect(denial(pod, [NONE])).to.equal(
          `The container spark-kubernetes-driver mounts the volume own at ${path}, read-only, so that nothing can be mounted ` +
            'below at /mnt/spark-secrets: mount it elsewhere, or mount a volume there that can be written.',
        );
    });
  }

  it('are given beside a mount that can not be written, whose path only ends as theirs begins', () => {
    const pod = changedMounts(mounting('/spark-secrets'), (mount) => ({ ...mount, readOnly: true }));
    expect(filesOf(admitted(pod, [SHARED]).spec.containers)).to.have.lengthOf(1);
  });

  it('are given in a volume of the job that can be written, also where that is in one that can not', () => {
    const claim = { name: 'own', persistentVolumeClaim: { claimName: 'own' } };
    const volumes = [claim, { name: 'map', configMap: { name: 'map' } }];
    const inner = withVolumes(mounting('/mnt'), volumes);
    const both = changedMounts(inner, (mount) => mount, { name: 'map', mountPath: '/' });
    for (const pod of [inner, both]) expect(filesOf(admitted(pod, [SHARED]).spec.containers)).to.have.lengthOf(1);
  });

  for (const path of ['/mnt/spark-secrets/conf', '/mnt/spark-secrets/conf/', '/mnt/spark-secrets/conf/log4j2.xml']) {
    it(`leave no room for what the job mounts at ${path}, where what is merged goes`, () => {
      expect(denial(mounting(path), [NONE])).to.equal(
        `The container spark-kubernetes-driver mounts the volume own at ${path}, where the conf of Spark goes that is merged ` +
          'with the SparkJobSecretBindings (/mnt/spark-secrets/conf): mount it elsewhere.',
      );
    });
  }

  it('do not keep a job from its secrets that mounts something there and gets no files', () => {
    expect(filesOf(admitted(mounting('/mnt/spark-secrets/files/orders'), [NONE]).spec.containers)).to.have.lengthOf(1);
  });
});
