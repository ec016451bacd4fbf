import { createHash } from 'node:crypto';
import { ANNOTATIONS } from './group.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Secret } from './kinds.ts';
import { parseKey, type SecretKey } from './secret-key.ts';

/** A binding's Secret as it is kept in memory: without its values, of which only a digest stays. */
export interface BindingSecret extends KubeObject {
  readonly type: string | undefined;
  readonly immutable: boolean;
  /** Of its data without `keptEntriesOf`, whose values nobody knows anew. */
  readonly contentDigest: string;
}

/** An entry that the binding gives no more, and that executors of jobs name which ran already then. */
export interface KeptEntry {
  /** As in `envKeysOf`. */
  readonly source: string;
  /** When the binding gave it no more, RFC 3339. */
  readonly since: string;
}

/** Of the metadata: what a replaced Secret must bring back, or lose. */
const KEPT = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'deletionTimestamp',
] as const;

/** For the informer of Secrets: what is kept of one. */
export function withoutContent(secret: Secret): BindingSecret {
  const kept = KEPT.flatMap((field) =>
    secret.metadata[field] === undefined ? [] : [[field, secret.metadata[field]] as const],
  );
  const old = new Set(Object.keys(keptEntriesOf(secret)));
  const data = Object.entries(secret.data ?? {}).filter(([name]) => !old.has(name));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...Object.fromEntries(kept), name: secret.metadata.name },
    type: secret.type,
    immutable: secret.immutable ?? false,
    contentDigest: contentDigest(Object.fromEntries(data)),
  };
}

/** SHA-256 of a Secret's data, whatever the order of its keys. Stays in memory: never written anywhere. */
export function contentDigest(data: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(data).sort())
    hash
      .update(name)
      .update('\0')
      .update(data[name] ?? '')
      .update('\0');
  return hash.digest('base64');
}

/** Name of each environment variable in a binding's Secret → its source (a key, or `template:` and text); undefined when its annotation does not tell. */
export function envKeysOf(secret: Readonly<BindingSecret>): Readonly<Record<string, string>> | undefined {
  return noted(secret, ANNOTATIONS.envKeys, (parsed) => {
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries = Object.entries(parsed).flatMap(([name, key]) => (typeof key === 'string' ? [[name, key]] : []));
    return Object.fromEntries(entries) as Record<string, string>;
  });
}

/** Name of each file in the Secret with a binding's files → its key; what its annotation does not tell is left out. */
export function fileKeysOf(secret: Readonly<BindingSecret>): Readonly<Record<string, SecretKey>> {
  const keys = noted(secret, ANNOTATIONS.fileKeys, (parsed) => {
    const entries = Object.entries(parsed ?? {}).map(([name, key]) => [name, parseKey(String(key))] as const);
    return Object.fromEntries(entries.flatMap(([name, key]) => (key === undefined ? [] : [[name, key]])));
  });
  return keys ?? {};
}

/** Keys of the store for which a binding's Secret has an entry that no environment variable is made of. */
export function referenceKeysOf(secret: Readonly<BindingSecret>): readonly SecretKey[] {
  const keys = noted(secret, ANNOTATIONS.referenceKeys, (parsed) =>
    Array.isArray(parsed) ? parsed.flatMap((key) => parseKey(String(key)) ?? []) : [],
  );
  return keys ?? [];
}

/** What a binding's Secret still holds for jobs that run, by its name in the data; what its annotation does not tell is left out. */
export function keptEntriesOf(secret: Readonly<KubeObject>): Readonly<Record<string, KeptEntry>> {
  const kept = noted(secret, ANNOTATIONS.keptEntries, (parsed) => {
    const entries = Object.entries((parsed ?? {}) as Readonly<Record<string, Partial<KeptEntry> | null>>);
    return Object.fromEntries(
      entries.flatMap(([name, entry]) =>
        typeof entry?.source === 'string' && typeof entry.since === 'string'
          ? [[name, { source: entry.source, since: entry.since }]]
          : [],
      ),
    );
  });
  return kept ?? {};
}

/** What `read` makes of an annotation's JSON; undefined: there is none, or somebody's hand was in it. */
function noted<T>({ metadata }: Readonly<KubeObject>, annotation: string, read: (parsed: unknown) => T): T | undefined {
  const text = metadata.annotations?.[annotation];
  try {
    return text === undefined ? undefined : read(JSON.parse(text));
  } catch {
    return undefined;
  }
}
