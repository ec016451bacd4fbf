import { withoutContent, type BindingSecret } from './api/binding-secret.ts';
import { ANNOTATIONS, DRIVER_ROLES, LABELS } from './api/group.ts';
import type { Role } from './config.ts';
import { MANAGER_LABELS } from './api/spark-applications.ts';
import { leaseNoteOf } from './api/lease-note.ts';
import { withoutValues, type RunSecret } from './api/run-secret.ts';
import {
  CONFIG_MAP,
  NAMESPACE,
  POD,
  SECRET,
  SECRET_STORE_CONFIG,
  SPARK_JOB_SECRET_BINDING,
  storeRefOf,
  type ConfigMap,
  type DriverPod,
  type Secret,
  type SecretStoreConfig,
  type SparkJobSecretBinding,
} from './api/kinds.ts';
import type { Pod } from './injection/pod.ts';
import { runReferences } from './injection/run.ts';
import { applicationNames } from './injection/runners/registry.ts';
import { readBy } from './read-by-role.ts';
import { Informer, type InformerOptions } from './runtime/informer.ts';
import { InformerGroup, type AnyInformer } from './runtime/informer-group.ts';
import type { KubeConnection } from './runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from './runtime/kube-object.ts';
import { WatchScope } from './runtime/watch-scope.ts';
import { WEBHOOK_CONFIGURATION, type WebhookConfiguration } from './webhook/webhook-configuration.ts';

/** A driver pod as the API server sends it. */
type RawDriverPod = KubeObject & Pod & Pick<DriverPod, 'status'>;

/** What the operator follows; each kind is kept no larger than its readers need. */
export type Informers = {
  /** Index `store`: by the `namespace/name` of the store that a binding reads. */
  readonly bindings: AnyInformer<SparkJobSecretBinding>;
  readonly stores: AnyInformer<SecretStoreConfig>;
  /** Secrets of bindings, without their values. */
  readonly secrets: AnyInformer<BindingSecret>;
  /** Secrets of runs, without their values; those with credentials on lease in index `binding` by `namespace/name`. */
  readonly runs: AnyInformer<RunSecret>;
  readonly namespaces: AnyInformer<KubeObject>;
  /** Pods that got secrets, but not executors: drivers, servers, notebooks; index `binding` by `namespace/name`. */
  readonly drivers: AnyInformer<DriverPod>;
  /** Drivers and Connect servers without secrets that have not ended: labels and times. */
  readonly bareDrivers: AnyInformer<KubeObject>;
  /** The same of other pods that ask for secrets by their label. */
  readonly bareOptedIn: AnyInformer<KubeObject>;
  readonly configuration: AnyInformer<WebhookConfiguration>;
  readonly certificate: AnyInformer<Secret>;
  readonly authorities: AnyInformer<ConfigMap>;
};

/** The informers, and which namespaces those of namespaced kinds watch. What no role of this process reads stays empty. */
export type Watches = Informers & { readonly scope: WatchScope };

export interface WatchesOptions {
  readonly roles: ReadonlySet<Role>;
  readonly connection: KubeConnection;
  readonly namespace: string;
  /** As in the Config. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly webhookConfiguration: string;
  readonly certificateSecret: string;
  readonly caConfigMap: string;
  readonly onLost: (plural: string, error: unknown) => void;
  /** A change that could not be taken in: a mistake of ours. */
  readonly onListenerError?: (plural: string, error: unknown) => void;
  /** Of a list of namespaces one may not be read: told once, until `onReadable`. */
  readonly onForbidden?: (namespace: string) => void;
  /** It can be read now. */
  readonly onReadable?: (namespace: string) => void;
}

/** Builds the informers; the operator starts those of its roles. */
export function createWatches(options: WatchesOptions): Watches {
  const { watchNamespaces: namespaces, onForbidden, onReadable } = options;
  const scope = new WatchScope({ namespaces, ...(onForbidden && { onForbidden }) });
  if (onReadable) scope.onReadable(onReadable);
  const builder: Builder = { options, scope };
  return {
    scope,
    ...declaredWatches(builder),
    ...secretWatches(builder),
    ...podWatches(builder),
    ...webhookWatches(options),
    namespaces: new Informer({ ...commonOf(options, NAMESPACE), transform: labelsOnly }),
  };
}

/** Each informer that these roles read, by its name: in no order that means something. */
export function informersOf(
  watches: Watches,
  roles: ReadonlySet<Role>,
): [name: keyof Informers, informer: AnyInformer<KubeObject>][] {
  return [...readBy(roles)].map((name) => [name, watches[name]]);
}

interface Builder {
  readonly options: WatchesOptions;
  readonly scope: WatchScope;
}

type Kept<T extends KubeObject, Raw extends KubeObject> = Omit<
  InformerOptions<T, Raw>,
  'connection' | 'namespace' | 'onListed' | 'onLost'
>;

/** An informer of the watched namespaces. `name` tells it from others of its kind. */
function watched<T extends KubeObject, Raw extends KubeObject = T>(
  { options, scope }: Builder,
  name: keyof Informers,
  kept: Kept<T, Raw>,
): AnyInformer<T> {
  const all = { ...kept, ...commonOf<Raw>(options, kept.kind) };
  const { namespaces } = scope;
  const onAccess = (namespace: string, isGranted: boolean): void => {
    scope.heard(namespace, name, isGranted);
  };
  const informer =
    namespaces === undefined ? new Informer<T, Raw>(all) : new InformerGroup<T, Raw>({ ...all, namespaces, onAccess });
  if (readBy(options.roles).has(name)) scope.include(informer);
  return informer;
}

function declaredWatches(builder: Builder): Pick<Watches, 'bindings' | 'stores'> {
  return {
    bindings: watched<SparkJobSecretBinding>(builder, 'bindings', {
      kind: SPARK_JOB_SECRET_BINDING,
      transform: withoutManagedFields,
      indexes: { store: (binding) => [keyOf(storeRefOf(binding))] },
    }),
    stores: watched<SecretStoreConfig>(builder, 'stores', { kind: SECRET_STORE_CONFIG, transform: storeConfig }),
  };
}

function secretWatches(builder: Builder): Pick<Watches, 'secrets' | 'runs'> {
  return {
    secrets: watched<BindingSecret, Secret>(builder, 'secrets', {
      kind: SECRET,
      labelSelector: LABELS.binding,
      transform: withoutContent,
    }),
    runs: watched<RunSecret, Secret>(builder, 'runs', {
      kind: SECRET,
      labelSelector: LABELS.run,
      transform: withoutValues,
      indexes: { binding: leasedFor },
    }),
  };
}

const ROLES = DRIVER_ROLES.join();

/** Bare ones are two, as a selector of labels has no "or": empty in a cluster where every Spark job has its secrets. */
function podWatches(builder: Builder): Pick<Watches, 'drivers' | 'bareDrivers' | 'bareOptedIn'> {
  const bare = (name: 'bareDrivers' | 'bareOptedIn', labelSelector: string): AnyInformer<KubeObject> =>
    watched<KubeObject>(builder, name, {
      kind: POD,
      labelSelector: `${labelSelector},!${LABELS.injected}`,
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
      transform: barePod,
    });
  return {
    drivers: watched<DriverPod, RawDriverPod>(builder, 'drivers', {
      kind: POD,
      // Executors have the label too, by their driver's conf; notebooks have no role.
      labelSelector: `${LABELS.injected}=true,spark-role!=executor`,
      transform: driverPod,
      indexes: { binding: bindingsOf },
    }),
    bareDrivers: bare('bareDrivers', `spark-role in (${ROLES})`),
    bareOptedIn: bare('bareOptedIn', `${LABELS.inject}=true,spark-role notin (${ROLES},executor)`),
  };
}

/** Three objects by their names, whatever namespaces are watched. */
function webhookWatches(options: WatchesOptions): Pick<Watches, 'configuration' | 'certificate' | 'authorities'> {
  return {
    configuration: new Informer<WebhookConfiguration>({
      ...commonOf(options, WEBHOOK_CONFIGURATION),
      fieldSelector: `metadata.name=${options.webhookConfiguration}`,
    }),
    certificate: new Informer<Secret>({
      ...commonOf<Secret>(options, SECRET),
      namespace: options.namespace,
      fieldSelector: `metadata.name=${options.certificateSecret}`,
    }),
    authorities: new Informer<ConfigMap>({
      ...commonOf(options, CONFIG_MAP),
      namespace: options.namespace,
      fieldSelector: `metadata.name=${options.caConfigMap}`,
    }),
  };
}

type Common<Raw extends KubeObject> = Pick<InformerOptions<Raw>, 'connection' | 'kind' | 'onLost' | 'onListenerError'>;

function commonOf<Raw extends KubeObject>(
  { connection, onLost, onListenerError }: WatchesOptions,
  kind: KubeKind<Raw>,
): Common<Raw> {
  return {
    connection,
    kind,
    onLost: (error) => {
      onLost(kind.plural, error);
    },
    onListenerError: (error) => {
      onListenerError?.(kind.plural, error);
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
