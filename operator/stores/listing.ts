import { groupOf, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import type { SecretEntry } from './store.ts';

/**
 * The listing of one group, out of every key of a store: keys in it and groups below it, in order of name: of a key
 * and a group of one name the key is first.
 */
export function listing(keys: Iterable<SecretKey>, group: SecretGroup): SecretEntry[] {
  const prefix = group === '' ? '' : `${group}/`;
  const entries = new Map<string, SecretEntry>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    if (groupOf(key) === group) entries.set(key, { key });
    else {
      const below = key.slice(0, key.indexOf('/', prefix.length)) as SecretGroup;
      entries.set(`${below}\0`, { group: below });
    }
  }
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/**
 * Where an entry stands among all of a store, when each group is followed by what lies in it: to be compared as texts.
 * In one group that is the order of its listing.
 */
export function placeOf(entry: SecretEntry): string {
  const path = 'key' in entry ? entry.key : `${entry.group}/`;
  return path.replaceAll('/', '\0');
}
