/**
 * The part of `metadata` that the runtime and its users read.
 *
 * Written here and not taken from client-node, whose types promise `Date` where the JSON of a list or a watch has a
 * string. Everything read through this room is the API server's JSON as it came.
 */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  /** RFC 3339, as it stands in the JSON. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

/** Who an object belongs to; the garbage collector removes it with its last owner. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Any object of the API server, as its JSON. Frozen by convention: what an informer hands out is shared. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/**
 * One kind of object: where it is served, and (through `T`) what it looks like.
 *
 * `const LEASE: KubeKind<Lease> = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true }`
 */
export interface KubeKind<T extends KubeObject = KubeObject> {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** What the server says about such an object may repeat its content: kept out of errors. Secrets always are. */
  readonly confidential?: boolean;
  /** Never set: it only carries the type of the objects. */
  readonly objectType?: T;
}

/** `v1` or `group/version`, as it stands in an object. */
export function apiVersionOf(kind: KubeKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Path of a kind's collection, or of one object in it. What others may have written is escaped: it can't reach another path. */
export function pathOf(kind: KubeKind, namespace?: string, ...rest: readonly string[]): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${encodeURIComponent(kind.version)}`;
  const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return [`${root}${scope}/${kind.plural}`, ...rest.map((part) => encodeURIComponent(part))].join('/');
}
