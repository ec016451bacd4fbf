import { withoutContent, type BindingSecret } from './api/binding-secret.ts';
import { ANNOTATIONS, LABELS } from './api/group.ts';
import {
  NAMESPACE,
  POD,
  SECRET,
  SECRET_STORE_CONFIG,
  SPARK_JOB_SECRET_BINDING,
  storeRefOf,
  type DriverPod,
  type Secret,
  type SecretStoreConfig,
  type SparkJobSecretBinding,
} from './api/kinds.ts';
import { Informer } from './runtime/informer.ts';
import type { KubeConnection } from './runtime/kube-connection.ts';
import type { KubeObject } from './runtime/kube-object.ts';
import { WEBHOOK_CONFIGURATION, type WebhookConfiguration } from './webhook/webhook-configuration.ts';

/** What the operator follows; each kind is kept no larger than its readers need. */
export type Watches = {
  /** Index `store`: by the `namespace/name` of the store that a binding reads. */
  readonly bindings: Informer<SparkJobSecretBinding>;
  readonly stores: Informer<SecretStoreConfig>;
  /** Secrets of bindings, without their values. */
  readonly secrets: Informer<BindingSecret, Secret>;
  readonly namespaces: Informer<KubeObject>;
  /** Driver pods that got secrets; index `binding` by `namespace/name`. */
  readonly drivers: Informer<DriverPod>;
  readonly configuration: Informer<WebhookConfiguration>;
  readonly certificate: Informer<Secret>;
};

export interface WatchesOptions {
  readonly connection: KubeConnection;
  readonly namespace: string;
  readonly webhookConfiguration: string;
  readonly certificateSecret: string;
  readonly onLost: (plural: string, error: unknown) => void;
}

/** Builds the informers; the operator starts them. */
export function createWatches(options: WatchesOptions): Watches {
  const { connection, namespace } = options;
  const common = (plural: string): { connection: KubeConnection; onLost: (error: unknown) => void } => ({
    connection,
    onLost: (error) => {
      options.onLost(plural, error);
    },
  });
  return {
    bindings: new Informer<SparkJobSecretBinding>({
      ...common('sparkjobsecretbindings'),
      kind: SPARK_JOB_SECRET_BINDING,
      transform: withoutManagedFields,
      indexes: { store: (binding) => [keyOf(storeRefOf(binding))] },
    }),
    stores: new Informer<SecretStoreConfig>({
      ...common('secretstoreconfigs'),
      kind: SECRET_STORE_CONFIG,
      transform: withoutManagedFields,
    }),
    secrets: new Informer<BindingSecret, Secret>({
      ...common('secrets'),
      kind: SECRET,
      labelSelector: LABELS.binding,
      transform: withoutContent,
    }),
    namespaces: new Informer({ ...common('namespaces'), kind: NAMESPACE, transform: labelsOnly }),
    drivers: new Informer<DriverPod>({
      ...common('pods'),
      kind: POD,
      labelSelector: `${LABELS.injected}=true,spark-role=driver`,
      transform: driverPod,
      indexes: { binding: bindingsOf },
    }),
    configuration: new Informer<WebhookConfiguration>({
      ...common('mutatingwebhookconfigurations'),
      kind: WEBHOOK_CONFIGURATION,
      fieldSelector: `metadata.name=${options.webhookConfiguration}`,
    }),
    certificate: new Informer<Secret>({
      ...common('secrets'),
      kind: SECRET,
      namespace,
      fieldSelector: `metadata.name=${options.certificateSecret}`,
    }),
  };
}

/** `namespace/name` of every binding that a driver pod got secrets from: the webhook wrote them on it. */
export function bindingsOf({ metadata }: DriverPod): string[] {
  const names = metadata.annotations?.[ANNOTATIONS.bindings]?.split(',') ?? [];
  return names.filter((name) => name !== '').map((name) => keyOf({ namespace: metadata.namespace ?? '', name }));
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** `managedFields` and kubectl's copy of the object are more than half of it, and nobody here reads them. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const metadata = { ...object.metadata, managedFields: undefined, annotations: undefined };
  return { ...object, metadata };
}

function labelsOnly({ metadata }: KubeObject): KubeObject {
  const { name, uid = '', resourceVersion = '', labels = {} } = metadata;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid, resourceVersion, labels } };
}

function driverPod({ metadata, status }: DriverPod): DriverPod {
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = metadata;
  const labels = only('spark-app-name', metadata.labels);
  const annotations = only(ANNOTATIONS.bindings, metadata.annotations);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp, labels, annotations },
    status: status?.phase === undefined ? {} : { phase: status.phase },
  };
}

function only(name: string, members: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const value = members?.[name];
  return value === undefined ? {} : { [name]: value };
}
