import { expect } from 'chai';
import {
  areSameWebhooks,
  isSameWebhook,
  planWebhookConfiguration,
  selectedNamespaces,
} from '../../operator/webhook/coverage.ts';
import type { Webhook } from '../../operator/webhook/webhook-configuration.ts';

const SERVICE = { kind: 'service', namespace: 'operator', name: 'svc', clusterDomain: 'cluster.local' } as const;

function plan(namespaces: readonly string[]): readonly Webhook[] {
  return planWebhookConfiguration({ namespaces, ownNamespace: 'operator', target: SERVICE, caBundle: 'PEM' });
}

const INJECT = 'secrets.iomete.com/inject';

/** Kubernetes' `In` and `NotIn`; the latter holds for a pod without the label. */
function matches({ objectSelector }: Webhook, labels: ReadonlyMap<string, string>): boolean {
  return (objectSelector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const isIn = values.includes(labels.get(key) ?? '');
    if (operator !== 'In' && operator !== 'NotIn') throw new Error(operator);
    return operator === 'In' ? isIn : !isIn;
  });
}

describe('plan of the webhook configuration', () => {
  const tables: Readonly<Record<string, [readonly string[], readonly string[] | undefined]>> = {
    'no namespace: no webhook': [[], undefined],
    'namespaces are sorted and named once': [
      ['b', 'a', 'b'],
      ['a', 'b'],
    ],
    'the own namespace is left out': [['operator', 'a'], ['a']],
    'the namespaces of the system are left out': [
      ['kube-system', 'kube-public', 'kube-node-lease', 'default'],
      ['default'],
    ],
    'only excluded ones: no webhook': [['operator', 'kube-system'], undefined],
  };
  for (const [name, [namespaces, expected]] of Object.entries(tables)) {
    it(name, () => {
      const selected = plan(namespaces).map(selectedNamespaces);
      expect(selected).to.deep.equal(expected === undefined ? [] : [expected, expected]);
    });
  }

  it('asks for the creation of drivers, and of pods that opted in, and refuses them when nobody answers', () => {
    const rest = {
      clientConfig: {
        service: { namespace: 'operator', name: 'svc', path: '/mutate-pod', port: 443 },
        caBundle: 'UEVN',
      },
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
      ],
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['a'] }],
      },
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'None',
      timeoutSeconds: 10,
      reinvocationPolicy: 'IfNeeded',
      admissionReviewVersions: ['v1'],
    };
    const roles = { key: 'spark-role', operator: 'In', values: ['driver', 'connect-server'] };
    const optedIn = [
      { key: 'secrets.iomete.com/inject', operator: 'In', values: ['true'] },
      { key: 'spark-role', operator: 'NotIn', values: ['driver', 'connect-server', 'executor'] },
    ];
    expect(plan(['a'])).to.deep.equal([
      { name: 'driver.secrets.iomete.com', objectSelector: { matchExpressions: [roles] }, ...rest },
      { name: 'client.secrets.iomete.com', objectSelector: { matchExpressions: optedIn }, ...rest },
    ]);
  });

  describe('of a pod', () => {
    const pods: Readonly<Record<string, [Readonly<Record<string, string>>, readonly string[]]>> = {
      'sends a driver once': [{ 'spark-role': 'driver' }, ['driver']],
      'sends a Connect server once': [{ 'spark-role': 'connect-server' }, ['driver']],
      'sends a driver once that opted in as well': [{ 'spark-role': 'driver', [INJECT]: 'true' }, ['driver']],
      'sends a notebook that opted in': [{ [INJECT]: 'true' }, ['client']],
      'sends a worker of a standalone cluster that opted in': [
        { 'spark-role': 'worker', [INJECT]: 'true' },
        ['client'],
      ],
      'does not send an executor, whatever its labels': [{ 'spark-role': 'executor', [INJECT]: 'true' }, []],
      'does not send a pod that has the label with another value': [{ [INJECT]: 'false' }, []],
      'does not send a pod that is not of Spark': [{ app: 'web' }, []],
    };
    for (const [sentence, [labels, expected]] of Object.entries(pods)) {
      it(sentence, () => {
        const names = plan(['a'])
          .filter((webhook) => matches(webhook, new Map(Object.entries(labels))))
          .map(({ name }) => name.split('.')[0]);
        expect(names).to.deep.equal(expected);
      });
    }
  });

  it('calls an operator outside of the cluster at its URL', () => {
    const target = { kind: 'url', url: 'https://10.0.0.1:8443' } as const;
    const [webhook] = planWebhookConfiguration({
      namespaces: ['a'],
      ownNamespace: 'operator',
      target,
      caBundle: 'PEM',
    });
    expect(webhook?.clientConfig).to.deep.equal({ url: 'https://10.0.0.1:8443/mutate-pod', caBundle: 'UEVN' });
  });
});

describe('comparison of webhooks', () => {
  const both = plan(['a', 'b']);
  const [wanted, other] = [both[0]!, both[1]!];

  it('finds no difference in fields that a later Kubernetes adds', () => {
    expect(isSameWebhook({ ...wanted, ...{ somethingNew: 1, matchConditions: [] } }, wanted)).to.be.true;
  });

  const edits: Readonly<Record<string, Partial<Webhook>>> = {
    'the failure policy': { failurePolicy: 'Ignore' },
    'the selector of objects': { objectSelector: {} },
    'one more label in the selector of namespaces': {
      namespaceSelector: { ...wanted.namespaceSelector, matchLabels: { x: 'y' } },
    },
    'the authority': { clientConfig: { ...wanted.clientConfig, caBundle: '' } },
    'a condition': { matchConditions: [{ name: 'never', expression: 'false' }] },
    'the rules': { rules: [] },
    'the time limit': { timeoutSeconds: 1 },
  };
  for (const [name, edit] of Object.entries(edits)) {
    it(`finds a difference in ${name}`, () => {
      expect(isSameWebhook({ ...wanted, ...edit }, wanted)).to.be.false;
    });
  }

  it('finds both in any order', () => {
    expect(areSameWebhooks([other, wanted], both)).to.be.true;
  });

  const sets: Readonly<Record<string, readonly Webhook[]>> = {
    'none is there': [],
    'only one is there, as a version before wrote it': [wanted],
    'one is there twice': [wanted, wanted],
    'the second was changed': [wanted, { ...other, failurePolicy: 'Ignore' }],
    'one more of ours is there': [wanted, other, { ...other, name: 'x' }],
  };
  for (const [sentence, observed] of Object.entries(sets)) {
    it(`finds a difference when ${sentence}`, () => {
      expect(areSameWebhooks(observed, both)).to.be.false;
    });
  }

  it('finds none when there are to be none, and are none', () => {
    expect([areSameWebhooks([], []), areSameWebhooks([wanted], [])]).to.deep.equal([true, false]);
  });
});
