import { ANNOTATIONS, LABELS, MANAGER } from '../../api/group.ts';
import type { Secret, SparkJobSecretBinding } from '../../api/kinds.ts';
import { labelValue } from '../../api/label-value.ts';
import { runContent } from '../../injection/run-content.ts';
import { versionsNote, versionsOf } from '../../injection/versions.ts';
import type { Run } from './observe.ts';

/** The Secret of a run, made from the binding's own as it is now. It never changes, and goes with its driver pod. */
export function runSecret({ driver, reference }: Run, shared: Secret, binding: SparkJobSecretBinding): Secret {
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
      annotations: versions === undefined ? {} : { [ANNOTATIONS.versions]: versions },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    type: 'Opaque',
    immutable: true,
    data: runContent({
      shared: { name: shared.metadata.name, data: shared.data ?? {} },
      secretName: reference.secret,
    }),
  };
}
