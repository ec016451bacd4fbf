/** Path of a value in a store: segments of `[A-Za-z0-9._-]+` joined by `/`, 512 characters at most. */
export type SecretKey = string & { readonly __brand: 'SecretKey' };

/** A folder of keys: all segments of a key but the last. The empty string is the root. */
export type SecretGroup = string & { readonly __brand: 'SecretGroup' };

export const ROOT_GROUP = '' as SecretGroup;

const MAX_LENGTH = 512;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** The key that `text` spells, or undefined when it spells none. */
export function parseKey(text: string): SecretKey | undefined {
  return isPath(text) ? (text as SecretKey) : undefined;
}

/** The group that `text` spells, or undefined when it spells none. The empty string is the root. */
export function parseGroup(text: string): SecretGroup | undefined {
  return text === '' || isPath(text) ? (text as SecretGroup) : undefined;
}

/** The folder that a key lies in. */
export function groupOf(key: SecretKey): SecretGroup {
  return key.slice(0, Math.max(0, key.lastIndexOf('/'))) as SecretGroup;
}

/** The last segment of a key. */
export function nameOf(key: SecretKey): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The key `name` in `group`, or undefined when that is no key. */
export function keyIn(group: SecretGroup, name: string): SecretKey | undefined {
  return parseKey(group === '' ? name : `${group}/${name}`);
}

function isPath(text: string): boolean {
  return (
    text.length <= MAX_LENGTH && text.split('/').every((part) => SEGMENT.test(part) && part !== '.' && part !== '..')
  );
}
