import { text, type Fields } from '../../../operator/injection/explain/shape.ts';
import type { Findings } from '../findings.ts';
import type { Target } from './target.ts';

/**
 * A reference to a Secret of the store's own namespace. Of a Secret elsewhere it is said that it has to be there; without a
 * name it is undefined, and said too.
 */
export function secretRefOf(
  ref: Fields,
  where: string,
  target: Target,
  findings: Findings,
): { readonly name: string; readonly key: string } | undefined {
  const [name, key, namespace] = ['name', 'key', 'namespace'].map((field) => text(ref[field]));
  if (name === undefined || key === undefined) {
    findings.left(where, 'it names no Secret and key: put them where the store names a Secret of its own namespace');
    return undefined;
  }
  if (namespace !== undefined && target.namespace !== undefined && namespace !== target.namespace)
    findings.left(where, `a store reads Secrets of its own namespace: copy Secret ${name} to ${target.namespace}`);
  return { name, key };
}
