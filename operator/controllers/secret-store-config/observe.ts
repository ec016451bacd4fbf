import type { SecretStoreConfig, SparkJobSecretBinding } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';
import type { StoreCache } from '../../stores/cache.ts';
import type { StoreHealth } from '../../stores/store.ts';

/** Where the present is read from. */
export interface Sources {
  readonly stores: Lister<SecretStoreConfig>;
  /** Index `store`: bindings by the `namespace/name` of the store that they read. */
  readonly bindings: Lister<SparkJobSecretBinding>;
  readonly cache: Pick<StoreCache, 'check' | 'close'>;
}

/** All that a store's status is made from. */
export interface Observed {
  readonly store: SecretStoreConfig;
  /** What it says of itself, or why it says nothing. */
  readonly health: StoreHealth | OperatorError;
  readonly bindings: number;
}

/** Asks a store how it is. Undefined: its object is gone, and the store was closed. */
export async function observe(request: Request, sources: Sources): Promise<Observed | undefined> {
  const store = sources.stores.get(request.namespace, request.name);
  if (store === undefined || store.metadata.deletionTimestamp !== undefined) {
    await sources.cache.close(request.namespace, request.name);
    return undefined;
  }
  const bindings = sources.bindings.byIndex('store', requestKey(request)).length;
  try {
    return { store, bindings, health: await sources.cache.check(store) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { store, bindings, health: error };
  }
}
