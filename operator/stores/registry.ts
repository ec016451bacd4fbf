import type { SecretStoreConfig, StoreSpec } from '../api/kinds.ts';
import { OperatorError } from '../errors.ts';
import { DatabaseStore } from './database/driver.ts';
import { KubernetesStore } from './kubernetes/driver.ts';
import type { SecretAccess } from './kubernetes/secret-access.ts';
import type { StoreReferences } from './references.ts';
import { RequestBudget } from './request-budget.ts';
import type { SecretStore } from './store.ts';
import { VaultStore } from './vault/driver.ts';

/** What drivers need of the rest of the program. */
export interface DriverParts {
  /** The Secrets of a store of type kubernetes: the one named `secretName` in `namespace`, and its groups'. */
  readonly secretAccess: (namespace: string, secretName: string) => SecretAccess;
  /** What the specs of a namespace's stores refer to. */
  readonly references: (namespace: string) => StoreReferences;
}

/** Makes the driver of a store. */
export type OpenStore = (config: SecretStoreConfig) => SecretStore;

/** What a backend may be asked where `spec.requestBudget` says nothing: the defaults in the CRD. */
const DEFAULT_BUDGET = { perSecond: 50, burst: 100 };

/** Opens stores by their type. Adding a type = its folder, a line here, its block in the CRD. Throws for a bad spec. */
export function storeOpener(parts: DriverParts): OpenStore {
  const byType: Record<StoreSpec['type'], OpenStore> = {
    kubernetes: ({ metadata, spec }) => {
      const secretName = spec.kubernetes?.secretName ?? 'iomete-secret-store';
      return new KubernetesStore(parts.secretAccess(metadata.namespace ?? '', secretName), secretName);
    },
    vault: (config) => {
      const uid = config.metadata.uid ?? '';
      return new VaultStore({ spec: block(config, 'vault'), ...common(parts, config), uid });
    },
    database: (config) => openDatabase(parts, config),
  };
  return (config) => byType[config.spec.type](config);
}

/** A store of type database, with what only it can do. */
export function openDatabase(parts: Pick<DriverParts, 'references'>, config: SecretStoreConfig): DatabaseStore {
  return new DatabaseStore({ spec: block(config, 'database'), ...common(parts, config) });
}

function common(
  { references }: Pick<DriverParts, 'references'>,
  { metadata, spec }: SecretStoreConfig,
): { readonly references: StoreReferences; readonly budget: RequestBudget } {
  const budget = new RequestBudget({ ...DEFAULT_BUDGET, ...spec.requestBudget });
  return { references: references(metadata.namespace ?? ''), budget };
}

/** The CRD sees to it that it is there. */
function block<T extends 'vault' | 'database'>({ spec }: SecretStoreConfig, type: T): NonNullable<StoreSpec[T]> {
  const found = spec[type];
  if (found === undefined) throw new OperatorError('StoreUnreachable', `the spec has no block ${type}`);
  return found;
}
