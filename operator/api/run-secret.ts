import type { KubeObject } from '../runtime/kube-object.ts';
import type { Secret } from './kinds.ts';

/** The Secret of one run as it is kept in memory: whose it is and which versions it notes, nothing of its values. */
export type RunSecret = KubeObject;

/** For the informer of runs' Secrets: what is kept of one. */
export function withoutValues({ metadata }: Secret): RunSecret {
  const { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences, finalizers } = metadata;
  const { deletionTimestamp } = metadata;
  const kept = {
    namespace,
    uid,
    resourceVersion,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    deletionTimestamp,
  };
  const there = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { ...Object.fromEntries(there), name } };
}
