// The one file that knows that dot-i is CommonJS: seen from an ES module its default export is one level down.
import dotI from '@dot-i/k8s-operator';

export { ResourceEventType, ResourceMetaImpl } from '@dot-i/k8s-operator';
export type { OperatorLogger, ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';

/** dot-i's base class: kubeconfig, `init`, `watchResource`, `start`, `stop`. */
export const Operator = dotI.default;
