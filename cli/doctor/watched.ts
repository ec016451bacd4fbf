import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Installation } from './installation.ts';
import { known } from './looked.ts';

/** The variable by which the chart tells the operator the namespaces to watch. */
const VARIABLE = 'WATCH_NAMESPACES';

/** The namespaces that the operator watches; undefined: all, or it is not known. */
export function watchedNamespaces({ deployment }: Installation): readonly string[] | undefined {
  const containers = known(deployment)?.spec.template?.spec?.containers ?? [];
  const list = containers.flatMap(({ env = [] }) => env).find(({ name }) => name === VARIABLE)?.value;
  return list?.split(',').map((namespace) => namespace.trim());
}

/** Whether the operator sees an object. */
export function isWatched({ metadata }: KubeObject, watched: readonly string[] | undefined): boolean {
  return watched?.includes(metadata.namespace ?? '') !== false;
}
