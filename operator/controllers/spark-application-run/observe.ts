import type { BindingSecret } from '../../api/binding-secret.ts';
import type { DriverPod, RunReference, SecretStoreConfig, SparkJobSecretBinding } from '../../api/kinds.ts';
import { leaseNoteOf, type LeaseNote } from '../../api/lease-note.ts';
import type { RunSecret } from '../../api/run-secret.ts';
import { bindingSecretName, filesSecretName } from '../../injection/secret-name.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';
import type { Knowledge, WatchScope } from '../../runtime/watch-scope.ts';
import type { StoreCache } from '../../stores/cache.ts';

/** Where the present is read from. */
export interface Sources {
  readonly bindings: Pick<Lister<SparkJobSecretBinding>, 'get'>;
  readonly stores: Pick<Lister<SecretStoreConfig>, 'get'>;
  readonly namespaces: Pick<Lister<KubeObject>, 'get'>;
  /** Secrets with the label `secrets.iomete.com/binding`. */
  readonly secrets: Pick<Lister<BindingSecret>, 'get'>;
  /** Secrets with the label `secrets.iomete.com/run`; those with leases in index `binding` by `namespace/name`. */
  readonly runs: Pick<Lister<RunSecret>, 'get' | 'byIndex'>;
  /** Driver pods with the label `secrets.iomete.com/injected`; index `binding` by `namespace/name`. */
  readonly drivers: Pick<Lister<DriverPod>, 'byIndex'>;
  readonly cache: Pick<StoreCache, 'lease' | 'keep' | 'revoke'>;
  readonly scope: Pick<WatchScope, 'knowledgeOf'>;
}

/** A driver that refers to Secrets of its own run. */
export interface Run {
  readonly driver: DriverPod;
  readonly reference: RunReference;
  readonly secret: RunSecret | undefined;
  /** That with its files, if it refers to one. */
  readonly files: RunSecret | undefined;
}

/** The Secrets of a binding, as far as they are there. */
export interface Shared<T extends KubeObject> {
  readonly secret: T | undefined;
  /** That with its files. */
  readonly files: T | undefined;
}

/** A run's Secret with credentials on lease. */
export interface LeasedRun {
  readonly secret: RunSecret;
  readonly note: LeaseNote;
  /** Undefined: not seen, or gone. */
  readonly driver: DriverPod | undefined;
  /** Who made the credentials; undefined: its object is not seen. */
  readonly store: SecretStoreConfig | undefined;
  /** Whether a store that is not seen is gone. */
  readonly storeNamespace: Knowledge;
}

/** The runs of one binding, and what they are made from. */
export interface Observed {
  /** `namespace/name` of the binding. */
  readonly title: string;
  readonly binding: SparkJobSecretBinding | undefined;
  /** The binding's own Secrets. */
  readonly shared: Shared<BindingSecret>;
  readonly runs: readonly Run[];
  readonly leased: readonly LeasedRun[];
}

/** Reads the present of a binding's runs; the binding may be gone while pods still refer to it. */
export function observe(request: Request, sources: Sources): Observed {
  const { namespace, name } = request;
  const title = requestKey(request);
  const drivers = sources.drivers.byIndex('binding', title);
  const runs = drivers.flatMap((driver) =>
    (driver.runs ?? [])
      .filter(({ binding }) => binding === name)
      .map((reference) => ({
        driver,
        reference,
        secret: sources.runs.get(namespace, reference.secret),
        files: reference.files === undefined ? undefined : sources.runs.get(namespace, reference.files),
      })),
  );
  const byUid = new Map(drivers.map((driver) => [driver.metadata.uid, driver]));
  const leased = sources.runs.byIndex('binding', title).flatMap((secret) => {
    const note = leaseNoteOf(secret);
    if (note === undefined) return [];
    const owner = secret.metadata.ownerReferences?.find(({ kind }) => kind === 'Pod');
    const driver = owner && byUid.get(owner.uid);
    const store = sources.stores.get(note.store.namespace, note.store.name);
    return [{ secret, note, driver, store, storeNamespace: sources.scope.knowledgeOf(note.store.namespace) }];
  });
  return {
    title,
    binding: sources.bindings.get(namespace, name),
    shared: {
      secret: sources.secrets.get(namespace, bindingSecretName(name)),
      files: sources.secrets.get(namespace, filesSecretName(name)),
    },
    runs,
    leased,
  };
}
