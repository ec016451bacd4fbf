import type { SecretSource } from '../api/dynamic-reference.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';

/** Who asks for a key. */
export interface Consumer {
  readonly namespace: string;
  /** Labels of that namespace. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

type Grant = NonNullable<SecretStoreConfig['spec']['access']>[number];

/**
 * Says of a key or dynamic reference whether `consumer` may use it. The store's own namespace may use every key; another one only what a
 * grant of `spec.access` names. No match means no access.
 */
export function keyFilter(store: SecretStoreConfig, consumer: Consumer): (key: SecretSource) => boolean {
  if (store.metadata.namespace === consumer.namespace) return () => true;
  const grants = (store.spec.access ?? []).filter((grant) => grantsTo(grant, consumer));
  const globs = grants.flatMap(({ keys }) => keys);
  return (key) => globs.some((glob) => globMatches(glob, key));
}

function grantsTo(grant: Grant, consumer: Consumer): boolean {
  if (grant.namespaces.matchNames?.includes(consumer.namespace)) return true;
  const labels = Object.entries(grant.namespaces.selector?.matchLabels ?? {});
  return labels.length > 0 && labels.every(([name, value]) => consumer.namespaceLabels[name] === value);
}

/**
 * Whether a key or dynamic reference matches a glob: `*` is anything within a segment or a field, `**` anything across
 * them, so that a grant of `orders/*` never means credentials that are made at `orders/x`. Steps through the glob
 * once for each character of the key, so that no glob can be slow (a regular expression with many stars can be).
 */
export function globMatches(glob: string, key: string): boolean {
  const tokens = glob.match(/\*+|[^*]/g) ?? [];
  // The number of tokens behind each position that the characters so far can have led to.
  let positions = skipStars(tokens, new Set([0]));
  for (const character of key) {
    const next = new Set<number>();
    for (const position of positions) {
      const token = tokens[position];
      if (token === character) next.add(position + 1);
      else if (token?.startsWith('*') && (token.length > 1 || !'/#'.includes(character))) next.add(position);
    }
    positions = skipStars(tokens, next);
  }
  return positions.has(tokens.length);
}

/** A star may also stand for nothing. */
function skipStars(tokens: readonly string[], positions: Set<number>): Set<number> {
  for (const position of positions) if (tokens[position]?.startsWith('*')) positions.add(position + 1);
  return positions;
}
