import { expect } from 'chai';
import { decide } from '../../operator/injection/decide.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import type { Pod } from '../../operator/injection/pod.ts';
import { runReferences } from '../../operator/injection/run.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { golden, GOLDEN_PODS, INDEX, view } from './bindings.ts';

const RUN = 'abcdefgh01';
const OTHER = 'zzzzzzzz99';
const VIEWS = [
  view('orders', { spec: { scope: 'Application', env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' }] } }),
  view('license', { spec: { precedence: 'Pod', env: [{ name: 'LICENSE', key: 'LICENSE' }] } }),
];
const POLITE = [view('orders', { spec: { ...VIEWS[0]!.binding.spec, precedence: 'Pod' } })];

type FullPod = ReturnType<typeof golden>;

function admitted(pod: Pod, { views = VIEWS, run = RUN }: { views?: BindingView[]; run?: string } = {}): FullPod {
  const decision = decide(pod, views, run);
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return applyJsonPatch(pod, decision.patch) as FullPod;
}

/** Names of the Secrets that the pod refers to, where. */
function secretsOf({ spec }: FullPod): { volume: string[]; env: Record<string, string> } {
  const volume = spec.volumes!.find(({ name }) => name === 'spark-secrets-source')!;
  const { sources } = volume.projected as { sources: { secret: { name: string } }[] };
  const driver = spec.containers.find(({ args }) => args?.[0] === 'driver')!;
  const env = driver.env!.flatMap(({ name, valueFrom }) => {
    const { secretKeyRef } = (valueFrom ?? {}) as { secretKeyRef?: { name: string } };
    return secretKeyRef?.name.startsWith('spark-secrets') ? [[name, secretKeyRef.name] as const] : [];
  });
  // The index of a binding's keys is in the Secret that its variables are in.
  const [indexes, variables] = [true, false].map((is) => env.filter(([name]) => INDEX.test(name) === is));
  expect(new Set(indexes!.map(([, secret]) => secret))).to.deep.equal(new Set(variables!.map(([, secret]) => secret)));
  return { volume: sources.map(({ secret }) => secret.name), env: Object.fromEntries(variables!) };
}

function noting(pod: FullPod, run: string): FullPod {
  const annotations = { ...pod.metadata?.annotations, 'secrets.iomete.com/run': run };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

describe('a run of its own', () => {
  for (const name of GOLDEN_PODS) {
    it(`is what ${name} refers to for a binding of scope Application, and to the binding’s Secret for one of Shared`, () => {
      const pod = admitted(golden(name));
      expect(pod.metadata!.annotations).to.include({
        'secrets.iomete.com/run': RUN,
        'secrets.iomete.com/bindings': 'license,orders',
      });
      expect(secretsOf(pod)).to.deep.equal({
        volume: ['spark-secrets-license', `spark-secrets-orders-run-${RUN}`],
        env: { DB_PASSWORD: `spark-secrets-orders-run-${RUN}`, LICENSE: 'spark-secrets-license' },
      });
    });

    it(`stays with ${name} when the webhook is called again`, () => {
      const pod = admitted(golden(name));
      expect(decide(pod, VIEWS, OTHER)).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
    });
  }

  it('stays where the pod has precedence over the binding', () => {
    const pod = admitted(golden('spark-3.4-java'), { views: POLITE });
    expect(decide(pod, POLITE, OTHER)).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
  });

  it('stays when another webhook took a volume away, which comes back as it was', () => {
    const pod = admitted(golden('spark-3.4-java'));
    const volumes = pod.spec.volumes!.filter(({ name }) => name !== 'spark-secrets-source');
    const again = admitted({ ...pod, spec: { ...pod.spec, volumes } }, { run: OTHER });
    expect(secretsOf(again)).to.deep.equal(secretsOf(pod));
  });

  it('is never one that the job chose, so that it can not lay hold of another run’s Secret', () => {
    const pod = admitted(noting(golden('spark-3.4-java'), OTHER));
    expect(pod.metadata!.annotations).to.include({ 'secrets.iomete.com/run': RUN });
    expect(secretsOf(pod).volume).to.include(`spark-secrets-orders-run-${RUN}`);
  });

  for (const text of ['', 'short', 'ABCDEFGH01', 'abcdefgh0-', '../../etc/', `${OTHER}1`, `${OTHER}\n`]) {
    it(`is not what has another form, also on a patched pod: ${JSON.stringify(text)}`, () => {
      const pod = admitted(noting(admitted(golden('spark-3.4-java')), text), { run: OTHER });
      expect(pod.metadata!.annotations).to.include({ 'secrets.iomete.com/run': OTHER });
      expect(secretsOf(pod)).to.deep.equal({
        volume: ['spark-secrets-license', `spark-secrets-orders-run-${OTHER}`],
        env: { DB_PASSWORD: `spark-secrets-orders-run-${OTHER}`, LICENSE: 'spark-secrets-license' },
      });
    });
  }

  it('is not given to a pod whose bindings are all Shared', () => {
    const pod = admitted(golden('spark-3.4-java'), { views: [view('license')] });
    expect(pod.metadata!.annotations).not.to.have.property('secrets.iomete.com/run');
  });

  it('leaves the waiting for a binding’s own Secret as it is', () => {
    expect(
      decide(golden('spark-3.4-java'), [view('a', { secret: null, spec: { scope: 'Application' } })], RUN).kind,
    ).to.equal('wait');
  });
});

describe('runReferences', () => {
  const reference = { binding: 'orders', run: RUN, secret: `spark-secrets-orders-run-${RUN}` };

  it('are the Secrets of the run that stand in the pod’s spec', () => {
    expect(runReferences(admitted(golden('spark-4.0-pod-template')), ['license', 'orders'])).to.deep.equal([reference]);
  });

  const none: Record<string, Pod> = {
    'a pod without a run': admitted(golden('spark-3.4-java'), { views: [view('orders')] }),
    'a pod that only notes one': noting(admitted(golden('spark-3.4-java'), { views: [view('orders')] }), RUN),
    'a pod that notes what is none': noting(admitted(golden('spark-3.4-java')), 'nonsense'),
    'an empty pod': {},
  };
  for (const [sentence, pod] of Object.entries(none)) {
    it(`are none for ${sentence}`, () => {
      expect(runReferences(pod, ['orders'])).to.deep.equal([]);
    });
  }
});
