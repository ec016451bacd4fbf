import type { SparkJobSecretBinding } from '../../api/kinds.ts';
import { selects } from '../../injection/select.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Lister } from '../../runtime/lister.ts';

/** Where the present is read from. */
export interface Sources {
  readonly bindings: Pick<Lister<SparkJobSecretBinding>, 'list'>;
  /** Driver-side pods without secrets that have not ended: by their role, and those that ask by their label. */
  readonly bareDrivers: Pick<Lister<KubeObject>, 'list'>;
  readonly bareOptedIn: Pick<Lister<KubeObject>, 'list'>;
  readonly coverage: { covers(namespace: string): string };
}

/** A pod without secrets, and the bindings older than it that select it as they are now. */
export interface Bare {
  readonly pod: KubeObject;
  readonly bindings: readonly SparkJobSecretBinding[];
}

/** All driver-side pods of a namespace that have no secrets and have not ended. */
export function barePods(namespace: string, sources: Sources): readonly KubeObject[] {
  return [...sources.bareDrivers.list(namespace), ...sources.bareOptedIn.list(namespace)];
}

/** Those of the pods that look as if they should have got secrets. None where the webhook is never called. */
export function observe(namespace: string, pods: readonly KubeObject[], sources: Sources): readonly Bare[] {
  const bindings = sources.bindings.list(namespace).filter(({ metadata }) => metadata.deletionTimestamp == null);
  const bare = pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((pod) => ({ pod, bindings: bindings.filter((binding) => isMeantFor(binding, pod)) }))
    .filter((each) => each.bindings.length > 0);
  return bare.length === 0 || sources.coverage.covers(namespace) === 'excluded' ? [] : bare;
}

function isMeantFor({ metadata, spec }: SparkJobSecretBinding, pod: KubeObject): boolean {
  return isBefore(metadata.creationTimestamp, pod) && selects(spec.selector, pod);
}

/** Times have whole seconds: what may have come after the pod does not count. */
export function isBefore(time: string | undefined, { metadata }: KubeObject): boolean {
  return Date.parse(time ?? '') < Date.parse(metadata.creationTimestamp ?? '');
}
