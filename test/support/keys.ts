import { parseGroup, parseKey, type SecretGroup, type SecretKey } from '../../operator/api/secret-key.ts';

/** A key; throws for what is none. */
export function key(text: string): SecretKey {
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Error(`no key: ${text}`);
  return parsed;
}

/** A group; throws for what is none. */
export function group(text: string): SecretGroup {
  const parsed = parseGroup(text);
  if (parsed === undefined) throw new Error(`no group: ${text}`);
  return parsed;
}
