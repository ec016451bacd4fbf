import { withoutContent, type BindingSecret } from './api/binding-secret.ts';
import { ANNOTATIONS, DRIVER_ROLES, LABELS } from './api/group.ts';
import { MANAGER_LABELS } from './api/spark-applications.ts';
import { leaseNoteOf } from './api/lease-note.ts';
import { withoutValues, type RunSecret } from './api/run-secret.ts';
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
import type { Pod } from './injection/pod.ts';
import { runReferences } from './injection/run.ts';
import { applicationNames } from './injection/runners/registry.ts';
import { Informer, type InformerOptions } from './runtime/informer.ts';
import type { KubeConnection } from './runtime/kube-connection.ts';
import type { KubeObject } from './runtime/kube-object.ts';
import { WEBHOOK_CONFIGURATION, type WebhookConfiguration } from './webhook/webhook-configuration.ts';

/** A driver pod as the API server sends it. */
type RawDriverPod = KubeObject & Pod & Pick<DriverPod, 'status'>;

/** What the operator follows; each kind is kept no larger than its readers need. */
export type Watches = {
  /** Index `store`: by the `namespace/name` of the store that a binding reads. */
  readonly bindings: Informer<SparkJobSecretBinding>;
  readonly stores: Informer<SecretStoreConfig>;
  /** Secrets of bindings, without their values. */
  readonly secrets: Informer<BindingSecret, Secret>;
  /** Secrets of runs, without their values; those with credentials on lease in index `binding` by `namespace/name`. */
  readonly runs: Informer<RunSecret, Secret>;
  readonly namespaces: Informer<KubeObject>;
  /** Pods that got secrets, but not executors: drivers, servers, notebooks; index `binding` by `namespace/name`. */
  readonly drivers: Informer<DriverPod, RawDriverPod>;
  /** Drivers and Connect servers without secrets that have not ended: labels and times. */
  readonly bareDrivers: Informer<KubeObject>;
  /** The same of other pods that ask for secrets by their label. */
  readonly bareOptedIn: Informer<KubeObject>;
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
  const common = (plural: string): Common => commonOf(options, plural);
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
      transform: storeConfig,
    }),
    secrets: new Informer<BindingSecret, Secret>({
      ...common('secrets'),
      kind: SECRET,
      labelSelector: LABELS.binding,
      transform: withoutContent,
    }),
    runs: new Informer<RunSecret, Secret>({
      ...common('secrets'),
      kind: SECRET,
      labelSelector: LABELS.run,
      transform: withoutValues,
      indexes: { binding: leasedFor },
    }),
    namespaces: new Informer({ ...common('namespaces'), kind: NAMESPACE, transform: labelsOnly }),
    drivers: new Informer<DriverPod, RawDriverPod>({
      ...common('pods'),
      kind: POD,
      // Executors have the label too, by their driver's conf; notebooks have no role.
      labelSelector: `${LABELS.injected}=true,spark-role!=executor`,
      transform: driverPod,
      indexes: { binding: bindingsOf },
    }),
    ...bareWatches(options),
    ...webhookWatches(options),
  };
}

const ROLES = DRIVER_ROLES.join();

/** Two, as a selector of labels has no "or". Both are empty in a cluster where every Spark job has its secrets. */
function bareWatches(options: WatchesOptions): Pick<Watches, 'bareDrivers' | 'bareOptedIn'> {
  const pods = (labelSelector: string): Informer<KubeObject> =>
    new Informer<KubeObject>({
      ...commonOf(options, 'pods'),
      kind: POD,
      labelSelector: `${labelSelector},!${LABELS.injected}`,
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
      transform: barePod,
    });
  return {
    bareDrivers: pods(`spark-role in (${ROLES})`),
    bareOptedIn: pods(`${LABELS.inject}=true,spark-role notin (${ROLES},executor)`),
  };
}

function webhookWatches(options: WatchesOptions): Pick<Watches, 'configuration' | 'certificate'> {
  return {
    configuration: new Informer<WebhookConfiguration>({
      ...commonOf(options, 'mutatingwebhookconfigurations'),
      kind: WEBHOOK_CONFIGURATION,
      fieldSelector: `metadata.name=${options.webhookConfiguration}`,
    }),
    certificate: new Informer<Secret>({
      ...commonOf(options, 'secrets'),
      kind: SECRET,
      namespace: options.namespace,
      fieldSelector: `metadata.name=${options.certificateSecret}`,
    }),
  };
}

type Common = Readonly<Pick<InformerOptions<KubeObject>, 'connection' | 'onLost'>>;

function commonOf({ connection, onLost }: WatchesOptions, plural: string): Common {
  return {
    connection,
    onLost: (error) => {
      onLost(plural, error);
    },
  };
}

/** `namespace/name` of every binding that a driver pod got secrets from: the webhook wrote them on it. */
export function bindingsOf({ metadata }: DriverPod): string[] {
  return bindingNames(metadata).map((name) => keyOf({ namespace: metadata.namespace ?? '', name }));
}

/** `namespace/name` of the binding whose credentials on lease a run's Secret holds. */
export function leasedFor(secret: RunSecret): string[] {
  const note = leaseNoteOf(secret);
  return note === undefined ? [] : [keyOf({ namespace: secret.metadata.namespace ?? '', name: note.binding })];
}

function bindingNames({ annotations }: DriverPod['metadata']): string[] {
  return annotations?.[ANNOTATIONS.bindings]?.split(',').filter((name) => name !== '') ?? [];
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** `managedFields` and kubectl's copy of the object are more than half of it, and nobody here reads them. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const metadata = { ...object.metadata, managedFields: undefined, annotations: undefined };
  return { ...object, metadata };
}

function storeConfig(store: SecretStoreConfig): SecretStoreConfig {
  const { metadata, ...rest } = withoutManagedFields(store);
  const refresh = store.metadata.annotations?.[ANNOTATIONS.refresh];
  return { ...rest, metadata: { ...metadata, ...(refresh && { annotations: { [ANNOTATIONS.refresh]: refresh } }) } };
}

function labelsOnly({ metadata }: KubeObject): KubeObject {
  const { name, uid = '', resourceVersion = '', labels = {} } = metadata;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid, resourceVersion, labels } };
}

/** `applicationNames` and bindings' selectors read nothing but labels. */
function barePod({ metadata }: KubeObject): KubeObject {
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = metadata;
  const { labels = {}, deletionTimestamp } = metadata;
  const kept = { name, namespace, uid, resourceVersion, creationTimestamp, labels };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...kept, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  };
}

function driverPod(pod: RawDriverPod): DriverPod {
  const { metadata, status } = pod;
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = metadata;
  const { ownerReferences, deletionTimestamp } = metadata;
  const runs = runReferences(pod, bindingNames(metadata));
  const labels = only(MANAGER_LABELS, metadata.labels);
  const annotations = only([ANNOTATIONS.bindings, ANNOTATIONS.versions], metadata.annotations);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      labels,
      annotations,
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    status: status?.phase === undefined ? {} : { phase: status.phase },
    ...applicationOf(pod),
    ...(runs.length === 0 ? {} : { runs }),
  };
}

function applicationOf(pod: Pod): Pick<DriverPod, 'application'> {
  const [application] = applicationNames(pod);
  return application === undefined ? {} : { application };
}

function only(names: readonly string[], members: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const there = names.flatMap((name) => (members?.[name] === undefined ? [] : [[name, members[name]] as const]));
  return Object.fromEntries(there);
}
