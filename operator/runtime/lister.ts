import type { KubeObject } from './kube-object.ts';

/** Reading side of an informer: what is known of one kind, without asking the API server. */
export interface Lister<T extends KubeObject> {
  /** `namespace` is undefined for kinds that have none. */
  get(namespace: string | undefined, name: string): Readonly<T> | undefined;
  /** Of one namespace, or all. */
  list(namespace?: string): readonly Readonly<T>[];
  byIndex(index: string, value: string): readonly Readonly<T>[];
}
