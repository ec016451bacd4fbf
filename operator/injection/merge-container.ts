import { isDeepStrictEqual } from 'node:util';
import type { BindingView } from './binding-view.ts';
import { append, contains, pointer, setItems, type JsonPatch } from './json-patch.ts';
import { MERGE_SCRIPT } from './merge-script.ts';
import type { Container, Pod, Volume, VolumeMount } from './pod.ts';
import { propertiesFileIndex } from './runners/spark-submit.ts';
import { PROPERTIES_KEY, REGEX_KEY } from './data-keys.ts';

/** The init container that merges properties. */
export const MERGE_CONTAINER = 'spark-secrets-merge';
/** The volume that names the Secrets whose properties are merged. */
export const SOURCE_VOLUME = 'spark-secrets-source';
/** Where the driver reads the merged properties. */
export const MERGED_FILE = '/mnt/spark-secrets/conf/spark.properties';

const MERGED_MOUNT: VolumeMount = { name: 'spark-secrets-conf', mountPath: '/mnt/spark-secrets/conf' };
const SOURCE_MOUNT: VolumeMount = {
  name: SOURCE_VOLUME,
  mountPath: '/mnt/spark-secrets/source',
  readOnly: true,
};
/** Where spark-submit puts the file, should nothing tell where it was. */
const DEFAULT_SOURCE = '/opt/spark/conf/spark.properties';
const RESOURCES = { cpu: '100m', memory: '64Mi' };
/** What pod security "restricted" wants of a container; the rest it accepts from the pod, as the driver has it. */
const LEAST = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** The mount of the merged file in the driver. */
export const DRIVER_MOUNT: VolumeMount = { ...MERGED_MOUNT, readOnly: true };

/** Volumes: what the bindings give, and the memory that holds the merged file. */
export function mergeVolumes(views: readonly BindingView[]): Volume[] {
  const sources = views.flatMap(({ binding, secret }) => {
    if (secret === undefined) return [];
    // Files are named after the Secret, whose name is short: a binding's name may be longer than a file name.
    const path = `${binding.spec.precedence === 'Pod' ? 'before' : 'after'}/${secret.name}`;
    const items = [
      { key: PROPERTIES_KEY, path: `${path}.properties` },
      { key: REGEX_KEY, path: `${path}.regex` },
    ];
    return [{ secret: { name: secret.name, optional: false, items } }];
  });
  return [
    { name: SOURCE_MOUNT.name, projected: { defaultMode: 0o444, sources } },
    { name: MERGED_MOUNT.name, emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
  ];
}

/** The init container: added last, or kept in step with the driver's container, which other webhooks may have changed. */
export function mergeContainerPatch(pod: Pod, driver: Container): JsonPatch {
  const containers = pod.spec?.initContainers;
  const at = containers?.findIndex(({ name }) => name === MERGE_CONTAINER) ?? -1;
  const present = containers?.[at];
  const wanted = mergeContainer(driver, sourceOf(driver, present));
  if (present === undefined) return append('/spec/initContainers', containers, [wanted]);
  const path = pointer('spec', 'initContainers', at);
  return [
    ...fieldPatch(path, present, wanted, driver),
    ...setItems(`${path}/env`, present.env, wanted.env ?? [], { same: sameName, fits: contains }),
    ...setItems(`${path}/volumeMounts`, present.volumeMounts, wanted.volumeMounts ?? [], {
      same: (one, other) => one.mountPath === other.mountPath,
      fits: contains,
    }),
  ];
}

function fieldPatch(path: string, present: Container, wanted: Container, driver: Container): JsonPatch {
  const plain = (['image', 'imagePullPolicy', 'command'] as const).filter(
    (name) => !contains(present[name], wanted[name]),
  );
  // A copy must be exact, or it would keep what the driver's has lost. Our own may have got defaults.
  const synced = driver.securityContext
    ? isDeepStrictEqual(present.securityContext, wanted.securityContext)
    : contains(present.securityContext, wanted.securityContext);
  const names = synced ? plain : [...plain, 'securityContext' as const];
  return names
    .filter((name) => wanted[name] !== undefined)
    .map((name) => ({ op: 'add', path: path + pointer(name), value: wanted[name] }));
}

function mergeContainer(driver: Container, source: string): Container {
  const confMount = mountOf(driver, source);
  return {
    name: MERGE_CONTAINER,
    ...(driver.image === undefined ? {} : { image: driver.image }),
    ...(driver.imagePullPolicy === undefined ? {} : { imagePullPolicy: driver.imagePullPolicy }),
    command: ['/bin/sh', '-c', MERGE_SCRIPT],
    env: [
      { name: 'SRC', value: source },
      { name: 'OUT', value: MERGED_FILE },
      { name: 'BEFORE', value: `${SOURCE_MOUNT.mountPath}/before` },
      { name: 'AFTER', value: `${SOURCE_MOUNT.mountPath}/after` },
    ],
    volumeMounts: [...(confMount === undefined ? [] : [{ ...confMount, readOnly: true }]), SOURCE_MOUNT, MERGED_MOUNT],
    resources: { requests: RESOURCES, limits: RESOURCES },
    securityContext: structuredClone(driver.securityContext ?? LEAST),
    // So that `kubectl describe` shows why the merge failed; the script's messages hold no values.
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** The job's own properties file. Once the driver's args point to the merged one, our container still knows it. */
function sourceOf(driver: Container, merge: Container | undefined): string {
  const at = propertiesFileIndex(driver);
  const path = at === undefined ? undefined : driver.args?.[at];
  if (path !== undefined && path !== MERGED_FILE) return path;
  return merge?.env?.find(({ name }) => name === 'SRC')?.value ?? DEFAULT_SOURCE;
}

/** The driver's mount that holds the file: that with the longest path. None: the file is in the image. */
function mountOf(driver: Container, file: string): VolumeMount | undefined {
  return (driver.volumeMounts ?? [])
    .filter(({ mountPath }) => file === mountPath || file.startsWith(mountPath.replace(/\/*$/, '/')))
    .sort((one, other) => other.mountPath.length - one.mountPath.length)[0];
}

function sameName(one: { name: string }, other: { name: string }): boolean {
  return one.name === other.name;
}
