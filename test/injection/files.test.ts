import { expect } from 'chai';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import { decide } from '../../operator/injection/decide.ts';
import type { Container, Pod, VolumeMount } from '../../operator/injection/pod.ts';
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

  it('do not keep a job from its secrets that mounts something there and gets no files', () => {
    expect(filesOf(admitted(mounting('/mnt/spark-secrets/files/orders'), [NONE]).spec.containers)).to.have.lengthOf(1);
  });
});
