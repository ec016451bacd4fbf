import { ANNOTATIONS, LABELS, LEASE_FINALIZER, MANAGER } from '../../api/group.ts';
import type { Secret, SparkJobSecretBinding } from '../../api/kinds.ts';
import { labelValue } from '../../api/label-value.ts';
import { runContent } from '../../injection/run-content.ts';
import { versionsNote, versionsOf } from '../../injection/versions.ts';
import type { Taken } from './lease-taker.ts';
import type { Run } from './observe.ts';

/**
 * The Secret of a run, made from the binding's own as it is now, with the credentials that were made for it. Its content
 * never changes, and it goes with its driver pod: when credentials are on lease, after they were revoked.
 */
export function runSecret(
  { driver, reference }: Run,
  shared: Secret,
  binding: SparkJobSecretBinding,
  taken?: Pick<Taken, 'own' | 'note'>,
): Secret {
  const { namespace = '', name, uid = '' } = driver.metadata;
  // The binding's status is written a moment after its Secret, which should tell itself.
  const versions = versionsNote(versionsOf(binding, shared.metadata.annotations?.[ANNOTATIONS.versions]));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: reference.secret,
      namespace,
      labels: {
        [LABELS.run]: reference.run,
        [LABELS.runBinding]: labelValue(reference.binding),
        [LABELS.managedBy]: MANAGER,
      },
      annotations: {
        ...(versions === undefined ? {} : { [ANNOTATIONS.versions]: versions }),
        ...(taken === undefined ? {} : { [ANNOTATIONS.leases]: taken.note }),
      },
      ...(taken === undefined ? {} : { finalizers: [LEASE_FINALIZER] }),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    type: 'Opaque',
    immutable: true,
    data: runContent({
      shared: { name: shared.metadata.name, data: shared.data ?? {} },
      secretName: reference.secret,
      ...(taken === undefined ? {} : { own: taken.own }),
    }),
  };
}
