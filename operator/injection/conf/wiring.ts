import { withoutEndSlashes } from '../paths.ts';
import type { Container, EnvVar, VolumeMount } from '../pod.ts';

/** Where the driver sees what the init container made. */
export const CONF_FOLDER = '/mnt/spark-secrets/conf';

/** What one kind of conf needs in a pod. Names that begin with a capital are variables of the merge script. */
export interface ConfWiring {
  /** Variables of the init container: MODE, OUT and what that mode reads. */
  readonly mergeEnv: readonly EnvVar[];
  /** Mounts of the driver's container that the init container needs, for reading. */
  readonly mounts: readonly VolumeMount[];
  /** That the init container has to find a folder as the driver would: with its `envFrom`, and with all that may be mounted there. */
  readonly findsFolder?: true;
  /** Variables of the driver's container, set whatever it says itself. */
  readonly driverEnv: readonly EnvVar[];
  /** The driver's container with its command and args as they are to be. */
  readonly container: Container;
}

/** The last entry of that name: it is the one that counts. */
export function envEntry({ env }: Container, name: string): EnvVar | undefined {
  return env?.findLast((entry) => entry.name === name);
}

/**
 * The mounts of the driver's container that show what is in a folder (or one file): the one at it or nearest above, and
 * those below. For reading, and nothing that is mounted there later is passed on.
 */
export function mountsOf(driver: Container, path: string): readonly VolumeMount[] {
  const folder = slashed(path);
  const above = (driver.volumeMounts ?? [])
    .filter(({ mountPath }) => folder.startsWith(slashed(mountPath)))
    .sort((one, other) => slashed(other.mountPath).length - slashed(one.mountPath).length)
    .slice(0, 1);
  const below = (driver.volumeMounts ?? []).filter(
    ({ mountPath }) => slashed(mountPath).startsWith(folder) && slashed(mountPath) !== folder,
  );
  return forReading(driver, [...above, ...below]);
}

/**
 * Mounts of the driver's container for a reader: without leave to write, unless others are below, whose folders the runtime
 * has to make there.
 */
export function forReading(driver: Container, mounts: readonly VolumeMount[]): readonly VolumeMount[] {
  const all = [CONF_FOLDER, ...(driver.volumeMounts ?? []).map(({ mountPath }) => mountPath)].map(slashed);
  const paths = [...new Set(all)].sort();
  // What is below a path follows it.
  const above = new Set(paths.filter((path, at) => paths[at + 1]?.startsWith(path)));
  return mounts.map((mount) => {
    const members = Object.entries(mount).filter(([name]) => name !== 'mountPropagation');
    const own = Object.fromEntries(members) as unknown as VolumeMount;
    return above.has(slashed(own.mountPath)) ? own : { ...own, readOnly: true };
  });
}

/** Variables that the mounts' `subPathExpr` name, as the driver's container has them. */
export function mountEnv(driver: Container, mounts: readonly VolumeMount[]): readonly EnvVar[] {
  const names = mounts.flatMap(({ subPathExpr = '' }) =>
    [...subPathExpr.matchAll(/\$\(([^()]*)\)/g)].map(([, name]) => name),
  );
  return [...new Set(names)].flatMap((name) => (name === undefined ? [] : (envEntry(driver, name) ?? [])));
}

/** A folder as the paths of what is in it begin. */
export function slashed(path: string): string {
  return `${withoutEndSlashes(path)}/`;
}
