// As the API takes them: segments joined by slashes.
const PATH = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const LONGEST = 512;

/** Why a text can be no key, as a sentence; undefined: it can. */
export function keyProblem(text: string): string | undefined {
  if (text === '') return 'Give the key a name, such as orders/DB_PASSWORD.';
  if (text.length > LONGEST) return `A key has ${LONGEST} characters at most.`;
  if (!PATH.test(text)) return 'A key is letters, digits, ".", "_" and "-", in folders set apart by "/".';
  if (text.split('/').some((part) => part === '.' || part === '..')) return 'No part of a key can be "." or "..".';
  return undefined;
}

/** The folder of a key, '' for the root. */
export function folderOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}

/** The last part of a key or folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A folder and those that it lies in, the outermost first. */
export function folders(group: string): readonly string[] {
  const parts = group === '' ? [] : group.split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** What one types into an empty field to begin a key in a folder. */
export function beginningIn(group: string): string {
  return group === '' ? '' : `${group}/`;
}
