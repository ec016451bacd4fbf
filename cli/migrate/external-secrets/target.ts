import type { StoreSpec } from '../../../operator/api/kinds.ts';
import type { Fields } from '../../../operator/injection/explain/shape.ts';
import { storeObject, type StoreName } from '../objects.ts';

/** Where a SecretStoreConfig goes. */
export type Target = StoreName;

/** A SecretStoreConfig in the making. */
export interface Draft extends Target {
  /** Without access and refreshInterval. */
  readonly spec: StoreSpec;
  /** What goes before it, such as a Secret of certificates. */
  readonly before: readonly Fields[];
  /** What it grants anyway. */
  readonly access: Access[];
  /** Keys that bindings of other namespaces use, by namespace. Only counted for a store that grants nothing else. */
  readonly used: Map<string, Set<string>>;
  /** The shortest interval that somebody wants, in seconds; Infinity: nobody does. */
  refresh: number;
}

type Access = NonNullable<StoreSpec['access']>[number];

export function draftOf(
  { name, namespace }: Target,
  spec: StoreSpec,
  more: Partial<Pick<Draft, 'before' | 'access'>> = {},
): Draft {
  return { name, namespace, spec, before: [], access: [], used: new Map(), refresh: Infinity, ...more };
}

/** A binding of a namespace uses a key of the store. */
export function useKey(draft: Draft, namespace: string | undefined, key: string): void {
  if (namespace === undefined || namespace === draft.namespace) return;
  const keys = draft.used.get(namespace) ?? new Set();
  draft.used.set(namespace, keys.add(key));
}

/** The finished object, and what goes before it. */
export function objectsOfDraft(draft: Draft): Fields[] {
  const { spec, before, access, used, refresh } = draft;
  const grants: Access[] =
    access.length > 0
      ? access
      : [...used].map(([namespace, keys]) => ({ namespaces: { matchNames: [namespace] }, keys: [...keys].sort() }));
  return [
    ...before,
    storeObject(draft, {
      ...spec,
      ...(refresh === Infinity || spec.type === 'kubernetes' ? {} : { refreshInterval: intervalText(refresh) }),
      ...(grants.length === 0 ? {} : { access: grants }),
    }),
  ];
}

const DAY = 86_400;

/** Within what a store takes, in the largest unit that fits. */
function intervalText(seconds: number): string {
  const within = Math.min(DAY, Math.max(1, Math.ceil(seconds)));
  if (within % 3600 === 0) return `${within / 3600}h`;
  return within % 60 === 0 ? `${within / 60}m` : `${within}s`;
}
