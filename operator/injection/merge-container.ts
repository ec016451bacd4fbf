import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS } from '../api/group.ts';
import type { BindingView } from './binding-view.ts';
import { CONF_FOLDER, mountEnv, slashed, type ConfWiring } from './conf/wiring.ts';
import { EXECUTOR_REFERENCES_KEY, PROPERTIES_KEY, REFERENCES_KEY, REGEX_KEY } from './data-keys.ts';
import { append, contains, pointer, setItems, type JsonPatch } from './json-patch.ts';
import { MERGE_SCRIPT } from './merge-script.ts';
import { isInStep, mergeResources, withMain } from './merge-resources.ts';
import { CONF_VOLUME, configMounts } from './mounts.ts';
import type { Container, EnvVar, Pod, Volume, VolumeMount } from './pod.ts';
import type { PodProblem } from './runners/runner.ts';

/** The init container that merges properties. */
export const MERGE_CONTAINER = 'spark-secrets-merge';
/** The volume that names the Secrets whose properties are merged. */
export const SOURCE_VOLUME = 'spark-secrets-source';

const MERGED_MOUNT: VolumeMount = { name: CONF_VOLUME, mountPath: CONF_FOLDER };
const SOURCE_MOUNT: VolumeMount = {
  name: SOURCE_VOLUME,
  mountPath: '/mnt/spark-secrets/source',
  readOnly: true,
};
/** How ServiceAccount admission names the volume with a pod's token, random letters follow; and where it mounts it. */
const TOKEN_VOLUME = 'kube-api-access-';
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Variables that the script reads besides those that it is always given. */
const OF_SCRIPT = ['EXTRA', 'SRC', 'BEFORE', 'AFTER'];
/** What pod security "restricted" wants of a container; the rest it accepts from the pod, as the driver has it. */
const LEAST = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** The value of the annotation that has the operator's image used, and where that has its shell (deploy/image/Dockerfile). */
const OPERATOR = 'operator';
const OPERATOR_PROGRAMS = '/opt/merge/bin';
const OPERATOR_SHELL = `${OPERATOR_PROGRAMS}/sh`;

/** The mount of what was merged in the driver. */
export const DRIVER_MOUNT: VolumeMount = { ...MERGED_MOUNT, readOnly: true };

/**
 * Volumes: what the bindings give, and the memory that holds what is merged. A Secret has 1 MiB at most and a ConfigMap
 * too, so that the file, or a folder of conf files, has room in 8 MiB; what it takes counts as the driver's memory.
 */
export function mergeVolumes(views: readonly BindingView[]): Volume[] {
  const sources = views.flatMap(({ binding, secret }) => {
    if (secret === undefined) return [];
    // Files are named after the Secret, whose name is short: a binding's name may be longer than a file name.
    const path = `${binding.spec.precedence === 'Pod' ? 'before' : 'after'}/${secret.name}`;
    const items = [
      { key: PROPERTIES_KEY, path: `${path}.properties` },
      { key: REGEX_KEY, path: `${path}.regex` },
      { key: REFERENCES_KEY, path: `${path}.references` },
      { key: EXECUTOR_REFERENCES_KEY, path: `${path}.executors` },
    ];
    return [{ secret: { name: secret.name, optional: false, items } }];
  });
  return [
    { name: SOURCE_MOUNT.name, projected: { defaultMode: 0o444, sources } },
    { name: MERGED_MOUNT.name, emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
  ];
}

/** The pod's own, if it has been patched before. */
export function presentMergeContainer(pod: Pod): Container | undefined {
  return pod.spec?.initContainers?.find(({ name }) => name === MERGE_CONTAINER);
}

/** What an init container runs with: an image, and the variables that it needs. */
export interface MergeImage {
  readonly image: Pick<Container, 'image' | 'imagePullPolicy'>;
  readonly shell: string;
  readonly env: readonly EnvVar[];
}

/** The driver's image, whose conf folder can be copied and which is on the node anyway; or the operator's, as the pod asks. */
export function mergeImage(pod: Pod, driver: Container, operatorImage: string | undefined): MergeImage | PodProblem {
  const wanted = pod.metadata?.annotations?.[ANNOTATIONS.mergeImage];
  if (wanted === undefined) return { image: imageOf(driver), shell: '/bin/sh', env: [] };
  if (wanted !== OPERATOR)
    return { problem: `The annotation ${ANNOTATIONS.mergeImage} is ${wanted}: set it to ${OPERATOR}, or remove it.` };
  if (operatorImage === undefined)
    return {
      problem: `The annotation ${ANNOTATIONS.mergeImage} asks for the operator's image, whose name this operator does not know: set its OPERATOR_IMAGE, as the chart does, or remove the annotation.`,
    };
  // Another webhook may have sent it to a mirror, as it did with the driver's.
  const present = presentMergeContainer(pod);
  const mirrored = present?.command?.[0] === OPERATOR_SHELL ? present.image : undefined;
  return {
    image: { image: mirrored ?? operatorImage, imagePullPolicy: 'IfNotPresent' },
    shell: OPERATOR_SHELL,
    env: [{ name: 'PATH', value: OPERATOR_PROGRAMS }],
  };
}

function imageOf({ image, imagePullPolicy }: Container): MergeImage['image'] {
  return {
    ...(image === undefined ? {} : { image }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
  };
}

/** The init container: added last, or kept in step with the driver's container, which other webhooks may have changed. */
export function mergeContainerPatch(pod: Pod, driver: Container, merge: MergeImage & ConfWiring): JsonPatch {
  const containers = pod.spec?.initContainers;
  const at = containers?.findIndex(({ name }) => name === MERGE_CONTAINER) ?? -1;
  const present = containers?.[at];
  const wanted = mergeContainer(driver, merge, pod.spec?.volumes);
  if (present === undefined) return append('/spec/initContainers', containers, [wanted]);
  const path = pointer('spec', 'initContainers', at);
  return [
    ...fieldPatch(path, present, wanted, driver),
    ...setItems(`${path}/env`, present.env, wanted.env ?? [], { by: ({ name }) => name, fits: contains }),
    ...setItems(`${path}/volumeMounts`, present.volumeMounts, wanted.volumeMounts ?? [], {
      by: ({ mountPath }) => mountPath,
      fits: (own, wantedOne) => contains(own, wantedOne) && (own.readOnly ?? false) === (wantedOne.readOnly ?? false),
    }),
  ];
}

function fieldPatch(path: string, present: Container, wanted: Container, driver: Container): JsonPatch {
  const plain = (['image', 'imagePullPolicy', 'command', 'envFrom'] as const).filter(
    (name) => !contains(present[name], wanted[name]),
  );
  // A copy must be exact, or it would keep what the driver's has lost. Our own may have got defaults.
  const synced = driver.securityContext
    ? isDeepStrictEqual(present.securityContext, wanted.securityContext)
    : contains(present.securityContext, wanted.securityContext);
  const names = [
    ...plain,
    ...(isInStep(present.resources, wanted.resources) ? [] : ['resources' as const]),
    ...(synced ? [] : ['securityContext' as const]),
  ];
  const inStep = { ...wanted, resources: withMain(present.resources, wanted.resources) };
  return names
    .filter((name) => wanted[name] !== undefined)
    .map((name) => ({ op: 'add', path: path + pointer(name), value: inStep[name] }));
}

function mergeContainer(driver: Container, merge: MergeImage & ConfWiring, volumes?: readonly Volume[]): Container {
  const { image, shell, env, mergeEnv, mounts, findsFolder } = merge;
  const found =
    findsFolder === true ? configMounts(driver, volumes).filter(({ mountPath }) => !hides(mountPath, shell)) : [];
  const known = new Set([...OF_SCRIPT, ...mergeEnv.map(({ name }) => name)]);
  const envFrom = findsFolder === true ? driver.envFrom : undefined;
  return {
    name: MERGE_CONTAINER,
    ...image,
    command: [shell, '-c', MERGE_SCRIPT],
    ...(envFrom === undefined ? {} : { envFrom }),
    env: [
      ...mountEnv(driver, found).filter(({ name }) => !known.has(name)),
      ...mergeEnv,
      { name: 'BEFORE', value: `${SOURCE_MOUNT.mountPath}/before` },
      { name: 'AFTER', value: `${SOURCE_MOUNT.mountPath}/after` },
      ...env,
    ],
    volumeMounts: [...eachOnce([...mounts, ...found, ...tokenMount(driver)]), SOURCE_MOUNT, MERGED_MOUNT],
    resources: mergeResources(driver.resources),
    securityContext: structuredClone(driver.securityContext ?? LEAST),
    // So that `kubectl describe` shows why the merge failed; the script's messages hold no values.
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/**
 * The ServiceAccount's token as the driver has it. The container does not use it, but admission mounts it in each container
 * without one; that is a change of what we answered, for which the API server would call the webhook again for every driver.
 */
function tokenMount({ volumeMounts = [] }: Container): readonly VolumeMount[] {
  return volumeMounts.filter(({ name, mountPath }) => name.startsWith(TOKEN_VOLUME) && mountPath === TOKEN_FOLDER);
}

/** Whether what is mounted there would stand in the way of the operator's programs; the driver's are as in its own container. */
function hides(mountPath: string, shell: string): boolean {
  return shell === OPERATOR_SHELL && slashed(shell).startsWith(slashed(mountPath));
}

function eachOnce(mounts: readonly VolumeMount[]): readonly VolumeMount[] {
  return [...new Map(mounts.map((mount) => [mount.mountPath, mount])).values()];
}
