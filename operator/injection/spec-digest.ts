import { createHash } from 'node:crypto';
import type { BindingSpec } from '../api/kinds.ts';
import { expandedSpec } from './expanded-spec.ts';

/** Changes when the same spec gives other content than before, so that an upgraded operator writes every Secret anew. */
const CONTENT_VERSION = 3;

/**
 * Digest (32 hex digits) of what determines the Secret's content and the pod's patch: the store, what is given, and
 * precedence. It does not depend on the order of lists whose order means nothing, nor on defaults or presets being written out. The
 * selector is not in it: which pods are meant makes no content stale. Nor are scope and rotation: a run's Secret is a
 * copy of this content, whenever it is made.
 */
export function specDigest(binding: BindingSpec): string {
  const spec = expandedSpec(binding);
  const content = {
    version: CONTENT_VERSION,
    store: [spec.storeRef.namespace, spec.storeRef.name],
    env: sorted(
      (spec.env ?? []).map(({ name, key, template, targets }) => [
        name,
        key ?? null,
        template ?? null,
        sorted(targets ?? ['driver', 'executor']),
      ]),
    ),
    // The order counts nowhere: two entries that give one name different keys are a conflict.
    envFrom: sorted((spec.envFrom ?? []).map(({ group, prefix }) => [group, prefix ?? ''])),
    sparkConf: sorted((spec.sparkConf ?? []).map(({ name, key, template }) => [name, key ?? null, template ?? null])),
    references: sorted((spec.references ?? []).map(({ key, group }) => [key ?? null, group ?? null])),
    files: sorted((spec.files ?? []).map(({ path, key, encoding }) => [path, key, encoding ?? 'text'])),
    precedence: spec.precedence ?? 'Binding',
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

function sorted(list: readonly unknown[]): string[] {
  return list.map((item) => JSON.stringify(item)).sort();
}
