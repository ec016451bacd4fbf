import { ANNOTATIONS, LABELS } from './api/group.ts';
import type { Controllers } from './compose-controllers.ts';
import type { Config, Role } from './config.ts';
import { missedIn } from './controllers/missed-injection/reconciler.ts';
import { RESTARTS } from './controllers/rotation-restart/reconciler.ts';
import type { WatchedKind } from './operator.ts';
import { ResourceEventType, type ResourceEvent } from './runtime/dot-i.ts';
import type { AnyInformer } from './runtime/informer-group.ts';
import type { KubeObject, ObjectMeta } from './runtime/kube-object.ts';
import type { OwnWrites } from './runtime/own-writes.ts';
import { requestFromKey, type Request } from './runtime/reconciler.ts';
import { storeRefOf, type DriverPod, type SparkJobSecretBinding } from './api/kinds.ts';
import type { RunSecret } from './api/run-secret.ts';
import type { StoreCache } from './stores/cache.ts';
import { bindingsOf, informersOf, leasedFor, type Watches } from './watches.ts';

/** A store's counts may lag by this, so that a thousand new bindings are not a thousand status writes. Milliseconds. */
export const COUNT_LAG_MS = 1_000;
/** Bindings that come together are covered together. Milliseconds. */
const COVERAGE_LAG_MS = 20;
/** What is neither a new spec nor known as a write of ours: somebody's hand in what is ours, or a write whose answer is late. Milliseconds. */
const ECHO_LAG_MS = 500;

/** Drivers that start together are judged together, and after the bindings that came before them. Milliseconds. */
const MISSED_LAG_MS = 100;

/** Values that change together are one restart. Milliseconds. */
const RESTART_LAG_MS = 1_000;

/** What else an event is about. */
export interface Beside {
  readonly cache: Pick<StoreCache, 'refresh'>;
  /** What bindings' own controller wrote for one. */
  readonly ownWrites: Pick<OwnWrites, 'take'>;
}

/**
 * Which kinds are watched, and whom a change of each concerns. This is the whole of the way of an event: from here on
 * there are only names in queues.
 */
export function watchedKinds(
  watches: Watches,
  controllers: Controllers,
  config: Config,
  beside: Beside,
): WatchedKind[] {
  watches.scope.onReadable((namespace) => {
    lookAtAll(watches, controllers);
    lookAtLeft(namespace, watches, controllers);
    controllers.coverage.enqueue({ namespace: '', name: config.webhookConfiguration });
  });
  return [
    bindingKind(watches, controllers, config, beside),
    storeKind(watches, controllers, beside),
    ...coreKinds(watches, controllers, beside),
    ...bareKinds(watches, controllers),
    ...webhookKinds(watches, controllers, config),
  ];
}

/** Of a process without controllers: a change concerns nobody, all is kept current for its readers. */
export function readKinds(watches: Watches, roles: ReadonlySet<Role>): WatchedKind[] {
  return informersOf(watches, roles).map(([, informer]) => kind(informer));
}

/** Everything is looked at again, when nothing else is to be done. Finds nothing to do unless something was missed. */
export function lookAtAll(watches: Watches, { bindings, runs, restarts, stores }: Controllers): void {
  for (const { metadata } of watches.bindings.list()) {
    const request = { namespace: metadata.namespace ?? '', name: metadata.name };
    bindings.enqueue(request, 'low');
    runs.enqueue(request, 'low');
  }
  restarts.enqueue(RESTARTS, 'low');
  for (const { metadata } of watches.stores.list())
    stores.enqueue({ namespace: metadata.namespace ?? '', name: metadata.name }, 'low');
}

/** What a namespace that could not be read has left undone, besides: also where the binding itself is gone by now. */
function lookAtLeft(namespace: string, watches: Watches, { runs, missed }: Controllers): void {
  for (const binding of watches.runs.list().flatMap(leasedFor)) runs.enqueue(requestFromKey(binding), 'low');
  missed.enqueueAfter(missedIn(namespace), MISSED_LAG_MS);
}

function bindingKind(
  watches: Watches,
  { bindings, runs, restarts, stores, coverage }: Controllers,
  config: Config,
  { ownWrites }: Beside,
): WatchedKind {
  const newSpec = specChanges();
  return kind(watches.bindings, (event) => {
    restarts.enqueueAfter(RESTARTS, RESTART_LAG_MS);
    if (!newSpec(event)) {
      if (!isOwn(event, requestOf(event), ownWrites)) bindings.enqueueAfter(requestOf(event), ECHO_LAG_MS);
      return;
    }
    bindings.enqueue(requestOf(event));
    runs.enqueue(requestOf(event));
    stores.enqueueAfter(storeRefOf(event.object as unknown as SparkJobSecretBinding), COUNT_LAG_MS);
    // The informer has taken the change in: it was the first one of its namespace, or the last.
    if (watches.bindings.list(requestOf(event).namespace).length < 2)
      coverage.enqueueAfter({ namespace: '', name: config.webhookConfiguration }, COVERAGE_LAG_MS);
  });
}

function storeKind(watches: Watches, { bindings, stores }: Controllers, { cache }: Beside): WatchedKind {
  const newSpec = specChanges();
  const newNote = changesOf(({ annotations }) => annotations?.[ANNOTATIONS.refresh] ?? '');
  return kind(watches.stores, (event) => {
    const { namespace, name } = requestOf(event);
    const isNoted = newNote(event);
    if (!newSpec(event)) {
      // Another replica wrote to the store. It does not reject.
      if (isNoted) void cache.refresh(namespace, name);
      stores.enqueueAfter({ namespace, name }, COUNT_LAG_MS);
      return;
    }
    stores.enqueue({ namespace, name });
    for (const { metadata } of watches.bindings.byIndex('store', `${namespace}/${name}`))
      bindings.enqueue({ namespace: metadata.namespace ?? '', name: metadata.name });
  });
}

function specChanges(): (event: ResourceEvent) => boolean {
  return changesOf(({ uid, generation }) => `${uid ?? ''}/${generation ?? 0}`);
}

function coreKinds(watches: Watches, { bindings, runs, restarts }: Controllers, { ownWrites }: Beside): WatchedKind[] {
  const newLabels = changesOf(({ labels }) => JSON.stringify(labels));
  return [
    kind(watches.secrets, (event) => {
      const owner = metaOf(event).ownerReferences?.find((reference) => reference.kind === 'SparkJobSecretBinding');
      const { namespace } = requestOf(event);
      const name = owner?.name ?? metaOf(event).labels?.[LABELS.binding];
      if (name === undefined) return;
      if (!isOwn(event, { namespace, name }, ownWrites)) bindings.enqueueAfter({ namespace, name }, ECHO_LAG_MS);
      runs.enqueue({ namespace, name });
      restarts.enqueueAfter(RESTARTS, RESTART_LAG_MS);
    }),
    kind(watches.runs, (event) => {
      // Credentials on lease have to be renewed, or revoked: after a restart, or when the garbage collector comes for it.
      for (const binding of leasedFor(event.object as unknown as RunSecret)) runs.enqueue(requestFromKey(binding));
      // A new one is otherwise the echo of our own write.
      if (event.type !== ResourceEventType.Deleted) return;
      const owner = metaOf(event).ownerReferences?.find((reference) => reference.kind === 'Pod');
      const driver = watches.drivers.get(requestOf(event).namespace, owner?.name ?? '');
      for (const { binding } of driver?.runs ?? []) runs.enqueue({ ...requestOf(event), name: binding });
    }),
    kind(watches.namespaces, (event) => {
      if (!newLabels(event)) return;
      const { name: namespace } = metaOf(event);
      for (const { metadata } of watches.bindings.list(namespace))
        bindings.enqueue({ namespace, name: metadata.name }, 'low');
    }),
    kind(watches.drivers, ({ object }) => {
      const driver = object as unknown as DriverPod;
      // Its Secret is what a new driver waits for.
      for (const { binding } of driver.runs ?? [])
        runs.enqueue({ namespace: driver.metadata.namespace ?? '', name: binding });
      restarts.enqueueAfter(RESTARTS, RESTART_LAG_MS);
      for (const binding of bindingsOf(driver)) bindings.enqueue(requestFromKey(binding), 'low');
    }),
  ];
}

/** Pods without secrets: a namespace that has one is looked at. */
function bareKinds(watches: Watches, { missed }: Controllers): WatchedKind[] {
  const look = (event: ResourceEvent): void => {
    missed.enqueueAfter(missedIn(requestOf(event).namespace), MISSED_LAG_MS);
  };
  return [kind(watches.bareDrivers, look), kind(watches.bareOptedIn, look)];
}

/** Certificates, coverage and authorities each look at the others' objects. */
function webhookKinds(watches: Watches, controllers: Controllers, config: Config): WatchedKind[] {
  const { coverage, certificates, authorities } = controllers;
  const all = (): void => {
    coverage.enqueue({ namespace: '', name: config.webhookConfiguration });
    certificates.enqueue({ namespace: config.namespace, name: config.certificateSecret });
    authorities.enqueue({ namespace: config.namespace, name: config.caConfigMap });
  };
  return [watches.configuration, watches.certificate, watches.authorities].map((each) => kind(each, all));
}

function kind(
  informer: WatchedKind['informer'] & Pick<AnyInformer<KubeObject>, 'kind' | 'namespace'>,
  onEvent?: (event: ResourceEvent) => void,
): WatchedKind {
  const { group, version, plural } = informer.kind;
  const { namespace } = informer;
  return {
    group,
    version,
    plural,
    ...(namespace === undefined ? {} : { namespace }),
    informer,
    ...(onEvent === undefined ? {} : { onEvent }),
  };
}

function metaOf({ object }: ResourceEvent): ObjectMeta {
  return (object as unknown as { metadata: ObjectMeta }).metadata;
}

function requestOf(event: ResourceEvent): Request {
  const { namespace = '', name } = metaOf(event);
  return { namespace, name };
}

/** Also a deletion may show what we wrote last. */
function isOwn(event: ResourceEvent, binding: Request, ownWrites: Beside['ownWrites']): boolean {
  return event.type !== ResourceEventType.Deleted && ownWrites.take(binding, metaOf(event).resourceVersion);
}

/** Says of each event whether what `digest` looks at has changed since the one before; a deletion always has. */
function changesOf(digest: (meta: ObjectMeta) => string): (event: ResourceEvent) => boolean {
  const seen = new Map<string, string>();
  return (event) => {
    const { namespace, name } = requestOf(event);
    const key = `${event.meta.kind}/${namespace}/${name}`;
    const present = digest(metaOf(event));
    const before = seen.get(key);
    const isGone = event.type === ResourceEventType.Deleted;
    if (isGone) seen.delete(key);
    else seen.set(key, present);
    return isGone || before !== present;
  };
}
