import type { SecretStoreConfig, SparkJobSecretBinding } from '../../operator/api/kinds.ts';

type BindingSpec = SparkJobSecretBinding['spec'];
type StoreSpec = SecretStoreConfig['spec'];

/** A store `iomete-system/default` of type kubernetes, with parts of its spec replaced. */
export function storeConfig(spec: Partial<StoreSpec> = {}, metadata: object = {}): SecretStoreConfig {
  return {
    apiVersion: 'secrets.iomete.com/v1alpha1',
    kind: 'SecretStoreConfig',
    metadata: { name: 'default', namespace: 'iomete-system', uid: 'store-1', generation: 1, ...metadata },
    spec: { type: 'kubernetes', ...spec },
  };
}

/** A binding `analytics/orders` of the store `iomete-system/default`, with parts of its spec replaced. */
export function binding(spec: Partial<BindingSpec> = {}, metadata: object = {}): SparkJobSecretBinding {
  return {
    apiVersion: 'secrets.iomete.com/v1alpha1',
    kind: 'SparkJobSecretBinding',
    metadata: { name: 'orders', namespace: 'analytics', uid: 'binding-1', generation: 1, ...metadata },
    spec: {
      storeRef: { name: 'default', namespace: 'iomete-system' },
      selector: { applications: ['orders'] },
      ...spec,
    },
  };
}

/** Grants everything to the namespace of `binding`. */
export const GRANT_ALL = [{ namespaces: { matchNames: ['analytics'] }, keys: ['**'] }];
