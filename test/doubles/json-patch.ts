/** Applies an RFC 6902 patch as the API server does: to a copy, and throwing where a path is not there. */
export function applyJsonPatch<T>(document: T, patch: readonly { op: string; path: string; value?: unknown }[]): T {
  const copy = { root: structuredClone(document) as unknown };
  for (const operation of patch) applyOperation(copy, operation);
  return copy.root as T;
}

function applyOperation(document: object, { op, path, value }: { op: string; path: string; value?: unknown }): void {
  const parts = [
    'root',
    ...path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
  ];
  const last = parts.pop() ?? '';
  let parent: unknown = document;
  for (const part of parts) parent = memberOf(parent, part, path);
  if (op !== 'add' && op !== 'replace') throw new Error(`operation ${op} is not known`);
  if (op === 'replace') memberOf(parent, last, path);
  if (Array.isArray(parent)) changeArray(parent, last, { op, path, value: structuredClone(value) });
  else if (isObject(parent)) parent[last] = structuredClone(value);
  else throw new Error(`nothing can be put at ${path}`);
}

function changeArray(
  list: unknown[],
  last: string,
  { op, path, value }: { op: string; path: string; value: unknown },
): void {
  const at = last === '-' ? list.length : Number(last);
  if (!Number.isInteger(at) || at < 0 || at > list.length) throw new Error(`${path} is outside of the list`);
  list.splice(at, op === 'add' ? 0 : 1, value);
}

function memberOf(parent: unknown, part: string, path: string): unknown {
  if (!isObject(parent) || !Object.hasOwn(parent, part)) throw new Error(`${path} is not there (at "${part}")`);
  return parent[part];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
