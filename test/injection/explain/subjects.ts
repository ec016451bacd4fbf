import { explain } from '../../../operator/injection/explain/explain.ts';
import type { Explanation } from '../../../operator/injection/explain/result.ts';
import type { Subject } from '../../../operator/injection/explain/subject.ts';
import type { BindingView } from '../../../operator/injection/binding-view.ts';
import type { Pod } from '../../../operator/injection/pod.ts';
import { golden, marked, view, type FullPod, type ViewOptions } from '../bindings.ts';

/** A driver of Kubeflow's operator, application `orders-etl`, that sets the variable GREETING. */
export const driver = (labels: Record<string, string> = {}): FullPod =>
  marked(golden('kubeflow-application-driver'), { team: 'orders', ...labels });

/** A pod that is about to be created. */
export const coming = (pod: Pod): Subject => ({
  about: { kind: 'Pod', namespace: 'analytics', name: 'p' },
  pod,
  isThere: false,
  conf: [],
  notes: [],
});

/** What is told of a pod that is about to be created. */
export const explained = (pod: Pod, ...views: BindingView[]): Explanation => explain(coming(pod), views);

/** A binding `b` that selects `driver`. */
export const binding = (spec: ViewOptions['spec'], more: ViewOptions = {}): BindingView =>
  view('b', {
    ...more,
    spec: { selector: { matchLabels: { team: 'orders' } }, env: [{ name: 'A', key: 'a' }], ...spec },
  });
