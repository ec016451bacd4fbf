import type { KubeObject } from '../runtime/kube-object.ts';

/** The part of an informer that the keepers read: the objects as last seen. */
export interface Lister<T extends KubeObject> {
  get(namespace: string | undefined, name: string): Readonly<T> | undefined;
  list(namespace?: string): readonly Readonly<T>[];
}

/** Where one object is looked up. */
export type Getter<T extends KubeObject> = Pick<Lister<T>, 'get'>;
