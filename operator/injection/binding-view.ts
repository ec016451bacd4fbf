import type { SparkJobSecretBinding } from '../api/generated/spark-job-secret-binding.ts';
import type { SecretKey } from '../api/secret-key.ts';

/** A binding's Secret as far as a pod's patch needs it: names, never values. */
export interface BindingSecretView {
  readonly name: string;
  /** Annotation `secrets.iomete.com/spec-digest`: the spec that its content is complete for. */
  readonly specDigest: string | undefined;
  /** Annotation `secrets.iomete.com/env-keys`: name of each environment variable in it → its source (`EnvVariable.source`). */
  readonly envKeys: Readonly<Record<string, string>>;
  /** Annotation `secrets.iomete.com/reference-keys`: keys with an entry of their own in it (`referenceDataKey`). */
  readonly referenceKeys?: readonly SecretKey[];
  /** Annotation `secrets.iomete.com/versions`. */
  readonly versions?: string | undefined;
}

/** A binding and its Secret, as the webhook sees them. No Secret: not written yet. */
export interface BindingView {
  readonly binding: SparkJobSecretBinding;
  readonly secret: BindingSecretView | undefined;
  /** The run whose own Secrets a pod is to name, as `secret` does; undefined: the binding's. */
  readonly run?: string;
}

/** What a binding is called in messages. */
export function bindingTitle({ binding: { metadata } }: BindingView): string {
  return `SparkJobSecretBinding ${metadata.namespace ?? ''}/${metadata.name}`;
}
