import type { StoredObject } from './api-store.ts';

/**
 * Whether an object is selected, by the forms that the operator uses: labels `a`, `!a`, `a[!]=b`, `a [not]in (b,c)`, fields
 * `metadata.name[!]=x` and `status.phase[!]=x`.
 */
export function isSelected(object: StoredObject, query: URLSearchParams): boolean {
  const labels = (object.metadata['labels'] ?? {}) as Record<string, string>;
  const status = (object as { readonly status?: { readonly phase?: string } }).status;
  const fields: Record<string, string | undefined> = {
    'metadata.name': object.metadata.name,
    'status.phase': status?.phase,
  };
  const holds = (values: Readonly<Record<string, string | undefined>>, { name, among, wanted }: Term): boolean => {
    const value = values[name];
    const found = among === undefined ? value !== undefined : value !== undefined && among.includes(value);
    return found === wanted;
  };
  return (
    termsOf(query, 'labelSelector').every((term) => holds(labels, term)) &&
    termsOf(query, 'fieldSelector').every((term) => holds(fields, term))
  );
}

interface Term {
  readonly name: string;
  /** Undefined: any value will do. */
  readonly among: readonly string[] | undefined;
  readonly wanted: boolean;
}

function termsOf(query: URLSearchParams, parameter: string): Term[] {
  const terms = (query.get(parameter) ?? '').match(/[^,(]+(?:\([^)]*\))?/g) ?? [];
  return terms.map((term) => {
    const set = /^(\S+) (not)?in \((.*)\)$/.exec(term);
    if (set) return { name: set[1] ?? '', among: (set[3] ?? '').split(','), wanted: set[2] === undefined };
    const [, not, name = '', operator, value = ''] = /^(!?)([^!=]+)(?:(!?=)(.*))?$/.exec(term) ?? [];
    return {
      name,
      among: operator === undefined ? undefined : [value],
      wanted: operator === '!=' ? false : not !== '!',
    };
  });
}
