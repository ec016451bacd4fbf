import { isDeepStrictEqual } from 'node:util';
import { contentDigest } from '../../api/binding-secret.ts';
import { ANNOTATIONS, API_VERSION, LABELS, MANAGER } from '../../api/group.ts';
import { SPARK_JOB_SECRET_BINDING, type Secret, type SparkJobSecretBinding } from '../../api/kinds.ts';
import { labelValue } from '../../api/label-value.ts';
import type { SecretContent } from '../../injection/secret-content.ts';
import { digested, versionsNote } from '../../injection/versions.ts';
import type { ObjectMeta, OwnerReference } from '../../runtime/kube-object.ts';
import type { Observed } from './observe.ts';

/**
 * The binding's Secret with that content, or undefined when it is there already. Labels, annotations and owners that
 * somebody else gave it stay. `digest` is what the annotation `spec-digest` says.
 */
export function changedSecret(observed: Observed, content: SecretContent, digest: string): Secret | undefined {
  const { binding, secret: present, secretName: name } = observed;
  const { labels, annotations, ownerReferences = [], ...others } = present?.metadata ?? { name };
  const { namespace = '' } = binding.metadata;
  const envKeys = JSON.stringify(content.envKeys);
  const metadata: ObjectMeta = {
    ...others,
    name,
    namespace,
    labels: { ...labels, ...labelsOf(binding) },
    annotations: {
      ...annotations,
      [ANNOTATIONS.specDigest]: digest,
      [ANNOTATIONS.envKeys]: envKeys,
      [ANNOTATIONS.referenceKeys]: JSON.stringify(content.referenceKeys),
      ...versionsIn(observed),
    },
    ownerReferences: ownersWith(binding, ownerReferences),
  };
  const isThere =
    isDeepStrictEqual(present?.metadata, metadata) && present?.contentDigest === contentDigest(content.data);
  return isThere ? undefined : { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: content.data };
}

/** In an outage after a restart nothing is known of versions: then what was noted stays. */
function versionsIn({ answer }: Observed): Record<string, string> {
  const known = [...(answer?.values ?? [])].map(([key, { version }]) => [key, version] as const);
  const note = known.length > 0 ? versionsNote(digested(known)) : undefined;
  return note === undefined ? {} : { [ANNOTATIONS.versions]: note };
}

function labelsOf({ metadata }: SparkJobSecretBinding): Record<string, string> {
  return { [LABELS.binding]: labelValue(metadata.name), [LABELS.managedBy]: MANAGER };
}

/** A binding that was made anew under its name takes the place of the one before. */
function ownersWith({ metadata }: SparkJobSecretBinding, present: readonly OwnerReference[]): OwnerReference[] {
  const { kind } = SPARK_JOB_SECRET_BINDING;
  const { name, uid = '' } = metadata;
  const owner = { apiVersion: API_VERSION, kind, name, uid, controller: true, blockOwnerDeletion: true };
  return [...present.filter((reference) => reference.kind !== kind), owner];
}
