import { createHash } from 'node:crypto';
import { ANNOTATIONS } from '../api/group.ts';
import type { SparkJobSecretBinding } from '../api/kinds.ts';
import type { BindingView } from './binding-view.ts';

/** Key → a short digest of the version it has: enough to see that it changed, too little to tell anything else. */
export type Versions = Readonly<Record<string, string>>;

/** Kubernetes refuses an object whose annotations together have more than 256 KiB. Bytes. */
const MOST_BYTES = 65_536;

/** Text of the annotation `secrets.iomete.com/versions` of a Secret; undefined when there are too many keys to note. */
export function versionsNote(versions: Versions): string | undefined {
  const text = JSON.stringify(versions);
  return Buffer.byteLength(text) <= MOST_BYTES ? text : undefined;
}

/** The way back from `versionsNote`; undefined for anything else. */
export function parseVersions(text: string | undefined): Versions | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries = Object.entries(parsed).filter(([, version]) => typeof version === 'string');
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}

/** The versions that a binding's Secret holds, by its own annotation, or else by the binding's status. */
export function versionsOf(binding: SparkJobSecretBinding, note: string | undefined): Versions {
  const keys = (binding.status?.keys ?? []).map(({ key, version }) => [key, version] as const);
  return parseVersions(note) ?? digested(keys);
}

/** The versions of keys, as a Secret's annotation notes them. */
export function digested(versions: Iterable<readonly [key: string, version: string]>): Versions {
  const sorted = [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, version]) => [key, digest(version)]));
}

/**
 * Text of the annotation `secrets.iomete.com/versions` of a driver pod: name of each binding whose own Secret it uses →
 * the versions in it. Undefined: there are none, or too many to note.
 */
export function podVersionsNote(views: readonly BindingView[]): string | undefined {
  const shared = views.filter(({ binding }) => binding.spec.scope !== 'Application');
  const noted = shared
    .map(({ binding, secret }) => [binding.metadata.name, versionsOf(binding, secret?.versions)] as const)
    .filter(([, versions]) => Object.keys(versions).length > 0);
  const text = JSON.stringify(Object.fromEntries(noted));
  return noted.length > 0 && Buffer.byteLength(text) <= MOST_BYTES ? text : undefined;
}

/** What a driver pod notes of a binding; undefined when it notes nothing. */
export function podVersions(
  annotations: Readonly<Record<string, string>> | undefined,
  binding: string,
): Versions | undefined {
  try {
    const parsed: unknown = JSON.parse(annotations?.[ANNOTATIONS.versions] ?? '');
    return parseVersions(JSON.stringify((parsed as Record<string, unknown>)[binding]));
  } catch {
    return undefined;
  }
}

/** Keys whose version is another now. What only one of both has is another spec, not another value. */
export function changedKeys(before: Versions, now: Versions): readonly string[] {
  return Object.keys(before)
    .filter((key) => now[key] !== undefined && now[key] !== before[key])
    .sort();
}

function digest(version: string): string {
  return createHash('sha256').update(version).digest('hex').slice(0, 8);
}
