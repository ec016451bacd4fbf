import { SECRET_STORE_CONFIG, type SecretStoreConfig } from '../api/kinds.ts';
import type { SecretKey } from '../api/secret-key.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Lister } from '../runtime/lister.ts';
import type { Consumer, KeyAccess } from '../stores/cache.ts';
import { HttpProblem } from './problem.ts';
import type { ResourceAttributes } from './reviews.ts';
import type { ApiRequest, OneOf } from './route.ts';
import type { Target } from './target.ts';
import type { Scope } from './watched.ts';

export type KeyVerb = 'get' | 'list' | 'create' | 'update' | 'delete';

/** Where stores and namespaces are known from. */
export interface StoreSources {
  readonly stores: Lister<SecretStoreConfig>;
  readonly namespaces: Pick<Lister<KubeObject>, 'get'>;
  readonly scope: Scope;
  /** Which keys a store grants, by its spec. */
  readonly grants: (store: SecretStoreConfig, consumer: Consumer) => (key: SecretKey) => boolean;
}

/** A store as a caller reaches it. */
export interface Reach {
  readonly config: SecretStoreConfig;
  readonly consumer: Consumer;
  /** Whether the caller asks in the store's own namespace: then all of its keys are theirs. */
  readonly isOwner: boolean;
  readonly grants: (key: SecretKey) => boolean;
}

/** What a caller has to be allowed: one of these verbs on the store's keys, there where they ask. */
export function onKeys(verb: KeyVerb, ...others: KeyVerb[]): (target: Target) => OneOf<ResourceAttributes> {
  return (target) => [keysOf(target, verb), ...others.map((other) => keysOf(target, other))];
}

/** The same of one verb. */
export function keysOf({ namespace = '', store = '', consumer }: Target, verb: KeyVerb): ResourceAttributes {
  const { group, plural: resource } = SECRET_STORE_CONFIG;
  return { namespace: consumer ?? namespace, verb, group, resource, subresource: 'keys', name: store };
}

/**
 * The store that a request names. Throws HttpProblem 404: there is none, or, for a consumer, none that grants their
 * namespace anything: they are not told which of the two.
 */
export function reachOf(target: Target, sources: StoreSources): Reach {
  const { namespace = '', store = '', consumer = namespace } = target;
  const config = sources.stores.get(namespace, store);
  const isOwner = consumer === namespace;
  const who = consumerOf(consumer, sources);
  if (config === undefined || (!isOwner && !grantsAnything(config, who, sources)))
    throw new HttpProblem(
      404,
      isOwner
        ? `there is no store ${store} in namespace ${namespace}.`
        : `there is no store ${store} in namespace ${namespace} that grants namespace ${consumer} anything.`,
      { code: 'StoreNotFound' },
    );
  return { config, consumer: who, isOwner, grants: sources.grants(config, who) };
}

/** A request's access to the keys of a store. */
export interface Visit extends Reach, KeyAccess {
  readonly signal: AbortSignal;
}

/** Where a request is at. Throws as reachOf. */
export function visitOf({ target, signal, note }: ApiRequest, sources: StoreSources): Visit {
  const reached = reachOf(target, sources);
  const { isOwner, consumer } = reached;
  if (!isOwner) note({ consumer: consumer.namespace });
  return { ...reached, who: isOwner ? 'owner' : consumer, signal };
}

/** A namespace and its labels; one that is not there has none. */
export function consumerOf(namespace: string, { namespaces }: Pick<StoreSources, 'namespaces'>): Consumer {
  return { namespace, namespaceLabels: namespaces.get(undefined, namespace)?.metadata.labels ?? {} };
}

/** Whether one of the store's grants is for this namespace, whatever its keys. */
export function grantsAnything(
  config: SecretStoreConfig,
  { namespace, namespaceLabels }: Consumer,
  { grants }: Pick<StoreSources, 'grants'>,
): boolean {
  // With every glob widened to all keys, what is left of a grant is for whom it is.
  const access = (config.spec.access ?? []).map((grant) => ({ ...grant, keys: ['**'] }));
  return grants({ ...config, spec: { ...config.spec, access } }, { namespace, namespaceLabels })(ANY_KEY);
}

const ANY_KEY = 'any' as SecretKey;
