import type { BindingSecret } from '../../api/binding-secret.ts';
import type { DriverPod, RunReference, SecretStoreConfig, SparkJobSecretBinding } from '../../api/kinds.ts';
import { leaseNoteOf, type LeaseNote } from '../../api/lease-note.ts';
import type { RunSecret } from '../../api/run-secret.ts';
import { bindingSecretName } from '../../injection/secret-name.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';
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
}

/** A driver that refers to a Secret of its own run. */
export interface Run {
  readonly driver: DriverPod;
  readonly reference: RunReference;
  readonly secret: RunSecret | undefined;
}

/** A run's Secret with credentials on lease. */
export interface LeasedRun {
  readonly secret: RunSecret;
  readonly note: LeaseNote;
  /** Undefined: not seen, or gone. */
  readonly driver: DriverPod | undefined;
  /** Who made the credentials; undefined: its object is gone. */
  readonly store: SecretStoreConfig | undefined;
}

/** The runs of one binding, and what they are made from. */
export interface Observed {
  /** `namespace/name` of the binding. */
  readonly title: string;
  readonly binding: SparkJobSecretBinding | undefined;
  /** The binding's own Secret. */
  readonly shared: BindingSecret | undefined;
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
      .map((reference) => ({ driver, reference, secret: sources.runs.get(namespace, reference.secret) })),
  );
  const byUid = new Map(drivers.map((driver) => [driver.metadata.uid, driver]));
  const leased = sources.runs.byIndex('binding', title).flatMap((secret) => {
    const note = leaseNoteOf(secret);
    if (note === undefined) return [];
    const owner = secret.metadata.ownerReferences?.find(({ kind }) => kind === 'Pod');
    const driver = owner && byUid.get(owner.uid);
    return [{ secret, note, driver, store: sources.stores.get(note.store.namespace, note.store.name) }];
  });
  return {
    title,
    binding: sources.bindings.get(namespace, name),
    shared: sources.secrets.get(namespace, bindingSecretName(name)),
    runs,
    leased,
  };
}
