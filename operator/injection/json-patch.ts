/** The operations of RFC 6902 that we use. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'replace';
  /** RFC 6901. */
  readonly path: string;
  readonly value: unknown;
}

export type JsonPatch = readonly JsonPatchOperation[];

/** How items of a list are told apart, and when one is as wanted. */
export interface ListRules<T> {
  /** By this text; of those in the list that have the same the last counts. */
  readonly by: (item: T) => string;
  readonly fits: (present: T, wanted: T) => boolean;
}

/** RFC 6901 pointer to a member: `pointer('spec', 'containers', 0)` is `/spec/containers/0`. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Gives an object, which may be missing, these members. Others stay. */
export function setMembers(
  path: string,
  present: Readonly<Record<string, string>> | null | undefined,
  wanted: Readonly<Record<string, string>>,
): JsonPatch {
  if (present === undefined || present === null) return [{ op: 'add', path, value: wanted }];
  return Object.entries(wanted)
    .filter(([name, value]) => present[name] !== value)
    .map(([name, value]) => ({ op: 'add', path: path + pointer(name), value }));
}

/** Gives a list, which may be missing, these items: replaced in place where they are but do not fit, else appended. */
export function setItems<T>(
  path: string,
  present: readonly T[] | null | undefined,
  wanted: readonly T[],
  { by, fits }: ListRules<T>,
): JsonPatch {
  const list = present ?? [];
  // A pod's lists may be long.
  const places = new Map(list.map((item, at) => [by(item), at]));
  const found = wanted.map((item) => ({ item, at: places.get(by(item)) }));
  const replaced = found.flatMap(({ item, at = -1 }): JsonPatch => {
    const other = list[at];
    return other === undefined || fits(other, item) ? [] : [{ op: 'replace', path: path + pointer(at), value: item }];
  });
  return [
    ...replaced,
    ...append(
      path,
      present,
      found.flatMap(({ item, at }) => (at === undefined ? [item] : [])),
    ),
  ];
}

/** Puts items before those of a list that may be missing. */
export function prepend(
  path: string,
  present: readonly unknown[] | null | undefined,
  items: readonly unknown[],
): JsonPatch {
  if (present === undefined || present === null) return append(path, present, items);
  return items.toReversed().map((value) => ({ op: 'add', path: `${path}/0`, value }));
}

/** Appends items to a list that may be missing. */
export function append(
  path: string,
  present: readonly unknown[] | null | undefined,
  items: readonly unknown[],
): JsonPatch {
  if (items.length === 0) return [];
  if (present === undefined || present === null) return [{ op: 'add', path, value: items }];
  return items.map((value) => ({ op: 'add', path: `${path}/-`, value }));
}

/**
 * Whether `present` has all that `wanted` has. It may have more: between two calls of a webhook the API server fills in
 * defaults, and other webhooks add to what we wrote.
 */
export function contains(present: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(present) &&
      present.length === wanted.length &&
      wanted.every((item, at) => contains(present[at], item))
    );
  }
  if (!isObject(wanted)) return present === wanted;
  return isObject(present) && Object.entries(wanted).every(([name, value]) => contains(present[name], value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
