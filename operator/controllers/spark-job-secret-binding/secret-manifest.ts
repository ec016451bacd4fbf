import { isDeepStrictEqual } from 'node:util';
import { contentDigest, type BindingSecret } from '../../api/binding-secret.ts';
import { ANNOTATIONS, API_VERSION, LABELS, MANAGER } from '../../api/group.ts';
import { SPARK_JOB_SECRET_BINDING, type Secret, type SparkJobSecretBinding } from '../../api/kinds.ts';
import { labelValue } from '../../api/label-value.ts';
import type { FileContent } from '../../injection/file-content.ts';
import type { SecretContent } from '../../injection/secret-content.ts';
import { digested, versionsNote } from '../../injection/versions.ts';
import type { ObjectMeta, OwnerReference } from '../../runtime/kube-object.ts';
import { keptEntries, keptNote, withoutKeptNote } from './kept-entries.ts';
import type { Observed } from './observe.ts';

/**
 * The binding's Secret with that content, or undefined when it is there already. Labels, annotations and owners that
 * somebody else gave it stay. `digest` is what the annotation `spec-digest` says. What it is to keep beside is only noted:
 * `withKeptEntries` puts it in.
 */
export function changedSecret(
  observed: Observed,
  content: SecretContent,
  digest: string,
  now: Date,
): Secret | undefined {
  return changed(observed.binding, {
    name: observed.secretName,
    present: observed.secret,
    data: content.data,
    annotations: {
      [ANNOTATIONS.specDigest]: digest,
      [ANNOTATIONS.envKeys]: JSON.stringify(content.envKeys),
      [ANNOTATIONS.referenceKeys]: JSON.stringify(content.referenceKeys),
      ...versionsIn(observed, () => true),
      ...keptNote(keptEntries(observed, content, now)),
    },
  });
}

/** The Secret with the binding's files, likewise. */
export function changedFiles(observed: Observed, content: FileContent, digest: string): Secret | undefined {
  const keys = new Set<string>(Object.values(content.keys));
  return changed(observed.binding, {
    name: observed.filesName,
    present: observed.files,
    data: content.data,
    annotations: {
      [ANNOTATIONS.specDigest]: digest,
      [ANNOTATIONS.fileKeys]: JSON.stringify(content.keys),
      ...(keys.size === 0 ? { [ANNOTATIONS.versions]: '{}' } : versionsIn(observed, (key) => keys.has(key))),
    },
  });
}

interface Wanted {
  readonly name: string;
  readonly present: BindingSecret | undefined;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function changed(binding: SparkJobSecretBinding, wanted: Wanted): Secret | undefined {
  const { name, present, data } = wanted;
  const { labels, annotations, ownerReferences = [], ...others } = present?.metadata ?? { name };
  const metadata: ObjectMeta = {
    ...others,
    name,
    namespace: binding.metadata.namespace ?? '',
    labels: { ...labels, ...labelsOf(binding) },
    annotations: { ...withoutKeptNote(annotations), ...wanted.annotations },
    ownerReferences: ownersWith(binding, ownerReferences),
  };
  const isThere = isDeepStrictEqual(present?.metadata, metadata) && present?.contentDigest === contentDigest(data);
  return isThere ? undefined : { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
}

/** In an outage after a restart nothing is known of versions: then what was noted stays. */
function versionsIn({ answer }: Observed, isIn: (key: string) => boolean): Record<string, string> {
  const values = [...(answer?.values ?? [])].filter(([key]) => isIn(key));
  const known = values.map(([key, { version }]) => [key, version] as const);
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
