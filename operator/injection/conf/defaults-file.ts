import type { Container, EnvVar } from '../pod.ts';
import type { PodProblem } from '../runners/runner.ts';
import { CONF_FOLDER, envEntry, mountEnv, mountsOf, type ConfWiring } from './wiring.ts';

const FOLDER_VARIABLE = 'SPARK_CONF_DIR';
const HOME_VARIABLE = 'SPARK_HOME';
/** Where Spark's images have it. */
const DEFAULT_FOLDER = '/opt/spark/conf';

/**
 * The conf folder is copied into memory, where spark-defaults.conf gets what the bindings give, and SPARK_CONF_DIR names
 * the copy. Spark reads spark-defaults.conf unless it is given a properties file.
 */
export function defaultsFileWiring(driver: Container, merge: Container | undefined): ConfWiring | PodProblem {
  const folder = folderEntry(driver, merge);
  const home = envEntry(driver, HOME_VARIABLE);
  const own = [folder, home].flatMap((entry) => entry ?? []);
  const unclear = (folder === undefined ? own : [folder]).find((entry) => !isPlain(entry));
  if (unclear !== undefined) return { problem: unclearProblem(unclear.name) };
  const folders = folder?.value ? [folder.value] : [DEFAULT_FOLDER, ...(home?.value ? [`${home.value}/conf`] : [])];
  const mounts = [
    ...new Map(folders.flatMap((path) => mountsOf(driver, path)).map((one) => [one.mountPath, one])).values(),
  ];
  return {
    mergeEnv: [
      ...mountEnv(driver, mounts),
      ...own.filter(isPlain).map(({ name, value = '' }) => ({ name, value })),
      { name: 'MODE', value: 'defaults' },
      { name: 'OUT', value: CONF_FOLDER },
    ],
    mounts,
    findsFolder: true,
    driverEnv: [{ name: FOLDER_VARIABLE, value: CONF_FOLDER }],
    container: driver,
  };
}

/** The job's own. Once the driver has ours, our container still knows it. */
function folderEntry(driver: Container, merge: Container | undefined): EnvVar | undefined {
  const entry = envEntry(driver, FOLDER_VARIABLE);
  return entry?.value === CONF_FOLDER ? merge && envEntry(merge, FOLDER_VARIABLE) : entry;
}

/** Whether the text is known: the kubelet puts nothing into it. */
function isPlain({ value = '', valueFrom }: EnvVar): boolean {
  return valueFrom === undefined && !value.includes('$');
}

function unclearProblem(name: string): string {
  return `The variable ${name} of the container has to be plain text, because the folder that it names is copied: set its value in the pod, without references.`;
}
