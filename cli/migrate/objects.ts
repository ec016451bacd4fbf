import { API_VERSION } from '../../operator/api/group.ts';
import type { BindingSpec, StoreSpec } from '../../operator/api/kinds.ts';
import type { Fields } from '../../operator/injection/explain/shape.ts';

/** A store, by its name and namespace; without one it is in the namespace of whoever names it. */
export interface StoreName {
  readonly name: string;
  readonly namespace: string | undefined;
}

/** `NAMESPACE/NAME`, or the name alone. */
export function nameText({ name, namespace }: StoreName): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function storeObject(store: StoreName, spec: StoreSpec): Fields {
  return { apiVersion: API_VERSION, kind: 'SecretStoreConfig', metadata: metadataOf(store), spec };
}

/** A binding without what is empty in it. The store's namespace is only said where it is another one. */
export function bindingObject(
  binding: StoreName,
  store: StoreName,
  { selector, ...given }: Omit<BindingSpec, 'storeRef'>,
): Fields {
  const isElsewhere = store.namespace !== undefined && store.namespace !== binding.namespace;
  const storeRef = { name: store.name, ...(isElsewhere ? { namespace: store.namespace } : {}) };
  const filled = Object.entries(given).filter(([, list]) => !Array.isArray(list) || list.length > 0);
  const spec = { storeRef, selector, ...Object.fromEntries(filled) };
  return { apiVersion: API_VERSION, kind: 'SparkJobSecretBinding', metadata: metadataOf(binding), spec };
}

function metadataOf({ name, namespace }: StoreName): Fields {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
