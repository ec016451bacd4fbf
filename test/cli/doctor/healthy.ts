import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Condition } from '../../../operator/api/conditions.ts';
import type { SecretStoreConfig, SparkJobSecretBinding } from '../../../operator/api/kinds.ts';
import { planWebhookConfiguration } from '../../../operator/webhook/coverage.ts';
import type { Crd, Installation } from '../../../cli/doctor/installation.ts';

export const NOW = new Date('2026-11-26T12:00:00Z');
export const NAMESPACE = 'spark-secrets-system';
export const NAME = 'spark-secrets-operator';

export const ready = (status: Condition['status'], reason: string, message: string): Condition => ({
  ...{ type: 'Ready', status, reason, message },
  lastTransitionTime: '2026-11-26T11:00:00Z',
});

export function storeOf(name: string, condition?: Condition): SecretStoreConfig {
  return {
    apiVersion: 'secrets.iomete.com/v1alpha1',
    kind: 'SecretStoreConfig',
    metadata: { namespace: 'platform', name },
    spec: { type: 'kubernetes' },
    ...(condition === undefined ? {} : { status: { conditions: [condition] } }),
  };
}

export function bindingOf(namespace: string, name: string, condition?: Condition): SparkJobSecretBinding {
  return {
    apiVersion: 'secrets.iomete.com/v1alpha1',
    kind: 'SparkJobSecretBinding',
    metadata: { namespace, name },
    spec: { storeRef: { name: 'default' }, selector: { applications: ['a'] } },
    ...(condition === undefined ? {} : { status: { conditions: [condition] } }),
  };
}

const file = (plural: string): string => join(import.meta.dirname, '..', '..', '..', 'crds', `${plural}.yaml`);

export function crdOf(plural: string): Crd {
  const crd = parse(readFileSync(file(plural), 'utf8')) as Crd;
  const established = { ...ready('True', 'InitialNamesAccepted', 'ok'), type: 'Established' };
  return { ...crd, status: { conditions: [established] } };
}

/** The webhooks as the operator keeps them. */
export function webhooksOf(namespaces: readonly string[], caBundle: string): Installation['webhook'] {
  const target = { kind: 'service', namespace: NAMESPACE, name: NAME, clusterDomain: 'cluster.local' } as const;
  const webhooks = planWebhookConfiguration({ namespaces, ownNamespace: NAMESPACE, target, caBundle });
  return { value: { metadata: { name: NAME }, webhooks } };
}

/** An installation in which all is well. `ca`: PEM of who signs for it. */
export function healthy(ca: string): Installation {
  const metadata = { namespace: NAMESPACE, name: NAME };
  const pods = ['a', 'b'].map((name) => ({
    metadata: { namespace: NAMESPACE, name },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }));
  return {
    ...{ namespace: NAMESPACE, version: '0.1.0' },
    crds: ['secretstoreconfigs', 'sparkjobsecretbindings'].map((plural) => ({
      wanted: crdOf(plural),
      found: { value: crdOf(plural) },
    })),
    service: { value: { metadata, spec: { ports: [{ name: 'api' }] } } },
    deployment: {
      value: {
        metadata: { ...metadata, generation: 3, labels: { 'app.kubernetes.io/version': '0.1.0' } },
        spec: { replicas: 2 },
        status: { observedGeneration: 3, readyReplicas: 2, updatedReplicas: 2 },
      },
    },
    pods: { value: pods },
    slices: {
      value: [
        {
          metadata,
          ports: [{ name: 'webhook' }, { name: 'api' }],
          endpoints: [{ conditions: { ready: true } }, { conditions: { ready: false } }],
        },
      ],
    },
    lease: {
      value: {
        at: NOW,
        object: {
          metadata,
          spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-11-26T11:59:58.000000Z' },
        },
      },
    },
    webhook: webhooksOf(['analytics'], ca),
    authorities: { value: { metadata, data: { 'ca.crt': ca } } },
    certificate: { value: new Date('2027-01-26T12:00:00Z') },
    api: {
      value: {
        caller: 'ann',
        stores: [
          {
            ...{ namespace: 'platform', name: 'default', type: 'kubernetes', may: ['list', 'get'] },
            ready: { status: 'True', reason: 'Connected', message: '' },
          },
        ],
      },
    },
    stores: { value: [storeOf('default', ready('True', 'Connected', 'ok'))] },
    bindings: { value: [bindingOf('analytics', 'orders', ready('True', 'Synced', 'ok'))] },
  };
}
