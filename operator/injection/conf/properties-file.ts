import type { Container } from '../pod.ts';
import type { PodProblem } from '../runners/runner.ts';
import { propertiesFilesOf, replaceWord, type SparkOption } from '../spark-command.ts';
import { CONF_FOLDER, envEntry, mountEnv, mountsOf, type ConfWiring } from './wiring.ts';

/** Where the driver reads the merged properties. */
export const MERGED_FILE = `${CONF_FOLDER}/spark.properties`;
/** Where spark-submit puts the file, should nothing tell where it was. */
const DEFAULT_SOURCE = '/opt/spark/conf/spark.properties';

/** The command's properties file is merged with the bindings', and the command names the merged one. */
export function propertiesFileWiring(driver: Container, merge: Container | undefined): ConfWiring | PodProblem {
  const options = propertiesFilesOf(driver);
  const paths = [...new Set(options.map(({ value }) => value))];
  const [source, another] = paths.filter((path) => path !== MERGED_FILE);
  if (another !== undefined || paths.includes(undefined) || source?.startsWith('/') === false)
    return {
      problem: 'The command has to give --properties-file one absolute path, in plain text and without variables.',
    };
  // Once the command names the merged file, our container still knows the job's own.
  const path = source ?? (merge && envEntry(merge, 'SRC')?.value) ?? DEFAULT_SOURCE;
  const [mount] = mountsOf(driver, path);
  const mounts = mount === undefined ? [] : [mount];
  return {
    mergeEnv: [
      ...mountEnv(driver, mounts),
      { name: 'MODE', value: 'properties' },
      { name: 'SRC', value: path },
      { name: 'OUT', value: MERGED_FILE },
    ],
    mounts,
    driverEnv: [],
    container: options.toReversed().reduce(withMergedFile, driver),
  };
}

function withMergedFile(container: Container, { name, words }: SparkOption): Container {
  const [option, value] = words;
  if (value !== undefined) return replaceWord(container, value, MERGED_FILE);
  return option === undefined ? container : replaceWord(container, option, `${name}=${MERGED_FILE}`);
}
