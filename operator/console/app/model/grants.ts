import type { Grant } from '../api/answers.ts';

/** Whether a namespace may use a key, as far as the page can tell: grants by labels of namespaces are known to the cluster alone. */
export type Granted = 'yes' | 'no' | 'unknown';

/** By the grants of a store, as the API gives them to whoever asks. */
export function isGranted(grants: readonly Grant[], namespace: string, key: string): Granted {
  const matching = grants.filter(({ keys }) => keys.some((glob) => globMatches(glob, key)));
  if (matching.some(({ namespaces }) => namespaces === undefined || namespaces.matchNames?.includes(namespace)))
    return 'yes';
  return matching.some(({ namespaces }) => namespaces?.selector !== undefined) ? 'unknown' : 'no';
}

/** Names of namespaces that a store grants something to. */
export function grantedNamespaces(grants: readonly Grant[]): readonly string[] {
  return [...new Set(grants.flatMap(({ namespaces }) => namespaces?.matchNames ?? []))].sort();
}

/**
 * `*` is anything within a part of the path, `**` anything. Steps through the glob once for each character: no glob can
 * make the page hang, as a regular expression with many stars would.
 */
export function globMatches(glob: string, key: string): boolean {
  const tokens = glob.match(/\*+|[^*]/g) ?? [];
  let places = pastStars(tokens, new Set([0]));
  for (const character of key) {
    const next = new Set<number>();
    for (const place of places) {
      const token = tokens[place];
      if (token === character) next.add(place + 1);
      else if (token?.startsWith('*') && (token.length > 1 || character !== '/')) next.add(place);
    }
    places = pastStars(tokens, next);
  }
  return places.has(tokens.length);
}

function pastStars(tokens: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (tokens[place]?.startsWith('*')) places.add(place + 1);
  return places;
}
