import { expect } from 'chai';
import { explain, isWatchedPod } from '../../../operator/injection/explain/explain.ts';
import { objectsIn, podSubject } from '../../../operator/injection/explain/manifest.ts';
import type { BindingView } from '../../../operator/injection/binding-view.ts';
import { decide } from '../../../operator/injection/decide.ts';
import { selects } from '../../../operator/injection/select.ts';
import { planWebhookConfiguration } from '../../../operator/webhook/coverage.ts';
import { applyJsonPatch } from '../../doubles/json-patch.ts';
import { binding, coming, driver, explained } from './subjects.ts';
import { GOLDEN_CLUSTER, GOLDEN_EXECUTORS, GOLDEN_PODS, golden, marked, view, type ViewOptions } from '../bindings.ts';

const selecting = (selector: BindingView['binding']['spec']['selector'], more: ViewOptions = {}): BindingView =>
  binding({ selector }, more);

describe('the explanation of a pod', () => {
  describe('says why a binding selects it or not', () => {
    const table: Readonly<Record<string, [BindingView, string[]]>> = {
      'a label fits': [selecting({ matchLabels: { team: 'orders' } }), ['+label team is "orders"']],
      'a label has another value': [
        selecting({ matchLabels: { team: 'sales' } }),
        ['-label team is "orders", not "sales"'],
      ],
      'a label is missing': [
        selecting({ matchLabels: { tier: 'gold' } }),
        ['-label tier is missing: it would have to be "gold"'],
      ],
      'a name fits': [selecting({ applications: ['x', 'orders-*'] }), ['+application orders-etl matches orders-*']],
      'no name fits': [
        selecting({ applications: ['sales-*', 'x'] }),
        ['-no name of the application (orders-etl) matches sales-* or x'],
      ],
      'one of two parts fits': [
        selecting({ matchLabels: { team: 'orders' }, applications: ['x'] }),
        ['+label team is "orders"', '-no name of the application (orders-etl) matches x'],
      ],
      'the selector is empty': [selecting({}), ['-its selector is empty, and means no pod']],
      'the binding goes': [
        selecting({ matchLabels: { team: 'orders' } }, { deletionTimestamp: '2026-01-31T00:00:00Z' }),
        ['-the binding is being deleted', '+label team is "orders"'],
      ],
    };
    for (const [name, [one, reasons]] of Object.entries(table)) {
      it(`when ${name}`, () => {
        const { bindings, verdict } = explained(driver(), one);
        const [found] = bindings;
        expect(found?.reasons.map(({ holds, text }) => (holds ? '+' : '-') + text)).to.deep.equal(reasons);
        const isSelected = reasons.every((reason) => reason.startsWith('+'));
        expect(found?.selected).to.equal(isSelected);
        expect(verdict).to.equal(isSelected ? 'WouldInject' : 'NotSelected');
        const { metadata, spec } = one.binding;
        expect(isSelected).to.equal(selects(spec.selector, driver()) && metadata.deletionTimestamp === undefined);
      });
    }

    it('when the pod has no name', () => {
      const pod = { metadata: { labels: {} }, spec: { containers: [] } };
      const { application, bindings } = explained(pod, selecting({ applications: ['a', 'b'] }));
      expect(application).to.deep.equal({ names: [], launchedBy: null });
      expect(bindings[0]?.reasons[0]?.text).to.equal('the pod tells no name of an application that could match a or b');
    });
  });

  describe('has the verdict of the webhook', () => {
    it('for every golden pod, and every state of a binding', () => {
      const options: ViewOptions[] = [{}, { secret: null, conditions: [] }, { conditions: [{}] }];
      const names = [...GOLDEN_PODS, ...GOLDEN_CLUSTER, ...GOLDEN_EXECUTORS, 'kubeflow-connect-server' as const];
      const seen = new Set<string>();
      for (const pod of names.map((name) => golden(name)))
        for (const views of [
          [],
          ...options.map((more) => [view('all', { spec: { selector: { applications: ['*'] } }, ...more })]),
        ]) {
          const { verdict, messages, warnings } = explained(pod, ...views);
          const decision = decide(pod, views, 'abcdefghij');
          seen.add(verdict);
          const expected = { none: 'NotSelected', wait: 'Waits', deny: 'Refused', patch: 'WouldInject' }[decision.kind];
          const said = 'message' in decision ? [decision.message] : [];
          // Apache's workers and masters are no drivers: the webhook is not asked about them.
          expect(verdict).to.equal(isWatchedPod(pod) ? expected : 'NotSelected');
          if (decision.kind !== 'none' && isWatchedPod(pod)) expect(messages).to.deep.equal(said);
          if (decision.kind === 'patch') expect(warnings).to.deep.equal(decision.warnings);
        }
      expect([...seen].sort()).to.deep.equal(['NotSelected', 'Refused', 'Waits', 'WouldInject']);
    });

    it('is Injected once the patch is there, and then tells what would be now', () => {
      const views = [binding({})];
      const decision = decide(driver(), views, 'abcdefghij');
      if (decision.kind !== 'patch') throw new Error('not patched');
      const pod = applyJsonPatch(driver(), decision.patch);
      const { verdict, messages, ifCreatedNow } = explain({ ...coming(pod), isThere: true }, views);
      expect(verdict).to.equal('Injected');
      expect(messages).to.deep.equal(['It has the secrets of b.']);
      expect(ifCreatedNow?.verdict).to.equal('WouldInject');
      expect(explained(pod).ifCreatedNow?.verdict).to.equal('NotSelected');
    });

    it('says of a pod that is there without secrets that nothing can be added', () => {
      const subject = { ...coming(driver()), isThere: true };
      expect(explain(subject, [binding({})]).messages.join()).to.contain('create it again');
      expect(explain(subject, []).messages).to.deep.equal(['The namespace has no SparkJobSecretBinding.']);
    });

    it('is NotSelected for an executor and for a pod that the webhook is not asked about, whatever a binding says', () => {
      const executor = explained(marked(golden('spark-3.5-executor'), { team: 'orders' }), binding({}));
      const plain = explained({ metadata: { labels: { team: 'orders' } }, spec: { containers: [] } }, binding({}));
      expect([executor.verdict, plain.verdict]).to.deep.equal(['NotSelected', 'NotSelected']);
      expect(plain.messages.join()).to.contain('secrets.iomete.com/inject: "true"');
      expect(plain.bindings[0]?.selected).to.equal(true);
    });
  });

  it('knows which pods the webhook is asked about, as its configuration says', () => {
    const target = { kind: 'url', url: 'https://192.0.2.1' } as const;
    const webhooks = planWebhookConfiguration({ namespaces: ['a'], ownNamespace: 'o', target, caBundle: '' });
    const inject = 'secrets.iomete.com/inject';
    for (const role of [undefined, 'driver', 'connect-server', 'executor', 'worker'])
      for (const wanted of [undefined, 'true', 'false']) {
        const labels = { ...(role && { 'spark-role': role }), ...(wanted && { [inject]: wanted }) };
        const isAsked = webhooks.some(({ objectSelector }) =>
          (objectSelector?.matchExpressions ?? []).every(({ key: name, operator, values = [] }) => {
            const own = labels[name as keyof typeof labels];
            const isListed = own !== undefined && values.includes(own);
            return operator === 'In' ? isListed : !isListed;
          }),
        );
        expect(isWatchedPod({ metadata: { labels } }), JSON.stringify(labels)).to.equal(isAsked);
      }
  });

  it('shows each binding’s Ready, also of an older generation, with its store and scope', () => {
    const conditions = [
      { type: 'Ready', status: 'False' as const, reason: 'KeyNotFound', message: 'add it.', observedGeneration: 1 },
    ];
    const one = binding({ storeRef: { name: 's', namespace: 'n' }, scope: 'Application' }, { conditions });
    const [found] = explained(driver(), one).bindings;
    expect(found).to.deep.include({
      ready: { status: 'False', reason: 'KeyNotFound', message: 'add it. (of an older version of it)' },
      store: { namespace: 'n', name: 's' },
      scope: 'Application',
    });
    expect(explained(driver(), binding({}, { conditions: [] })).bindings[0]?.ready.status).to.equal('Unknown');
  });

  it('calls a pod of the API server by kind, namespace and name', () => {
    const pod = driver();
    expect(explain(podSubject(pod), [binding({})]).subject).to.deep.equal({
      kind: 'Pod',
      namespace: 'analytics',
      name: 'orders-etl-driver',
    });
  });

  it('finds the objects of a List', () => {
    expect(objectsIn({ kind: 'List', items: [{ kind: 'Pod' }, 7] })).to.deep.equal([{ kind: 'Pod' }, {}]);
  });
});
