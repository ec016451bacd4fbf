import { LABELS } from '../../api/group.ts';
import type { Pod } from '../pod.ts';
import { submitsInClusterMode } from '../spark-command.ts';
import { chosenContainer } from './chosen-container.ts';
import { withConf } from './conf-choice.ts';
import type { Runner } from './runner.ts';
import { workloadNames } from './workload-names.ts';

/**
 * Whatever runs a driver in a pod of its own making and opted in by label: notebooks, `spark-submit` and `pyspark` in
 * client mode, workers of a scheduler, masters and workers of a standalone cluster. How Spark is started there is often
 * not to be seen, so it is reached by spark-defaults.conf, which every Spark reads that is not given a properties file.
 */
export const client: Runner = {
  name: `a pod with the label ${LABELS.inject}: "true" (client mode, notebooks)`,
  /** What the pod's labels call it. */
  applicationNames: (pod) => (hasOptedIn(pod) ? workloadNames(pod) : []),
  driver(pod) {
    if (!hasOptedIn(pod)) return undefined;
    const container = chosenContainer(pod);
    if ('problem' in container) return container;
    if (submitsInClusterMode(container)) return { problem: SUBMITTER };
    return withConf(pod, container);
  },
};

/** What such a pod were given would go into the driver's ConfigMap, in clear. */
const SUBMITTER = `This pod submits a job in cluster mode, and would write what it is given into the ConfigMap of the driver: take the label ${LABELS.inject} from it. The driver that it submits gets secrets by itself when a binding selects it.`;

/** Executors of such a pod never have it: Spark makes their labels. */
function hasOptedIn(pod: Pod): boolean {
  return pod.metadata?.labels?.[LABELS.inject] === 'true';
}
