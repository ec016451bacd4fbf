import { expect } from 'chai';
import { Refusal } from '../../../cli/cluster/refusal.ts';
import { NoToken } from '../../../cli/cluster/token.ts';
import { diagnose } from '../../../cli/doctor/diagnose.ts';
import type { Installation } from '../../../cli/doctor/installation.ts';
import { createAuthority } from '../../../operator/webhook/certificates.ts';
import { bindingOf, crdOf, healthy, NOW, ready, storeOf, webhooksOf } from './healthy.ts';

type Change = (well: Installation) => Partial<Installation>;

const deployment = (change: object): Change => {
  return ({ deployment: found }) => ({
    deployment: { value: { ...('value' in found ? found.value! : ({} as never)), ...change } },
  });
};
const lease = (spec: object): Change => {
  return ({ lease: found }) => {
    const value = 'value' in found ? found.value! : ({} as never);
    return { lease: { value: { ...value, object: { ...value.object, spec: { ...value.object.spec, ...spec } } } } };
  };
};
const crd = (change: (found: ReturnType<typeof crdOf>) => object): Change => {
  return ({ crds }) => ({
    crds: [
      crds[0]!,
      {
        ...crds[1]!,
        found: { value: { ...crdOf('sparkjobsecretbindings'), ...change(crdOf('sparkjobsecretbindings')) } },
      },
    ],
  });
};
const webhook = (change: (webhook: object, at: number) => object): Change => {
  return ({ webhook: found }) => {
    const value = 'value' in found ? found.value! : ({} as never);
    return {
      webhook: { value: { ...value, webhooks: value.webhooks!.map(change) as typeof value.webhooks & object } },
    };
  };
};

describe('doctor', () => {
  let well: Installation;
  before(async () => (well = healthy((await createAuthority(NOW)).cert)));

  const found = (change: Change): string[] =>
    diagnose({ ...well, ...change(well) }, NOW).map(({ state, area, message }) => `${state} ${area}: ${message}`);

  it('finds nothing where all is well', () => {
    expect(found(() => ({}))).to.deep.equal([
      'ok crds: secretstoreconfigs.secrets.iomete.com is installed, as this version has it',
      'ok crds: sparkjobsecretbindings.secrets.iomete.com is installed, as this version has it',
      'ok operator: Deployment spark-secrets-system/spark-secrets-operator: 2 of 2 pods are ready',
      'ok operator: Service spark-secrets-system/spark-secrets-operator has 1 ready endpoints',
      'ok leader: a leads, and said so 2 s ago',
      'ok webhook: covers analytics',
      'ok certificate: what it serves is trusted, until 2027-01-26T12:00:00.000Z',
      'ok api: answers, and knows you as ann',
      'ok api: keys of platform/default: you may list, get',
      'ok stores: 1 SecretStoreConfigs are seen, all of them Ready',
      'ok bindings: 1 SparkJobSecretBindings are seen, all of them Ready',
    ]);
  });

  it('says what to do next, of everything that is not ok', () => {
    for (const { state, next, message } of diagnose({ ...well, ...broken }, NOW))
      expect(next !== undefined && next !== '', message).to.equal(state !== 'ok');
  });
  const broken: Partial<Installation> = {
    ...{ deployment: { value: undefined }, lease: { value: undefined }, webhook: { value: undefined } },
    ...{ authorities: { value: undefined }, certificate: { unknown: 'why' }, api: { unknown: 'why' } },
    ...{ stores: { value: [storeOf('default')] }, bindings: { unknown: 'why' } },
  };

  const table: Readonly<Record<string, [Change, string]>> = {
    'definitions that are missing': [
      ({ crds }) => ({ crds: [{ ...crds[0]!, found: { value: undefined } }] }),
      'problem crds: secretstoreconfigs.secrets.iomete.com is not installed',
    ],
    'definitions that nobody may look at': [
      ({ crds }) => ({ crds: [{ ...crds[0]!, found: { unknown: 'you may not' } }] }),
      'warning crds: not looked at: you may not',
    ],
    'definitions that are not established': [
      crd(() => ({ status: {} })),
      'problem crds: sparkjobsecretbindings.secrets.iomete.com is not established: the API server has not looked at it',
    ],
    'definitions of another API version': [
      crd(({ spec }) => ({ spec: { versions: spec.versions.map((each) => ({ ...each, name: 'v9' })) } })),
      'problem crds: sparkjobsecretbindings.secrets.iomete.com does not serve v1alpha1',
    ],
    'definitions that are older': [
      crd(({ spec }) => ({
        spec: JSON.parse(JSON.stringify(spec).replaceAll('"precedence"', '"preference"')) as typeof spec,
      })),
      'problem crds: sparkjobsecretbindings.secrets.iomete.com is of another version: it lacks spec.precedence',
    ],
    'definitions that are newer': [
      ({ crds }) => ({
        crds: [
          {
            wanted: { ...crdOf('secretstoreconfigs'), spec: { versions: [{ name: 'v1alpha1', served: true }] } },
            found: crds[0]!.found,
          },
        ],
      }),
      'warning crds: secretstoreconfigs.secrets.iomete.com is newer than this command: it has spec, spec.type, spec.kubernetes and',
    ],
    'no installation': [
      () => ({ deployment: { value: undefined } }),
      'problem operator: no operator is installed in namespace',
    ],
    'no ready pod': [
      deployment({ status: { observedGeneration: 3 } }),
      'problem operator: Deployment spark-secrets-system/spark-secrets-operator has no ready pod, of 2',
    ],
    'an operator that is switched off': [
      deployment({ spec: { replicas: 0 } }),
      'problem operator: Deployment spark-secrets-system/spark-secrets-operator is scaled to 0',
    ],
    'fewer pods than wanted': [
      deployment({ spec: { replicas: 3 } }),
      'warning operator: Deployment spark-secrets-system/spark-secrets-operator: 2 of 3 pods are ready',
    ],
    'one replica': [
      deployment({ spec: { replicas: 1 } }),
      'warning operator: Deployment spark-secrets-system/spark-secrets-operator has one replica',
    ],
    'a rollout': [
      deployment({ metadata: { name: 'x', generation: 4 } }),
      'warning operator: Deployment spark-secrets-system/x is being changed',
    ],
    'another version': [
      () => ({ version: '0.2.0' }),
      'warning operator: the operator is of version 0.1.0, this command of 0.2.0',
    ],
    'why a pod is not ready': [
      () => ({
        pods: {
          value: [
            {
              metadata: { namespace: 'n', name: 'a' },
              status: {
                containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } }],
              },
            },
          ],
        },
      }),
      'warning operator: pod a is not ready: ImagePullBackOff no such image',
    ],
    'a Service without endpoints': [
      () => ({ slices: { value: [{ metadata: { name: 's' }, endpoints: [{ conditions: { ready: false } }] }] } }),
      'problem operator: Service spark-secrets-system/spark-secrets-operator has no ready endpoint',
    ],
    'a Service with the endpoints of the API alone': [
      () => ({
        slices: {
          value: [{ metadata: { name: 's' }, ports: [{ name: 'api' }], endpoints: [{ conditions: { ready: true } }] }],
        },
      }),
      'problem operator: Service spark-secrets-system/spark-secrets-operator has no ready endpoint',
    ],
    'that nobody leads': [lease({ holderIdentity: '' }), 'problem leader: nobody leads'],
    'a leader that says nothing': [
      lease({ renewTime: '2026-11-26T11:59:00.000000Z' }),
      'problem leader: a leads, but has not said so for 60 s',
    ],
    'a lease that never was renewed': [lease({ renewTime: undefined }), 'problem leader: a leads, but has not said so'],
    'a leader of somebody else': [
      lease({ holderIdentity: 'c' }),
      'warning leader: c leads, which is no pod of the operator here',
    ],
    'no webhook configuration': [
      () => ({ webhook: { value: undefined } }),
      'problem webhook: the MutatingWebhookConfiguration is not there',
    ],
    'a namespace that is not covered': [
      () => ({ bindings: { value: [bindingOf('analytics', 'a'), bindingOf('sales', 's')] } }),
      'problem webhook: not covered, though there are bindings: sales; jobs there get no secrets',
    ],
    'bindings where the webhook never goes': [
      () => ({ bindings: { value: [bindingOf('kube-system', 'a')] } }),
      'warning webhook: namespace kube-system has bindings, and is one that the webhook never covers',
    ],
    'a webhook that somebody changed': [
      webhook((each, at) => (at === 0 ? { ...each, failurePolicy: 'Ignore' } : each)),
      'problem webhook: driver.secrets.iomete.com of the webhook configuration is not as the operator keeps it',
    ],
    'a webhook that goes elsewhere': [
      webhook((each) => ({ ...each, clientConfig: { url: 'https://elsewhere', caBundle: 'x' } })),
      'warning webhook: the API server calls the webhook at https://elsewhere, not at the operator’s Service',
    ],
    'nothing to trust': [
      webhook((each) => ({ ...each, clientConfig: { caBundle: '' } })),
      'problem webhook: the API server is given no certificate to trust that is still good',
    ],
    'a ConfigMap for clients that is gone': [
      () => ({ authorities: { value: undefined } }),
      'problem certificate: the ConfigMap with the certificates to trust is not in namespace spark-secrets-system',
    ],
    'an operator that has no certificate': [
      () => ({ authorities: { value: { metadata: { name: 'spark-secrets-operator-ca' } } } }),
      'problem certificate: ConfigMap spark-secrets-system/spark-secrets-operator-ca says nothing: the operator has no',
    ],
    'a certificate that ended': [
      () => ({ certificate: { value: new Date('2026-11-26T11:59:00Z') } }),
      'problem certificate: the certificate that it serves ended at 2026-11-26T11:59:00.000Z',
    ],
    'a certificate that ends soon': [
      () => ({ certificate: { value: new Date('2026-11-28T12:00:00Z') } }),
      'warning certificate: the certificate that it serves ends at 2026-11-28',
    ],
    'an API that does not answer': [() => ({ api: { unknown: 'no' } }), 'problem api: no answer for you: no'],
    'no token for the API': [
      () => ({ api: { unknown: 'give one', reason: new NoToken('give one') } }),
      'warning api: was not asked: there is no token to send',
    ],
    'no right to reach the API': [
      () => ({ api: { unknown: 'no', reason: new Refusal(403, 'no') } }),
      'warning api: was not asked: you may not do what it needs',
    ],
    'no store for the caller': [
      () => ({ api: { value: { caller: 'ann', stores: [] } } }),
      'warning api: you see no store in its own namespace',
    ],
    'a store that is not Ready': [
      () => ({ stores: { value: [storeOf('default', ready('False', 'StoreUnreachable', 'look at it'))] } }),
      'problem stores: platform/default: StoreUnreachable',
    ],
    'a store that nobody looked at': [
      () => ({ stores: { value: [storeOf('default')] } }),
      'problem stores: platform/default: the operator has not looked at it',
    ],
    'a binding that changed since': [
      () => {
        const one = bindingOf('analytics', 'a', { ...ready('True', 'Synced', ''), observedGeneration: 1 });
        return { bindings: { value: [{ ...one, metadata: { ...one.metadata, generation: 2 } }] } };
      },
      'problem bindings: analytics/a: the operator has not looked at it',
    ],
    'many bindings that are not Ready': [
      () => ({
        bindings: {
          value: Array.from({ length: 23 }, (_, at) =>
            bindingOf('analytics', `b${at}`, ready('False', 'KeyNotFound', 'x')),
          ),
        },
      }),
      'problem bindings: 3 more are not Ready',
    ],
  };
  for (const [name, [change, message]] of Object.entries(table))
    it(`tells of ${name}`, () => {
      const lines = found(change);
      expect(
        lines.some((line) => line.startsWith(message)),
        lines.join('\n'),
      ).to.equal(true);
    });

  it('leaves alone what the operator does not watch, and says so', () => {
    const containers = [{ env: [{ name: 'WATCH_NAMESPACES', value: 'spark-secrets-system,analytics' }] }];
    const lines = found((before) => ({
      ...deployment({ spec: { replicas: 2, template: { spec: { containers } } } })(before),
      bindings: { value: [...('value' in well.bindings ? well.bindings.value : []), bindingOf('elsewhere', 'x')] },
    }));
    expect(lines.filter((line) => line.startsWith('problem'))).to.deep.equal([]);
    expect(lines).to.include(
      'warning bindings: 1 SparkJobSecretBindings are in namespaces that the operator does not watch',
    );
  });

  it('knows nothing covered where there is nothing to cover', () => {
    const lines = found(() => ({ webhook: webhooksOf([], ''), bindings: { value: [] } }));
    expect(lines).to.include('ok webhook: no namespace has bindings, and none is covered');
  });
});
