import type { SecretStoreConfig, SparkJobSecretBinding } from '../../api/kinds.ts';
import { OperatorError } from '../../errors.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';
import type { StoreCache, StoreFailure } from '../../stores/cache.ts';
import type { StoreHealth } from '../../stores/store.ts';

/** Where the present is read from. */
export interface Sources {
  readonly stores: Lister<SecretStoreConfig>;
  /** Index `store`: bindings by the `namespace/name` of the store that they read. */
  readonly bindings: Lister<SparkJobSecretBinding>;
  readonly cache: Pick<StoreCache, 'check' | 'close' | 'failureOf'>;
}

/** All that a store's status is made from. */
export interface Observed {
  readonly store: SecretStoreConfig;
  /** What it says of itself, or why it says nothing. */
  readonly health: StoreHealth | OperatorError;
  /** Why its bindings have no more than the last good values at present; undefined: they have what the store has. */
  readonly failure: StoreFailure | undefined;
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
  const health = await healthOf(store, sources);
  return { store, bindings, health, failure: sources.cache.failureOf(request.namespace, request.name) };
}

async function healthOf(store: SecretStoreConfig, { cache }: Sources): Promise<StoreHealth | OperatorError> {
  try {
    return await cache.check(store);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  }
}
