import { ANNOTATIONS, LABELS, LEASE_FINALIZER, MANAGER } from '../../api/group.ts';
import type { Secret, SparkJobSecretBinding } from '../../api/kinds.ts';
import { labelValue } from '../../api/label-value.ts';
import { runContent } from '../../injection/run-content.ts';
import { filesSecretName } from '../../injection/secret-name.ts';
import { versionsNote, versionsOf } from '../../injection/versions.ts';
import type { Taken } from './lease-taker.ts';
import type { ObjectMeta } from '../../runtime/kube-object.ts';
import type { Run } from './observe.ts';

/**
 * The Secret of a run, made from the binding's own as it is now, with the credentials that were made for it. Its content
 * never changes, and it goes with its driver pod: when credentials are on lease, after they were revoked.
 */
export function runSecret(
  run: Run,
  shared: Secret,
  binding: SparkJobSecretBinding,
  taken?: Pick<Taken, 'own' | 'note'>,
): Secret {
  const { reference } = run;
  // The binding's status is written a moment after its Secret, which should tell itself.
  const versions = versionsNote(versionsOf(binding, shared.metadata.annotations?.[ANNOTATIONS.versions]));
  const annotations = {
    ...(versions === undefined ? {} : { [ANNOTATIONS.versions]: versions }),
    ...(taken === undefined ? {} : { [ANNOTATIONS.leases]: taken.note }),
  };
  const data = runContent({
    shared: { name: shared.metadata.name, files: filesSecretName(reference.binding), data: shared.data ?? {} },
    run: { name: reference.secret, files: filesSecretName(reference.binding, reference.run) },
    ...(taken === undefined ? {} : { own: taken.own }),
  });
  const more = { annotations, ...(taken === undefined ? {} : { finalizers: [LEASE_FINALIZER] }) };
  return sealed(run, { name: reference.secret, ...more }, data);
}

/** The Secret with a run's files, likewise. `shared` is the binding's; without one, there are none. */
export function runFiles(run: Run, shared: Secret | undefined): Secret {
  const { binding, run: name } = run.reference;
  const versions = shared?.metadata.annotations?.[ANNOTATIONS.versions];
  const annotations = {
    [ANNOTATIONS.fileKeys]: shared?.metadata.annotations?.[ANNOTATIONS.fileKeys] ?? '{}',
    ...(versions === undefined ? {} : { [ANNOTATIONS.versions]: versions }),
  };
  return sealed(run, { name: filesSecretName(binding, name), annotations }, shared?.data ?? {});
}

function sealed({ driver, reference }: Run, more: ObjectMeta, data: NonNullable<Secret['data']>): Secret {
  const { namespace = '', name, uid = '' } = driver.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...more,
      namespace,
      labels: {
        [LABELS.run]: reference.run,
        [LABELS.runBinding]: labelValue(reference.binding),
        [LABELS.managedBy]: MANAGER,
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    type: 'Opaque',
    immutable: true,
    data,
  };
}
