import { parseKey, type SecretKey } from './secret-key.ts';

/**
 * One field of credentials that a store makes for each run of an application: `database/creds/readonly#username` is the
 * field `username` of what the store makes at `database/creds/readonly`. No key has a `#`.
 */
export type DynamicReference = string & { readonly __brand: 'DynamicReference' };

/** Where a value comes from: a key, or credentials on lease. */
export type SecretSource = SecretKey | DynamicReference;

const MAX_LENGTH = 512;
const FIELD = /^[A-Za-z0-9._-]{1,128}$/;

/** The dynamic reference that `text` spells, or undefined when it spells none. */
export function parseDynamicReference(text: string): DynamicReference | undefined {
  const at = text.indexOf('#');
  if (at < 0 || text.length > MAX_LENGTH || parseKey(text.slice(0, at)) === undefined) return undefined;
  return FIELD.test(text.slice(at + 1)) ? (text as DynamicReference) : undefined;
}

/** The key or dynamic reference that `text` spells, or undefined when it spells neither. */
export function parseSource(text: string): SecretSource | undefined {
  return parseKey(text) ?? parseDynamicReference(text);
}

export function isDynamic(source: SecretSource): source is DynamicReference {
  return source.includes('#');
}

/** Where the credentials are made: a path of the store's API. */
export function leasePathOf(reference: DynamicReference): SecretKey {
  return reference.slice(0, reference.indexOf('#')) as SecretKey;
}

/** Which part of the credentials is meant. */
export function leaseFieldOf(reference: DynamicReference): string {
  return reference.slice(reference.indexOf('#') + 1);
}
