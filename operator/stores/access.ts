import type { SecretSource } from '../api/dynamic-reference.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import { ROOT_GROUP, type SecretGroup } from '../api/secret-key.ts';

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
  const globs = globsFor(store, consumer);
  return (key) => globs.some((glob) => globMatches(glob, key));
}

/**
 * Says of a group whether `consumer` may see that it is there: a key below it could match a grant, whether there is one or
 * not. The root always is.
 */
export function groupFilter(store: SecretStoreConfig, consumer: Consumer): (group: SecretGroup) => boolean {
  if (store.metadata.namespace === consumer.namespace) return () => true;
  const globs = globsFor(store, consumer);
  return (group) => group === ROOT_GROUP || globs.some((glob) => mayMatchBelow(glob, group));
}

function globsFor(store: SecretStoreConfig, consumer: Consumer): readonly string[] {
  const grants = (store.spec.access ?? []).filter((grant) => grantsTo(grant, consumer));
  return grants.flatMap(({ keys }) => keys);
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
  const tokens = tokensOf(glob);
  return positionsAfter(tokens, key).has(tokens.length);
}

/** Whether a key in that group, or in one below it, could match. */
function mayMatchBelow(glob: string, group: SecretGroup): boolean {
  const tokens = tokensOf(glob);
  return [...positionsAfter(tokens, `${group}/`)].some((position) => position < tokens.length);
}

function tokensOf(glob: string): readonly string[] {
  return glob.match(/\*+|[^*]/g) ?? [];
}

/** The numbers of tokens behind each position of the glob that the text can have led to. */
function positionsAfter(tokens: readonly string[], text: string): ReadonlySet<number> {
  let positions = skipStars(tokens, new Set([0]));
  for (const character of text) {
    const next = new Set<number>();
    for (const position of positions) {
      const token = tokens[position];
      if (token === character) next.add(position + 1);
      else if (token?.startsWith('*') && (token.length > 1 || !'/#'.includes(character))) next.add(position);
    }
    positions = skipStars(tokens, next);
  }
  return positions;
}

/** A star may also stand for nothing. */
function skipStars(tokens: readonly string[], positions: Set<number>): Set<number> {
  for (const position of positions) if (tokens[position]?.startsWith('*')) positions.add(position + 1);
  return positions;
}
