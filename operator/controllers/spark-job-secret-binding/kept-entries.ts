import { envKeysOf, fileKeysOf, keptEntriesOf, referenceKeysOf, type KeptEntry } from '../../api/binding-secret.ts';
import { timestamp } from '../../api/conditions.ts';
import { ANNOTATIONS } from '../../api/group.ts';
import type { DriverPod, Secret } from '../../api/kinds.ts';
import { keysOfSource } from '../../injection/environment.ts';
import { hasKeyIndex, keyIndexName } from '../../injection/key-index.ts';
import { referenceDataKey } from '../../injection/reference-content.ts';
import type { SecretContent } from '../../injection/secret-content.ts';
import { MAX_SECRET_BYTES } from '../../injection/secret-size.ts';
import { goneKeys, type Observed } from './observe.ts';

type KeptEntries = Readonly<Record<string, KeptEntry>>;

/**
 * What the binding's Secret must go on holding beside its new content: Spark's drivers name each entry to the executors that
 * they start, and one that names an entry which is gone never starts. Until the jobs have ended that began before; not
 * what a withdrawn grant gave.
 */
export function keptEntries(observed: Observed, content: Pick<SecretContent, 'data'>, now: Date): KeptEntries {
  const { binding, secret, drivers } = observed;
  const started = drivers.filter((driver) => needs(driver, binding.metadata.name)).map(createdAt);
  if (secret === undefined || started.length === 0) return {};
  const [first = ''] = started.sort();
  const gone = goneKeys(observed);
  const entries = Object.entries({ ...entriesOf(observed, timestamp(now)), ...keptEntriesOf(secret) });
  return Object.fromEntries(
    entries
      .filter(([name, { since }]) => content.data[name] === undefined && first <= since)
      .filter(([, { source }]) => !keysOfSource(source).some((key) => gone.has(key)))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The annotation that says so; none where nothing is kept. */
export function keptNote(kept: KeptEntries): Record<string, string> {
  return Object.keys(kept).length === 0 ? {} : { [ANNOTATIONS.keptEntries]: JSON.stringify(kept) };
}

/** Annotations without that one. */
export function withoutKeptNote(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== ANNOTATIONS.keptEntries));
}

/** A planned Secret with the entries that it keeps, as the present one has them: all that there are, if there is room. */
export function withKeptEntries(planned: Secret, present: Secret | undefined): Secret {
  const annotations = withoutKeptNote(planned.metadata.annotations);
  const there = Object.entries(keptEntriesOf(planned)).flatMap(([name, entry]) => {
    const value = present?.data?.[name];
    return value === undefined ? [] : [{ name, entry, value }];
  });
  const data = { ...planned.data, ...Object.fromEntries(there.map(({ name, value }) => [name, value])) };
  const size = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
  if (size > MAX_SECRET_BYTES) return { ...planned, metadata: { ...planned.metadata, annotations } };
  const note = keptNote(Object.fromEntries(there.map(({ name, entry }) => [name, entry])));
  return { ...planned, metadata: { ...planned.metadata, annotations: { ...annotations, ...note } }, data };
}

/** What executors may name of the Secret as it is: variables, what jobs refer to, the index of the keys. */
function entriesOf({ binding, secret, files }: Observed, since: string): Record<string, KeptEntry> {
  if (secret === undefined) return {};
  const envKeys = envKeysOf(secret) ?? {};
  const inFiles = Object.entries(files === undefined ? {} : fileKeysOf(files)).map(([path, key]) => ({ path, key }));
  const index = hasKeyIndex({ envKeys, files: inFiles }) ? [[keyIndexName(binding.metadata.name), '']] : [];
  const references = referenceKeysOf(secret).map((key) => [referenceDataKey(key), key]);
  const all = [...Object.entries(envKeys), ...references, ...index];
  return Object.fromEntries(all.map(([name = '', source = '']) => [name, { source, since }]));
}

/** It has not ended, and its executors read the binding's own Secret. */
function needs({ metadata, status, runs = [] }: DriverPod, binding: string): boolean {
  if (metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed'].includes(status?.phase ?? '')) return false;
  return !runs.some((run) => run.binding === binding);
}

function createdAt({ metadata }: DriverPod): string {
  return metadata.creationTimestamp ?? '';
}
