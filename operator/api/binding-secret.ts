import { createHash } from 'node:crypto';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Secret } from './kinds.ts';

/** A binding's Secret as it is kept in memory: without its values, of which only a digest stays. */
export interface BindingSecret extends KubeObject {
  readonly type: string | undefined;
  readonly immutable: boolean;
  readonly contentDigest: string;
}

/** For the informer of Secrets: what is kept of one. */
export function withoutContent(secret: Secret): BindingSecret {
  const { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences, deletionTimestamp } = secret.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    type: secret.type,
    immutable: secret.immutable ?? false,
    contentDigest: contentDigest(secret.data ?? {}),
  };
}

/** SHA-256 of a Secret's data, whatever the order of its keys. Stays in memory: never written anywhere. */
export function contentDigest(data: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(data).sort()) hash.update(name).update('\0').update(data[name] ?? '').update('\0');
  return hash.digest('base64');
}
