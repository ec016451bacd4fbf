import { expect } from 'chai';
import { isSameWebhook, planWebhookConfiguration, selectedNamespaces } from '../../operator/webhook/coverage.ts';
import type { Webhook } from '../../operator/webhook/webhook-configuration.ts';

const SERVICE = { kind: 'service', namespace: 'operator', name: 'svc', clusterDomain: 'cluster.local' } as const;

function plan(namespaces: readonly string[]): readonly Webhook[] {
  return planWebhookConfiguration({ namespaces, ownNamespace: 'operator', target: SERVICE, caBundle: 'PEM' });
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
      const [webhook] = plan(namespaces);
      expect(webhook === undefined ? undefined : selectedNamespaces(webhook)).to.deep.equal(expected);
    });
  }

  it('asks for the creation of driver pods only, and refuses them when nobody answers', () => {
    expect(plan(['a'])).to.deep.equal([
      {
        name: 'driver.secrets.iomete.com',
        clientConfig: {
          service: { namespace: 'operator', name: 'svc', path: '/mutate-pod', port: 443 },
          caBundle: 'UEVN',
        },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
        ],
        objectSelector: { matchExpressions: [{ key: 'spark-role', operator: 'In', values: ['driver'] }] },
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['a'] }],
        },
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 10,
        reinvocationPolicy: 'IfNeeded',
        admissionReviewVersions: ['v1'],
      },
    ]);
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
  const [wanted] = plan(['a', 'b']);

  it('finds no difference in fields that a later Kubernetes adds', () => {
    expect(isSameWebhook({ ...wanted!, ...{ somethingNew: 1, matchConditions: [] } }, wanted)).to.be.true;
  });

  const edits: Readonly<Record<string, Partial<Webhook>>> = {
    'the failure policy': { failurePolicy: 'Ignore' },
    'the selector of objects': { objectSelector: {} },
    'one more label in the selector of namespaces': {
      namespaceSelector: { ...wanted!.namespaceSelector, matchLabels: { x: 'y' } },
    },
    'the authority': { clientConfig: { ...wanted!.clientConfig, caBundle: '' } },
    'a condition': { matchConditions: [{ name: 'never', expression: 'false' }] },
    'the rules': { rules: [] },
    'the time limit': { timeoutSeconds: 1 },
  };
  for (const [name, edit] of Object.entries(edits)) {
    it(`finds a difference in ${name}`, () => {
      expect(isSameWebhook({ ...wanted!, ...edit }, wanted)).to.be.false;
    });
  }

  it('tells apart one and none', () => {
    expect([
      isSameWebhook(wanted, undefined),
      isSameWebhook(undefined, wanted),
      isSameWebhook(undefined, undefined),
    ]).to.deep.equal([false, false, true]);
  });
});
