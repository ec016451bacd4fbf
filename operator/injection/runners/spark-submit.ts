import type { Container, Pod } from '../pod.ts';
import type { Runner } from './runner.ts';

const DRIVER_NAME = 'spark-kubernetes-driver';
const OPTION = '--properties-file';

/**
 * spark-submit in cluster mode, Spark 3.3 and later, also when an operator runs it. The driver's args are
 * `driver [--proxy-user U] --properties-file FILE --class …` (`DriverCommandFeatureStep`).
 */
export const sparkSubmit: Runner = {
  name: 'spark-submit in cluster mode',
  recognises: (pod) => driverContainer(pod) !== undefined,
  applicationNames(pod) {
    const label = pod.metadata?.labels?.['spark-app-name'];
    return label === undefined ? [] : [label];
  },
  driverContainer,
};

/**
 * Where in the args the path of the properties file stands. The first `--properties-file` counts: later ones may be
 * arguments of the application.
 */
export function propertiesFileIndex(container: Container): number | undefined {
  const at = container.args?.indexOf(OPTION) ?? -1;
  return at >= 0 && container.args?.[at + 1] !== undefined ? at + 1 : undefined;
}

/** Never the first container: with a pod template Spark appends its own after those of the template. */
function driverContainer(pod: Pod): Container | undefined {
  const candidates = (pod.spec?.containers ?? []).filter((container) => propertiesFileIndex(container) !== undefined);
  return candidates.find(({ args }) => args?.[0] === 'driver') ?? candidates.find(({ name }) => name === DRIVER_NAME);
}
