/** A store, and in whose name it is asked. */
export interface StoreName {
  readonly namespace: string;
  readonly name: string;
  /** The namespace in whose name; undefined: the store's own. */
  readonly consumer?: string | undefined;
}

export type Query = Readonly<Record<string, string | undefined>>;

/** `?a=b`, or nothing. */
export function queryText(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** Path of a store in the API. */
export function storePath({ namespace, name }: StoreName): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/stores/${encodeURIComponent(name)}`;
}
