import { ANNOTATIONS, LABELS } from '../api/group.ts';
import type { BindingView } from './binding-view.ts';
import { driverEnvPatch, driverEnvWarnings } from './driver-env.ts';
import { contains, pointer, setItems, setMembers, type JsonPatch } from './json-patch.ts';
import { DRIVER_MOUNT, MERGED_FILE, mergeContainerPatch, mergeVolumes } from './merge-container.ts';
import type { Container, Pod } from './pod.ts';
import { runnerOf } from './runners/registry.ts';
import { propertiesFileIndex } from './runners/spark-submit.ts';
import { podVersionsNote } from './versions.ts';

/**
 * The changes that give a driver pod the secrets of these bindings, all of which have a Secret. Nothing else of the pod
 * changes. Idempotent: for a pod that has them it is empty, and after another webhook's changes it has what restores
 * step with the driver's container. `run` is noted on the pod. Throws when no runner recognises the pod.
 */
export function patchPod(pod: Pod, views: readonly BindingView[], run?: string): JsonPatch {
  const { driver, path } = driverOf(pod);
  const sorted = byName(views);
  const named = { same: (one: { name: string }, other: { name: string }) => one.name === other.name, fits: contains };
  return [
    ...metadataPatch(pod, sorted, run),
    ...setItems('/spec/volumes', pod.spec?.volumes, mergeVolumes(sorted), named),
    ...mergeContainerPatch(pod, driver),
    ...argsPatch(path, driver),
    ...setItems(`${path}/volumeMounts`, driver.volumeMounts, [DRIVER_MOUNT], {
      same: (one, other) => one.mountPath === other.mountPath,
      fits: contains,
    }),
    ...driverEnvPatch(path, driver, sorted),
  ];
}

/** What the job's owner should know about the patch. Names only. */
export function patchWarnings(pod: Pod, views: readonly BindingView[]): readonly string[] {
  return driverEnvWarnings(driverOf(pod).driver, byName(views));
}

function driverOf(pod: Pod): { driver: Container; path: string } {
  const driver = runnerOf(pod)?.driverContainer(pod);
  if (driver === undefined) throw new Error('the pod has no driver container that a runner recognises');
  return { driver, path: pointer('spec', 'containers', pod.spec?.containers.indexOf(driver) ?? 0) };
}

function metadataPatch(pod: Pod, views: readonly BindingView[], run: string | undefined): JsonPatch {
  const names = views.map(({ binding }) => binding.metadata.name).join(',');
  const versions = podVersionsNote(views);
  return [
    ...setMembers('/metadata/labels', pod.metadata?.labels, { [LABELS.injected]: 'true' }),
    ...setMembers('/metadata/annotations', pod.metadata?.annotations, {
      [ANNOTATIONS.bindings]: names,
      ...(run === undefined ? {} : { [ANNOTATIONS.run]: run }),
      ...(versions === undefined ? {} : { [ANNOTATIONS.versions]: versions }),
    }),
  ];
}

function argsPatch(path: string, driver: Container): JsonPatch {
  const at = propertiesFileIndex(driver);
  if (at === undefined || driver.args?.[at] === MERGED_FILE) return [];
  return [{ op: 'replace', path: path + pointer('args', at), value: MERGED_FILE }];
}

function byName(views: readonly BindingView[]): readonly BindingView[] {
  const nameOf = ({ binding }: BindingView): string => binding.metadata.name;
  return [...views].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
