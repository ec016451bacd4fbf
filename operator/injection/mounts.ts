import { CONF_FOLDER, forReading, slashed } from './conf/wiring.ts';
import type { Container, Pod, Volume, VolumeMount } from './pod.ts';

/** What of ours is mounted is below it. */
const OUR_FOLDER = '/mnt/spark-secrets';
/** The volume with what the init container made. */
export const CONF_VOLUME = 'spark-secrets-conf';
/** Volumes that Kubernetes itself fills: nobody can write into them. */
const FILLED = ['configMap', 'secret', 'projected', 'downwardAPI'] as const;

/**
 * The mounts of the driver's container that may show a conf folder, or files of one: the image, which is not looked into,
 * may say where that is, or link to elsewhere. Not those of other volumes, which may be of any kind, unless their path says
 * so.
 */
export function configMounts(driver: Container, volumes: readonly Volume[] = []): readonly VolumeMount[] {
  const filled = new Set(volumes.filter(isFilled).map(({ name }) => name));
  const found = (driver.volumeMounts ?? [])
    .filter(
      ({ name, mountPath, subPathExpr }) =>
        // Which variables there are is not known before the binding's are among them.
        (filled.has(name) && subPathExpr === undefined) || slashed(mountPath).includes('/conf/'),
    )
    .filter(({ mountPath }) => !slashed(mountPath).startsWith(slashed(OUR_FOLDER)));
  return forReading(driver, found);
}

/** A sentence for each mount of the container's own that leaves no place for ours. */
export function mountProblems(pod: Pod, { name: container, volumeMounts = [] }: Container): readonly string[] {
  const [nearest] = volumeMounts
    .filter(({ mountPath }) => slashed(OUR_FOLDER).startsWith(slashed(mountPath)))
    .sort((one, other) => slashed(other.mountPath).length - slashed(one.mountPath).length);
  const sealed = nearest !== undefined && isReadOnly(nearest, pod.spec?.volumes) ? [nearest] : [];
  const taken = volumeMounts.filter(
    ({ name, mountPath }) => slashed(mountPath).startsWith(slashed(CONF_FOLDER)) && name !== CONF_VOLUME,
  );
  const own = ({ name, mountPath }: VolumeMount): string =>
    `The container ${container} mounts the volume ${name} at ${mountPath}`;
  return [
    ...sealed.map(
      (mount) =>
        `${own(mount)}, read-only, so that nothing can be mounted below at ${OUR_FOLDER}: mount it elsewhere, or mount a volume there that can be written.`,
    ),
    ...taken.map(
      (mount) =>
        `${own(mount)}, where the conf of Spark goes that is merged with the SparkJobSecretBindings (${CONF_FOLDER}): mount it elsewhere.`,
    ),
  ];
}

function isReadOnly(mount: VolumeMount, volumes: readonly Volume[] = []): boolean {
  const volume = volumes.find(({ name }) => name === mount.name);
  if (mount.readOnly === true || volume === undefined) return mount.readOnly === true;
  return isFilled(volume) || volume.persistentVolumeClaim?.readOnly === true;
}

function isFilled(volume: Volume): boolean {
  return FILLED.some((kind) => volume[kind] != null);
}
