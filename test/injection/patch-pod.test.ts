import { expect } from 'chai';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import { changeOf } from '../../operator/injection/patch-pod.ts';
import type { Container, Pod } from '../../operator/injection/pod.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { defaulted, golden, GOLDEN_PODS, INDEX, view, type FullPod } from './bindings.ts';

const VIEWS = [
  view('orders', { spec: { env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' }], precedence: 'Binding' } }),
  view('license', {
    spec: {
      env: [
        { name: 'LICENSE', key: 'LICENSE', targets: ['driver'] },
        { name: 'EXECUTOR_ONLY', key: 'X', targets: ['executor'] },
      ],
      precedence: 'Pod',
    },
  }),
];

function patched(pod: Pod, views = VIEWS): FullPod {
  return applyJsonPatch(pod, changeOf(pod, views).patch) as FullPod;
}

function driverOf(pod: FullPod): Container {
  return pod.spec.containers.find(({ args }) => args?.[0] === 'driver')!;
}

function mergeOf(pod: FullPod): Container {
  return pod.spec.initContainers!.find(({ name }) => name === 'spark-secrets-merge')!;
}

/** The pod with its driver's container changed, as another webhook would. */
function withDriver(pod: FullPod, change: Partial<Container>): FullPod {
  const containers = pod.spec.containers.map((container) =>
    container.args?.[0] === 'driver' ? { ...container, ...change } : container,
  );
  return { ...pod, spec: { ...pod.spec, containers } };
}

describe('the change of a pod', () => {
  for (const name of GOLDEN_PODS) {
    describe(`on ${name}`, () => {
      it('changes nothing but what it is for', () => {
        const before = golden(name);
        const after = patched(before);
        const driver = driverOf(after);
        const original = driverOf(before);
        // Taking away what was added gives the pod as it was, byte for byte.
        const ours = (item: { name: string }): boolean => item.name.startsWith('spark-secrets-');
        const added = (name: string): boolean => ['DB_PASSWORD', 'LICENSE'].includes(name) || INDEX.test(name);
        const env = driver.env!.filter((entry) => !added(entry.name));
        const mounts = driver.volumeMounts!.filter((mount) => !ours(mount));
        const args = driver.args!.map((arg) =>
          arg === '/mnt/spark-secrets/conf/spark.properties' ? '/opt/spark/conf/spark.properties' : arg,
        );
        const rest = withDriver(after, { env, volumeMounts: mounts, args });
        const { 'secrets.iomete.com/injected': label, ...labels } = after.metadata!.labels!;
        const { 'secrets.iomete.com/bindings': annotation, ...annotations } = after.metadata!.annotations!;
        const initContainers = after.spec.initContainers!.filter((container) => !ours(container));
        const restored = {
          ...rest,
          metadata: {
            ...after.metadata,
            labels,
            ...(before.metadata!.annotations ? { annotations } : { annotations: undefined }),
          },
          spec: {
            ...rest.spec,
            volumes: after.spec.volumes!.filter((volume) => !ours(volume)),
            initContainers: before.spec.initContainers ? initContainers : undefined,
          },
        };
        expect(JSON.parse(JSON.stringify(restored))).to.deep.equal(before);
        expect(driver.args!.filter((arg, at) => arg !== original.args![at])).to.deep.equal([
          '/mnt/spark-secrets/conf/spark.properties',
        ]);
        expect([label, annotation]).to.deep.equal(['true', 'license,orders']);
      });

      it('merges with the image, the policy and the rights of the driver, last of the init containers', () => {
        const after = patched(golden(name));
        const merge = mergeOf(after);
        const driver = driverOf(after);
        expect(after.spec.initContainers!.at(-1)).to.equal(merge);
        expect(merge.image).to.equal(driver.image);
        expect(merge.imagePullPolicy).to.equal(driver.imagePullPolicy);
        expect(merge.securityContext).to.deep.equal(
          driver.securityContext ?? { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        );
        expect(merge.resources).to.deep.equal(driver.resources).and.not.to.be.undefined;
        expect(Object.fromEntries(merge.env!.map((entry) => [entry.name, entry.value]))).to.deep.equal({
          MODE: 'properties',
          SRC: '/opt/spark/conf/spark.properties',
          OUT: '/mnt/spark-secrets/conf/spark.properties',
          BEFORE: '/mnt/spark-secrets/source/before',
          AFTER: '/mnt/spark-secrets/source/after',
        });
        expect(merge.volumeMounts).to.deep.equal([
          { name: 'spark-conf-volume-driver', mountPath: '/opt/spark/conf', readOnly: true },
          { name: 'spark-secrets-source', mountPath: '/mnt/spark-secrets/source', readOnly: true },
          { name: 'spark-secrets-conf', mountPath: '/mnt/spark-secrets/conf' },
        ]);
      });

      it('has nothing left to do when it is called again', () => {
        const after = patched(golden(name));
        expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
        expect(changeOf(defaulted(after), VIEWS).patch).to.deep.equal([]);
        expect(changeOf(after, [...VIEWS].reverse()).patch).to.deep.equal([]);
      });
    });
  }

  it('mounts the token that the driver has, so that ServiceAccount admission leaves it as it is and no second call follows', () => {
    const before = golden('spark-4.0-pod-template');
    const token = { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    const own = { name: 'own', mountPath: '/var/run/secrets/own' };
    const volumeMounts = [...(driverOf(before).volumeMounts ?? []), { ...token, readOnly: true }, own];
    const mounts = mergeOf(patched(withDriver(before, { volumeMounts }))).volumeMounts ?? [];
    expect(mounts)
      .to.deep.include({ ...token, readOnly: true })
      .and.not.deep.include(own);
    expect(mergeOf(patched(before)).volumeMounts?.map(({ name }) => name)).not.to.include(token.name);
  });

  it('lets the driver only read what was merged', () => {
    const ours = driverOf(patched(golden('spark-3.4-java'))).volumeMounts!.filter(({ name }) =>
      name.startsWith('spark-secrets-'),
    );
    expect(ours).to.deep.equal([{ name: 'spark-secrets-conf', mountPath: '/mnt/spark-secrets/conf', readOnly: true }]);
  });

  it('gives the driver its variables by reference, and only those for drivers', () => {
    const { env } = driverOf(patched(golden('spark-3.4-java')));
    expect(env!.slice(0, 4)).to.deep.equal([
      {
        name: 'DB_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'spark-secrets-orders', key: 'DB_PASSWORD', optional: false } },
      },
      {
        name: 'LICENSE',
        valueFrom: { secretKeyRef: { name: 'spark-secrets-license', key: 'LICENSE', optional: false } },
      },
      ...['license', 'orders'].map((binding) => ({
        name: keyIndexName(binding),
        valueFrom: {
          secretKeyRef: { name: `spark-secrets-${binding}`, key: keyIndexName(binding), optional: false },
        },
      })),
    ]);
    expect(JSON.stringify(patched(golden('spark-3.4-java')))).not.to.include('EXECUTOR_ONLY');
  });

  it('has one volume for all bindings, before or after the job by their precedence', () => {
    const volumes = patched(golden('spark-3.4-java')).spec.volumes!.slice(-2);
    const items = (path: string) => [
      { key: 'spark.properties', path: `${path}.properties` },
      { key: 'redaction.regex', path: `${path}.regex` },
      { key: 'references.txt', path: `${path}.references` },
      { key: 'executor-references.txt', path: `${path}.executors` },
    ];
    expect(volumes).to.deep.equal([
      {
        name: 'spark-secrets-source',
        projected: {
          defaultMode: 0o444,
          sources: [
            {
              secret: { name: 'spark-secrets-license', optional: false, items: items('before/spark-secrets-license') },
            },
            { secret: { name: 'spark-secrets-orders', optional: false, items: items('after/spark-secrets-orders') } },
          ],
        },
      },
      { name: 'spark-secrets-conf', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
    ]);
  });

  it('patches a pod that has no lists, labels or annotations', () => {
    const pod: Pod = {
      metadata: {},
      spec: { containers: [{ name: 'd', args: ['driver', '--properties-file', '/conf/p'] }] },
    };
    const after = patched(pod);
    expect(after.spec.volumes).to.have.lengthOf(2);
    expect(driverOf(after).env).to.have.lengthOf(4);
    expect(mergeOf(after).volumeMounts!.map(({ mountPath }) => mountPath)).not.to.include('/conf');
    expect(mergeOf(after)).not.to.have.any.keys('image', 'imagePullPolicy');
    expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
  });

  const mounts: Record<string, [string, string[], string | undefined]> = {
    'with the longest path': [
      '/opt/spark/conf/spark.properties',
      ['/', '/opt', '/opt/spark/conf/', '/opt/spark'],
      '/opt/spark/conf/',
    ],
    'that is the file itself': ['/a/p.properties', ['/a', '/a/p.properties'], '/a/p.properties'],
    'and none whose path only starts alike': ['/opt/spark/conf2/p', ['/opt/spark/conf'], undefined],
  };
  for (const [sentence, [source, paths, expected]] of Object.entries(mounts)) {
    it(`copies the mount ${sentence}`, () => {
      const volumeMounts = paths.map((mountPath) => ({ name: 'v', mountPath }));
      const pod = withDriver(golden('spark-3.4-java'), { args: ['driver', '--properties-file', source], volumeMounts });
      const merge = mergeOf(patched(pod));
      expect(merge.volumeMounts!.filter(({ name }) => name === 'v').map(({ mountPath }) => mountPath)).to.deep.equal(
        expected === undefined ? [] : [expected],
      );
      expect(merge.env!.find(({ name }) => name === 'SRC')?.value).to.equal(source);
    });
  }

  describe('called again after another webhook', () => {
    const contexts: Record<string, object> = {
      restricted: { runAsNonRoot: true, allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } },
      'one with fewer fields': { runAsNonRoot: true },
    };
    for (const [sentence, securityContext] of Object.entries(contexts)) {
      it(`takes over the driver's new security context: ${sentence}`, () => {
        const changed = withDriver(patched(golden('spark-4.0-pod-template')), { securityContext });
        const patch = changeOf(changed, VIEWS).patch;
        expect(patch).to.have.lengthOf(1);
        const after = applyJsonPatch(changed, patch);
        expect(mergeOf(after).securityContext).to.deep.equal(securityContext);
        expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
      });
    }

    it("takes over the driver's new image and policy", () => {
      const changed = withDriver(patched(golden('spark-3.4-java')), {
        image: 'mirror/spark:1',
        imagePullPolicy: 'Always',
      });
      const after = applyJsonPatch(changed, changeOf(changed, VIEWS).patch);
      expect(mergeOf(after)).to.include({ image: 'mirror/spark:1', imagePullPolicy: 'Always' });
    });

    it('puts back volumes, mounts and variables that were removed, once each', () => {
      const whole = patched(golden('spark-4.0-pod-template'));
      const { env, volumeMounts } = driverOf(golden('spark-4.0-pod-template'));
      const spec = { ...whole.spec, volumes: whole.spec.volumes!.filter(({ name }) => name !== 'spark-secrets-conf') };
      const broken = withDriver({ ...whole, spec }, { env: env!, volumeMounts: volumeMounts! });
      expect(applyJsonPatch(broken, changeOf(broken, VIEWS).patch)).to.deep.equal(whole);
    });

    it('follows the job to another properties file', () => {
      const first = patched(golden('spark-3.4-java'));
      const args = driverOf(first).args!.map((arg) => (arg.startsWith('/mnt/spark-secrets') ? '/etc/spark/p' : arg));
      const changed = withDriver(first, { args });
      const after = applyJsonPatch(changed, changeOf(changed, VIEWS).patch);
      expect(mergeOf(after).env!.find(({ name }) => name === 'SRC')?.value).to.equal('/etc/spark/p');
      expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
    });
  });

  it('throws for a pod that no runner recognises', () => {
    expect(() => changeOf({ spec: { containers: [{ name: 'x' }] } }, VIEWS).patch).to.throw('no driver container');
  });
});
