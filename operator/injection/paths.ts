/**
 * A path without the slashes at its end. By hand: `/+$` as a regular expression takes hours for a million slashes and a letter,
 * and paths come from whoever makes a pod.
 */
export function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
