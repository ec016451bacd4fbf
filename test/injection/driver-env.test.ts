import { expect } from 'chai';
import { changeOf } from '../../operator/injection/patch-pod.ts';
import type { EnvVar, Pod } from '../../operator/injection/pod.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { kubeletEnv } from '../doubles/kubelet-env.ts';
import { CANARY, INDEX, view } from './bindings.ts';

const VIEWS = [
  view('orders', { spec: { env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' }], precedence: 'Binding' } }),
  view('license', { spec: { env: [{ name: 'LICENSE', key: 'LICENSE' }], precedence: 'Pod' } }),
];

function podWith(env: readonly EnvVar[]): Pod {
  return { metadata: {}, spec: { containers: [{ name: 'd', args: ['driver', '--properties-file', '/conf/p'], env }] } };
}

function patched(pod: Pod, views = VIEWS): Pod {
  return applyJsonPatch(pod, changeOf(pod, views).patch);
}

/** Without what the operator adds for itself. */
function envOf(pod: Pod): readonly EnvVar[] {
  return pod.spec!.containers[0]!.env!.filter(({ name }) => !INDEX.test(name));
}

describe('the change of a pod that sets the variable itself', () => {
  const own: EnvVar[] = [
    { name: 'FIRST', value: '1' },
    { name: 'DB_PASSWORD', value: CANARY },
    { name: 'LAST', value: '$(DB_PASSWORD)' },
    { name: 'LICENSE', value: CANARY },
  ];
  const pod = podWith(own);

  it("puts the binding's in its place, leaves what precedence Pod leaves, and warns without a value", () => {
    const env = envOf(patched(pod));
    expect(env.map(({ name }) => name)).to.deep.equal(['FIRST', 'DB_PASSWORD', 'LAST', 'LICENSE']);
    expect(env[1]).to.have.property('valueFrom').and.not.have.property('value');
    expect(env[3]).to.deep.equal({ name: 'LICENSE', value: CANARY });
    const warnings = changeOf(pod, VIEWS).warnings;
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(
      /SparkJobSecretBinding analytics\/orders replaces the variable DB_PASSWORD .*precedence: Pod/,
    );
    expect(JSON.stringify([warnings, changeOf(pod, VIEWS).patch])).not.to.include(CANARY);
  });

  it('does not warn of what it wrote itself', () => {
    const after = patched(pod);
    expect(changeOf(after, VIEWS).warnings).to.deep.equal([]);
    expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
  });

  it('decides by the last of two entries, which is the one that counts', () => {
    const twice = podWith([
      { name: 'DB_PASSWORD', value: '1' },
      { name: 'DB_PASSWORD', value: '2' },
    ]);
    const after = patched(twice);
    const env = envOf(after);
    expect(env.findLast(({ name }) => name === 'DB_PASSWORD')).to.have.property('valueFrom');
    expect(changeOf(after, VIEWS).warnings).to.deep.equal([]);
  });

  it('lets a binding that has precedence speak for two that give the same key', () => {
    const spec = { env: [{ name: 'DB_PASSWORD', key: 'k' }] };
    const both = [
      view('a', { spec: { ...spec, precedence: 'Pod' } }),
      view('b', { spec: { ...spec, precedence: 'Binding' } }),
    ];
    const env = envOf(patched(pod, both));
    expect(env[1]).to.have.nested.property('valueFrom.secretKeyRef.name', 'spark-secrets-b');
  });
});

describe("a pod's own variable that names a binding's", () => {
  const value = '$(DB_PASSWORD)-$(LICENSE)';
  const valueOf = (pod: Pod, name: string): string | undefined =>
    kubeletEnv(pod.spec!.containers[0]!.env!, ({ name: secret, key }) => `<${secret} ${key}>`)[name];
  const [password, license] = ['<spark-secrets-orders DB_PASSWORD>', '<spark-secrets-license LICENSE>'];
  const own: Record<string, [EnvVar[], string]> = {
    'of which the pod has none': [[], `${password}-${license}`],
    'beside a reference': [[{ name: 'X', value: 'x${secrets.LICENSE}' }], `${password}-${license}`],
    'that replaces one before it': [[{ name: 'DB_PASSWORD', value: CANARY }], `${password}-${license}`],
    'which gives way to one before it': [[{ name: 'LICENSE', value: 'own' }], `${password}-own`],
  };
  for (const [sentence, [before, expected]] of Object.entries(own)) {
    const pod = podWith([...before, { name: 'URL', value }]);

    it(`has its value: ${sentence}`, () => {
      expect(valueOf(patched(pod), 'URL')).to.equal(expected);
    });

    it(`has it when the webhook is called again, and nothing is left to do: ${sentence}`, () => {
      const once = patched(pod);
      const container = once.spec!.containers[0]!;
      const env = [{ name: 'FIRST', value: '1' }, ...container.env!, { name: 'ADDED', value }];
      const after = { ...once, spec: { ...once.spec, containers: [{ ...container, env }] } };
      expect(changeOf(after, VIEWS).patch).to.deep.equal([]);
      expect([valueOf(after, 'URL'), valueOf(after, 'ADDED')]).to.deep.equal([expected, expected]);
    });
  }
});
