import type { SecretValue } from '../api/secret-value.ts';

/** A key of a Secret, as `*SecretRef` fields of a store's spec name it. */
export interface SecretKeyRef {
  /** Name of the Secret, in the store's own namespace: there is no way to name another. */
  readonly name: string;
  /** Key in its data. */
  readonly key: string;
}

/**
 * What the spec of one store refers to. It is bound to the store's namespace, so that no reference can leave it.
 * Nothing is kept: each call asks the API server, so that a changed credential is seen at the next login or check.
 */
export interface StoreReferences {
  /** The value under that key. Throws CredentialsMissing, naming Secret and key, or StoreUnreachable. */
  value(ref: SecretKeyRef, signal: AbortSignal): Promise<SecretValue>;
  /** All of a Secret's data. Throws as `value` does. */
  values(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, SecretValue>>;
  /**
   * A token of the operator's own ServiceAccount, good for ten minutes, for that audience (left out: the API server's).
   * Throws AuthenticationFailed in a namespace whose stores may not use the operator's identity: whoever may make a
   * store there would have it log in to a server of their choice.
   */
  identity(audience: string | undefined, signal: AbortSignal): Promise<SecretValue>;
}
