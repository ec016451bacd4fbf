/**
 * Every reason that a condition of ours may carry, with what it means for the reader of crds/README.md, which is made
 * from this table. Names are CamelCase (Kubernetes API conventions, "Typical status properties").
 */
export const REASONS = {
  // Ready=True
  Connected: 'The store answers.',
  Injecting: 'Matching Spark jobs of the namespace get their secrets.',
  // stores
  StoreUnreachable:
    'The store does not answer. Bindings keep the values of the last good read; jobs start with those. Nothing is lost.',
  AuthenticationFailed:
    'The store refuses the operator. Check the credentials that the store names, or the RBAC of the operator.',
  SecretNotFound: 'The Secret that the store names is not there yet. Create it; nothing else has to be done.',
  // keys
  KeyRefused:
    'The store lets the operator in, but not to this key. Give its policy or role read access to the path, or correct the key.',
  ValueUnreadable:
    'What the store has under the key can not be read: it was not sealed for this key, or has another form than the store expects. Write the value anew.',
  StoreNotFound: 'The SecretStoreConfig that the binding names does not exist. Create it, or correct spec.storeRef.',
  KeyNotFound: 'The store does not have the key. Add it to the store, or correct the key in the binding.',
  AccessDenied:
    'The store does not grant the key to this namespace. Ask its owner for an entry in spec.access of the store.',
  NotLeasable:
    'A reference PATH#FIELD asks for credentials that the store makes for one run. The binding is not of scope Application, the store makes none, or its spec does not list the path. The message says which.',
  InvalidTemplate:
    'The template of a sparkConf entry does not parse. Keys are written ${KEY}, a literal ${ is written $${.',
  ForbiddenConfKey: 'Spark would show this property in clear, or sets it itself. Use env, or another property.',
  InvalidEnvName: 'A key of an envFrom group gives no valid name of an environment variable. Name it in env instead.',
  InvalidValue:
    'The value can not reach the pod unchanged in this form. The message says why, and what to use instead.',
  ValueTooLarge: 'The value, or all values of the binding together, are larger than Linux or Kubernetes carry.',
  Conflict: 'Two sources claim one name: two entries of the binding, or a Secret of the same name that is not ours.',
  // the way to the pods
  NamespaceNotCovered:
    'The webhook does not cover the namespace yet. It follows within a second when the operator is well.',
  NamespaceExcluded: "The webhook never covers this namespace (the operator's own, or kube-system). Use another.",
  Unresolved: 'Not every key has a value: see the condition Resolved.',
  SecretNotWritten: "The binding's Secret could not be written. The message says what the API server answered.",
  AllKeysResolved: 'Every key has a value.',
  // events only
  SecretsNotInjected:
    'On a pod and its bindings: the pod was created without their secrets, because the webhook was not called then. Create it again.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;

/** Something that keeps a binding or store from being Ready, in words for a condition: never with a value in it. */
export interface Problem {
  readonly reason: Reason;
  /** What is wrong, and what to do next. */
  readonly message: string;
}
