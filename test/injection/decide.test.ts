import { expect } from 'chai';
import { decide as decideFor, type Decision } from '../../operator/injection/decide.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import type { Pod } from '../../operator/injection/pod.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { CANARY, golden, GOLDEN_PODS, view, type ViewOptions } from './bindings.ts';

const REFUSED: ViewOptions = {
  conditions: [{ status: 'False', reason: 'KeyNotFound', message: 'key a has no value: add it' }],
};

const decide = (pod: Pod, views: readonly BindingView[]): Decision => decideFor(pod, views, 'r000000000');

function messageOf(decision: Decision): string {
  if (!('message' in decision)) throw new Error(`the decision is ${decision.kind}`);
  return decision.message;
}

describe('decide', () => {
  const pod = golden('spark-3.4-java');

  describe('leaves the pod alone', () => {
    const cases: Record<string, Parameters<typeof decide>> = {
      'when there is no binding': [pod, []],
      'when no binding selects it': [pod, [view('a', { spec: { selector: { applications: ['other'] } } })]],
      'when the binding is being deleted': [pod, [view('a', { deletionTimestamp: '2026-01-31T00:00:00Z' })]],
      'when a binding that does not select it is refused': [
        pod,
        [view('a', { ...REFUSED, spec: { selector: { matchLabels: { team: 'x' } } } })],
      ],
      'when it is an executor': [
        { ...pod, metadata: { labels: { ...pod.metadata?.labels, 'spark-role': 'executor' } } },
        [view('a')],
      ],
    };
    for (const [sentence, [candidate, views]] of Object.entries(cases)) {
      it(sentence, () => {
        expect(decide(candidate, views)).to.deep.equal({ kind: 'none' });
      });
    }
  });

  describe('with credentials on lease', () => {
    const leased = (name: string, env: Record<string, string>, store = 'default'): BindingView =>
      view(name, {
        spec: {
          storeRef: { name: store },
          scope: 'Application',
          env: Object.entries(env).map(([variable, key]) => ({ name: variable, key })),
        },
      });

    it('gives the driver a reference to the Secret of its run', () => {
      const decision = decide(pod, [leased('a', { U: 'database/creds/ro#username' })]);
      if (decision.kind !== 'patch') throw new Error(decision.kind);
      const patched = applyJsonPatch(pod, decision.patch) as Pod;
      expect(patched.spec?.containers.flatMap(({ env = [] }) => env.filter(({ name }) => name === 'U'))).to.deep.equal([
        {
          name: 'U',
          valueFrom: { secretKeyRef: { name: 'spark-secrets-a-run-r000000000', key: 'U', optional: false } },
        },
      ]);
    });

    it('refuses two bindings that have them made at one path: a name and a password would not belong together', () => {
      const views = [
        leased('a', { U: 'database/creds/ro#username' }),
        leased('b', { P: 'database/creds/ro#password' }),
      ];
      expect(messageOf(decide(pod, views)))
        .to.include('analytics/a and analytics/b')
        .and.to.include('database/creds/ro');
    });

    it('takes two bindings with two paths, or two stores', () => {
      const one = leased('a', { U: 'database/creds/ro#username' });
      for (const other of [
        leased('b', { V: 'database/creds/rw#username' }),
        leased('b', { V: 'database/creds/ro#username' }, 'other'),
      ])
        expect(decide(pod, [one, other]).kind).to.equal('patch');
    });
  });

  describe('patches', () => {
    for (const name of GOLDEN_PODS) {
      it(`${name} once: of the patched pod nothing is left to do`, () => {
        const views = [view('a'), view('b', { spec: { env: [{ name: 'B', key: 'b' }] } })];
        const first = decide(golden(name), views);
        if (first.kind !== 'patch') throw new Error(first.kind);
        expect(first.patch).not.to.be.empty;
        expect(decide(applyJsonPatch(golden(name), first.patch), views)).to.deep.equal({
          kind: 'patch',
          patch: [],
          warnings: [],
        });
      });
    }

    const usable: Record<string, ViewOptions> = {
      'when the status is not written yet but the Secret is there': { conditions: [] },
      'when the status speaks of an older generation but the Secret is for this spec': {
        conditions: [{ status: 'True', observedGeneration: 1 }],
      },
      'when the store can not be asked at present': { conditions: [{ status: 'Unknown' }] },
      'when only another condition is False': { conditions: [{ type: 'Ready', status: 'False' }, { status: 'True' }] },
    };
    for (const [sentence, options] of Object.entries(usable)) {
      it(sentence, () => {
        expect(decide(pod, [view('a', options)]).kind).to.equal('patch');
      });
    }

    it('with bindings that give the same key twice', () => {
      const spec = { env: [{ name: 'A', key: 'k' }], sparkConf: [{ name: 'spark.a', key: 'k' }] };
      const other = {
        ...spec,
        sparkConf: [{ name: 'spark.a', template: '${k}' }],
        storeRef: { name: 'default', namespace: 'analytics' },
      };
      expect(decide(pod, [view('a', { spec }), view('b', { spec: other })]).kind).to.equal('patch');
    });

    it('with bindings that give one variable to the driver, and another of that name to executors', () => {
      const spec = (key: string, target: 'driver' | 'executor') => ({ env: [{ name: 'A', key, targets: [target] }] });
      expect(
        decide(pod, [view('a', { spec: spec('x', 'driver') }), view('b', { spec: spec('y', 'executor') })]).kind,
      ).to.equal('patch');
    });

    it('with a warning for what it replaces', () => {
      const [driver] = pod.spec.containers;
      const containers = [{ ...driver!, env: [{ name: 'DB_PASSWORD', value: CANARY }] }];
      const decision = decide({ ...pod, spec: { ...pod.spec, containers } }, [view('a')]);
      if (decision.kind !== 'patch') throw new Error(decision.kind);
      expect(decision.warnings).to.have.lengthOf(1);
      expect(JSON.stringify(decision)).not.to.include(CANARY);
    });

    it('with a warning for each other container whose variables have references, which stay as they are', () => {
      const env = [
        { name: 'A', value: `${CANARY}\${secrets.orders/DB_PASSWORD}` },
        { name: 'B', value: '${secrets.nowhere}' },
        { name: 'C', value: CANARY },
      ];
      const spec = {
        ...pod.spec,
        containers: [{ name: 'proxy', env }, ...pod.spec.containers],
        initContainers: [{ name: 'fetch', env: env.slice(1) }, { name: 'plain' }],
      };
      const decision = decide({ ...pod, spec }, [view('a')]);
      if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
      expect(decision.warnings).to.have.lengthOf(2);
      expect(decision.warnings[0]).to.match(/^The container fetch has references .* variables B, .*driver's container/);
      expect(decision.warnings[1]).to.match(/^The container proxy has references .* variables A, B, /);
      expect(JSON.stringify(decision)).not.to.include(CANARY);
      const after = applyJsonPatch({ ...pod, spec }, decision.patch);
      expect(after.spec.containers[0]).to.deep.equal(spec.containers[0]);
    });
  });

  describe('waits', () => {
    const waiting: Record<string, ViewOptions> = {
      'while there is no Secret': { secret: null },
      'while the Secret is for another spec': { secret: { name: 's', specDigest: 'old', envKeys: {} } },
      'while the Secret says no spec': { secret: { name: 's', specDigest: undefined, envKeys: {} } },
      'while an older generation was refused': { conditions: [{ status: 'False', observedGeneration: 1 }] },
    };
    for (const [sentence, options] of Object.entries(waiting)) {
      it(sentence, () => {
        const decision = decide(pod, [view('ready'), view('a', options)]);
        expect(decision.kind).to.equal('wait');
        expect(messageOf(decision)).to.equal(
          'SparkJobSecretBinding analytics/a is not reconciled yet; try again in a few seconds. ' +
            'Should it last, kubectl describe sjsb a -n analytics shows why.',
        );
      });
    }
  });

  describe('denies', () => {
    it("with each refused binding's reason and message, without waiting for others", () => {
      const views = [view('b', REFUSED), view('ready'), view('a', REFUSED), view('pending', { secret: null })];
      expect(decide(pod, views)).to.deep.equal({
        kind: 'deny',
        message:
          'SparkJobSecretBinding analytics/a: KeyNotFound: key a has no value: add it. ' +
          'SparkJobSecretBinding analytics/b: KeyNotFound: key a has no value: add it.',
      });
    });

    it('a refused binding also when only its status as a whole says of which generation it is', () => {
      const refused = view('a', { conditions: [{ status: 'False' }] });
      const [condition] = refused.binding.status!.conditions!;
      const { type, status: is, reason, message, lastTransitionTime } = condition!;
      const conditions = [{ type, status: is, reason, message, lastTransitionTime }];
      const status = { ...refused.binding.status!, conditions };
      expect(decide(pod, [{ ...refused, binding: { ...refused.binding, status } }]).kind).to.equal('deny');
    });

    it('a refused binding also while the values of before are there', () => {
      expect(decide(pod, [view('a', REFUSED)]).kind).to.equal('deny');
    });

    const refer = (value: string) => {
      const [driver] = pod.spec.containers;
      return { ...pod, spec: { ...pod.spec, containers: [{ ...driver!, env: [{ name: 'X', value }] }] } };
    };
    it('a driver whose variable refers to a key that its bindings do not cover, or that no binding selects', () => {
      for (const views of [[view('a')], [view('a', { spec: { selector: { applications: ['other'] } } })], []]) {
        const decision = decide(refer('x${secrets.orders/NOWHERE}'), views);
        expect(decision.kind).to.equal('deny');
        expect(messageOf(decision)).to.match(/^The variable X refers to \$\{secrets.orders\/NOWHERE\}, but no .*/);
      }
      expect(decide(refer('x${secrets.orders/DB_PASSWORD}'), [view('a')]).kind).to.equal('patch');
    });

    it('a pod that is selected but launched in another way, and says what is supported', () => {
      const other = {
        metadata: { labels: { team: 'orders', 'spark-role': 'driver' } },
        spec: { containers: [{ name: 'x', args: ['spark-submit'] }] },
      };
      const decision = decide(other, [view('a', { spec: { selector: { matchLabels: { team: 'orders' } } } })]);
      expect(decision.kind).to.equal('deny');
      expect(messageOf(decision)).to.match(
        /selected by SparkJobSecretBinding analytics\/a, but .*Supported: spark-submit in cluster mode; a Spark Connect or Thrift server; a pod with the label secrets.iomete.com\/inject: "true"/,
      );
    });

    const conflicts: Record<string, [ViewOptions['spec'], ViewOptions['spec'], string]> = {
      'variables of one name from different keys': [
        { env: [{ name: 'A', key: 'x' }] },
        { env: [{ name: 'A', key: 'y' }] },
        'the variable A',
      ],
      'variables of one name from different stores': [
        { env: [{ name: 'A', key: 'x' }] },
        { env: [{ name: 'A', key: 'x' }], storeRef: { name: 'other' } },
        'the variable A',
      ],
      'a property that a variable carries, from different keys': [
        { sparkConf: [{ name: 'spark.hadoop.a', key: 'x' }] },
        { sparkConf: [{ name: 'spark.hadoop.a', key: 'y' }] },
        'the Spark property spark.hadoop.a',
      ],
      'a property from different keys': [
        { sparkConf: [{ name: 'spark.a', key: 'x' }] },
        { sparkConf: [{ name: 'spark.a', template: '${x}!' }] },
        'the Spark property spark.a',
      ],
    };
    for (const [sentence, [one, other, what]] of Object.entries(conflicts)) {
      it(`two bindings with ${sentence}, and names both once`, () => {
        const decision = decide(pod, [view('b', { spec: other! }), view('a', { spec: one! })]);
        expect(decision).to.deep.equal({
          kind: 'deny',
          message:
            `Conflict: the SparkJobSecretBindings analytics/a and analytics/b both select this job and give ${what} ` +
            'from different sources: remove it from one, or narrow a selector.',
        });
      });
    }

    it('a conflict between variables of a group', () => {
      const spec = { envFrom: [{ group: 'g' }] };
      const views = [
        view('a', { spec, envKeys: { A: 'g/A' } }),
        view('b', { spec: { envFrom: [{ group: 'h' }] }, envKeys: { A: 'h/A' } }),
      ];
      expect(messageOf(decide(pod, views))).to.include('the variable A');
    });
  });
});
