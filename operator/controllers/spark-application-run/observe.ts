import type { BindingSecret } from '../../api/binding-secret.ts';
import type { DriverPod, RunReference, SparkJobSecretBinding } from '../../api/kinds.ts';
import type { RunSecret } from '../../api/run-secret.ts';
import { bindingSecretName } from '../../injection/secret-name.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';

/** Where the present is read from. */
export interface Sources {
  readonly bindings: Pick<Lister<SparkJobSecretBinding>, 'get'>;
  /** Secrets with the label `secrets.iomete.com/binding`. */
  readonly secrets: Pick<Lister<BindingSecret>, 'get'>;
  /** Secrets with the label `secrets.iomete.com/run`. */
  readonly runs: Pick<Lister<RunSecret>, 'get'>;
  /** Driver pods with the label `secrets.iomete.com/injected`; index `binding` by `namespace/name`. */
  readonly drivers: Pick<Lister<DriverPod>, 'byIndex'>;
}

/** A driver that refers to a Secret of its own run. */
export interface Run {
  readonly driver: DriverPod;
  readonly reference: RunReference;
  readonly secret: RunSecret | undefined;
}

/** The runs of one binding, and what they are made from. */
export interface Observed {
  /** `namespace/name` of the binding. */
  readonly title: string;
  readonly binding: SparkJobSecretBinding | undefined;
  /** The binding's own Secret. */
  readonly shared: BindingSecret | undefined;
  readonly runs: readonly Run[];
}

/** Reads the present of a binding's runs; the binding may be gone while pods still refer to it. */
export function observe(request: Request, sources: Sources): Observed {
  const { namespace, name } = request;
  const runs = sources.drivers
    .byIndex('binding', requestKey(request))
    .flatMap((driver) =>
      (driver.runs ?? [])
        .filter(({ binding }) => binding === name)
        .map((reference) => ({ driver, reference, secret: sources.runs.get(namespace, reference.secret) })),
    );
  return {
    title: requestKey(request),
    binding: sources.bindings.get(namespace, name),
    shared: sources.secrets.get(namespace, bindingSecretName(name)),
    runs,
  };
}
