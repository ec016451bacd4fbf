import type { Container, Pod } from '../pod.ts';
import { propertiesFilesOf } from '../spark-command.ts';
import { apacheNames } from './apache.ts';
import { kubeflowNames } from './kubeflow.ts';
import type { Runner } from './runner.ts';

const DRIVER_NAME = 'spark-kubernetes-driver';
/** What Apache's operator calls an application in this label unless its user sets spark.app.name. */
const UNNAMED = 'spark';

/**
 * spark-submit in cluster mode, Spark 3.4 to 4.1 (3.3 has the same form), also when an operator runs it: drivers of Kubeflow's and Apache's have
 * the same shape. The driver's args are `driver [--proxy-user U] --properties-file FILE --class …`
 * (`DriverCommandFeatureStep`).
 */
export const sparkSubmit: Runner = {
  name: 'spark-submit in cluster mode',
  /** What the job calls itself, and what an operator's user calls it. */
  applicationNames(pod) {
    const label = pod.metadata?.labels?.['spark-app-name'];
    const apache = apacheNames(pod);
    const own = label === undefined || (label === UNNAMED && apache.length > 0) ? [] : [label];
    return [...new Set([...own, ...apache, ...kubeflowNames(pod)])];
  },
  driver(pod) {
    const container = driverContainer(pod);
    return container && { container, conf: 'PropertiesFile' };
  },
};

/** Never the first container: with a pod template Spark appends its own after those of the template. */
function driverContainer(pod: Pod): Container | undefined {
  const candidates = (pod.spec?.containers ?? []).filter(
    (container) => container.args?.includes('driver') === true && propertiesFilesOf(container).length > 0,
  );
  return candidates.find(({ args }) => args?.[0] === 'driver') ?? candidates.find(({ name }) => name === DRIVER_NAME);
}
