import type { SecretStoreConfig, StoreSpec } from '../api/kinds.ts';
import { OperatorError } from '../errors.ts';
import { KubernetesStore } from './kubernetes/driver.ts';
import type { SecretAccess } from './kubernetes/secret-access.ts';
import type { StoreReferences } from './references.ts';
import type { SecretStore } from './store.ts';

/** What drivers need of the rest of the program. */
export interface DriverParts {
  /** The Secrets of a store of type kubernetes: the one named `secretName` in `namespace`, and its groups'. */
  readonly secretAccess: (namespace: string, secretName: string) => SecretAccess;
  /** What the specs of a namespace's stores refer to. */
  readonly references: (namespace: string) => StoreReferences;
}

/** Makes the driver of a store. */
export type OpenStore = (config: SecretStoreConfig) => SecretStore;

/** Every type of store that works. Adding one = its folder, a line here, its block in the CRD. */
function drivers(parts: DriverParts): Partial<Record<StoreSpec['type'], OpenStore>> {
  return {
    kubernetes: ({ metadata, spec }) => {
      const secretName = spec.kubernetes?.secretName ?? 'iomete-secret-store';
      return new KubernetesStore(parts.secretAccess(metadata.namespace ?? '', secretName), secretName);
    },
  };
}

/** Opens stores by their type. Throws StoreUnreachable for a type that the CRD knows and we don't yet. */
export function storeOpener(parts: DriverParts): OpenStore {
  const byType = drivers(parts);
  return (config) => {
    const open = byType[config.spec.type];
    if (open === undefined)
      throw new OperatorError('StoreUnreachable', `type ${config.spec.type} is not yet supported`);
    return open(config);
  };
}
