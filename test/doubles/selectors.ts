import type { StoredObject } from './api-store.ts';

/** Whether an object is selected, by the forms that the operator uses: labels `a`, `a=b`, fields `metadata.name[!]=x`. */
export function isSelected(object: StoredObject, query: URLSearchParams): boolean {
  const labels = (object.metadata['labels'] ?? {}) as Record<string, string>;
  return (
    termsOf(query, 'labelSelector').every(([name, , value]) =>
      value === undefined ? labels[name] !== undefined : labels[name] === value,
    ) &&
    termsOf(query, 'fieldSelector').every(
      ([, operator, value]) => (object.metadata.name === value) === (operator === '='),
    )
  );
}

type Term = readonly [name: string, operator: string | undefined, value: string | undefined];

function termsOf(query: URLSearchParams, parameter: string): Term[] {
  const terms = (query.get(parameter) ?? '').split(',').filter((term) => term !== '');
  return terms.map((term) => {
    const [, name = '', operator, value] = /^([^!=]+)(?:(!?=)(.*))?$/.exec(term) ?? [];
    return [name, operator, value];
  });
}
