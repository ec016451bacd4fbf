import type { KubeKind, KubeObject } from '../runtime/kube-object.ts';
import type { SecretStoreConfig } from './generated/secret-store-config.ts';
import type { SparkJobSecretBinding } from './generated/spark-job-secret-binding.ts';
import { GROUP, VERSION } from './group.ts';

export type { SecretStoreConfig, SparkJobSecretBinding };
export type StoreSpec = SecretStoreConfig['spec'];
export type StoreStatus = NonNullable<SecretStoreConfig['status']>;
export type BindingSpec = SparkJobSecretBinding['spec'];
export type BindingStatus = NonNullable<SparkJobSecretBinding['status']>;

export const SECRET_STORE_CONFIG: KubeKind<SecretStoreConfig> = {
  group: GROUP,
  version: VERSION,
  plural: 'secretstoreconfigs',
  kind: 'SecretStoreConfig',
  namespaced: true,
};

export const SPARK_JOB_SECRET_BINDING: KubeKind<SparkJobSecretBinding> = {
  group: GROUP,
  version: VERSION,
  plural: 'sparkjobsecretbindings',
  kind: 'SparkJobSecretBinding',
  namespaced: true,
};

/** A core Secret, as its JSON. */
export interface Secret extends KubeObject {
  readonly type?: string;
  readonly immutable?: boolean;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export const SECRET: KubeKind<Secret> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
  confidential: true,
};

/** A core ConfigMap, as its JSON. */
export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const CONFIG_MAP: KubeKind<ConfigMap> = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

export const NAMESPACE: KubeKind = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

/** For its tokens (TokenRequest). `confidential`: what it answers holds a credential. */
export const SERVICE_ACCOUNT: KubeKind = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  confidential: true,
};

/** What is kept of a driver pod. */
export interface DriverPod extends KubeObject {
  /** The name that its application's user knows; undefined: the pod tells none. */
  readonly application?: string;
  readonly status?: { readonly phase?: string };
  /** The Secrets that the pod refers to and that are for this run alone. */
  readonly runs?: readonly RunReference[];
}

/** The Secrets of one run, and whose content they get. */
export interface RunReference {
  /** Name of the binding. */
  readonly binding: string;
  readonly run: string;
  readonly secret: string;
  /** Name of the Secret with its files, if the pod mounts one. */
  readonly files?: string;
}

export const POD: KubeKind<DriverPod> = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

/** The store that a binding reads: `spec.storeRef` with its namespace filled in. */
export function storeRefOf(binding: SparkJobSecretBinding): { readonly namespace: string; readonly name: string } {
  const { name, namespace } = binding.spec.storeRef;
  return { namespace: namespace ?? binding.metadata.namespace ?? '', name };
}

/** The same as one text, `namespace/name`. */
export function storeOf(binding: SparkJobSecretBinding): string {
  const { namespace, name } = storeRefOf(binding);
  return `${namespace}/${name}`;
}
