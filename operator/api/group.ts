/** API group and version of our kinds. */
export const GROUP = 'secrets.iomete.com';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Labels that we write, and the one that users do. */
export const LABELS = {
  /** On a binding's Secret, and that with its files: the name of the binding, shortened to what a label holds (63 characters). */
  binding: `${GROUP}/binding`,
  /** On Secrets of groups, by who keeps them: the `secretName` of the store of type kubernetes. */
  store: `${GROUP}/store`,
  /** On driver and executor pods: `"true"` when the pod has secrets from us. */
  injected: `${GROUP}/injected`,
  /** On a run's Secret: the name of the run. */
  run: `${GROUP}/run`,
  /** On a run's Secret: the name of the binding, as in `binding`, which only the binding's own Secret carries. */
  runBinding: `${GROUP}/run-binding`,
  /** Written by users, on pods that are no drivers by `spark-role` (notebooks, client mode): `"true"` when they may get secrets. */
  inject: `${GROUP}/inject`,
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** Annotations that we write, and those that users do. */
export const ANNOTATIONS = {
  /** On a driver pod: the names of the bindings it got secrets from, sorted, joined by commas. */
  bindings: `${GROUP}/bindings`,
  /** On a driver pod with a binding of scope Application: the name of this run, 10 characters. */
  run: `${GROUP}/run`,
  /** On a Secret: JSON object, key → digest of the version that it holds. On a driver pod: binding → such an object. */
  versions: `${GROUP}/versions`,
  /** On both: digest of the spec it was made for, so that old content is never taken for new. */
  specDigest: `${GROUP}/spec-digest`,
  /** On a run's Secret while it has credentials on lease: JSON, what is needed to renew and revoke them. Never a value. */
  leases: `${GROUP}/leases`,
  /** On a binding's Secret: JSON object, name of each environment variable → its key, or `template:` and text. Never a value. */
  envKeys: `${GROUP}/env-keys`,
  /** On a binding's Secret: JSON list of the keys that jobs may refer to and no variable is made of alone. Never a value. */
  referenceKeys: `${GROUP}/reference-keys`,
  /** On a binding's Secret: JSON object, name of each entry that only jobs need which run already → its source, and since when. Never a value. */
  keptEntries: `${GROUP}/kept-entries`,
  /** On the Secret with a binding's files: JSON object, name of each file → its key. Never a value. */
  fileKeys: `${GROUP}/file-keys`,
  /** Written by users, on a pod that gets secrets: the container that runs Spark, where that is not clear. */
  container: `${GROUP}/container`,
  /** Written by users, on such a pod: by which file Spark is to get properties, `DefaultsFile` (the default) or `JvmArguments`. */
  conf: `${GROUP}/conf`,
  /** On a SecretStoreConfig: when a replica that does not lead last wrote to the store, RFC 3339, so that the leader reads it anew. */
  refresh: `${GROUP}/refresh`,
  /** Written by users, on such a pod whose image has no shell: `operator`, so that the init container is of the operator's image. */
  mergeImage: `${GROUP}/merge-image`,
} as const;

/** Keeps a run's Secret until its credentials on lease were revoked. */
export const LEASE_FINALIZER = `${GROUP}/leases`;

/** Value of `app.kubernetes.io/managed-by`, and the name under which we own fields. */
export const MANAGER = 'spark-secrets-operator';

/** What the label `spark-role` says of the pods that the webhook is asked about by it. */
export const DRIVER_ROLES: readonly string[] = ['driver', 'connect-server'];
