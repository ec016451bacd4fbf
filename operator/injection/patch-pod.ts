import { ANNOTATIONS, LABELS } from '../api/group.ts';
import { bindingTitle, type BindingView } from './binding-view.ts';
import { confWiring, type CommandConf } from './conf/conf-wiring.ts';
import type { ConfWiring } from './conf/wiring.ts';
import { driverEnvPatch, driverEnvProblems, driverEnvWarnings } from './driver-env.ts';
import { goesTo } from './environment.ts';
import { expandedSpec } from './expanded-spec.ts';
import { contains, pointer, setItems, setMembers, type JsonPatch } from './json-patch.ts';
import {
  DRIVER_MOUNT,
  mergeContainerPatch,
  mergeImage,
  mergeVolumes,
  presentMergeContainer,
  type MergeImage,
} from './merge-container.ts';
import type { Container, Pod } from './pod.ts';
import { driverOf } from './runners/registry.ts';
import type { PodProblem } from './runners/runner.ts';
import { podVersionsNote } from './versions.ts';

/** What the operator is like that patches. */
export interface PatchOptions {
  /** The image that the operator runs from; undefined: it does not know. */
  readonly operatorImage?: string | undefined;
}

/** How a pod is to be changed, what its bindings hold aside. */
export interface PodWiring {
  /** The driver's container as it is, and its path in the pod. */
  readonly driver: Container;
  readonly path: string;
  readonly merge: MergeImage & ConfWiring;
  /** Properties that the driver's command sets and bindings replace. */
  readonly replaced: readonly string[];
}

/** How a pod is to be changed; what its owner has to mend first; undefined when no runner recognises it. */
export function podWiring(
  pod: Pod,
  views: readonly BindingView[],
  { operatorImage }: PatchOptions = {},
): PodWiring | PodProblem | undefined {
  const found = driverOf(pod);
  if (found === undefined || 'problem' in found) return found;
  const { container: driver } = found;
  const conf = confWiring(found, presentMergeContainer(pod), commandConf(views));
  if ('problem' in conf) return conf;
  const image = mergeImage(pod, driver, operatorImage);
  if ('problem' in image) return image;
  const path = pointer('spec', 'containers', pod.spec?.containers.indexOf(driver) ?? 0);
  return { driver, path, merge: { ...image, ...conf }, replaced: conf.replaced };
}

/**
 * The changes that give a driver pod the secrets of these bindings, all of which have a Secret. Nothing else of the pod
 * changes. Idempotent: for a pod that has them it is empty, and after another webhook's changes it has what restores
 * step with the driver's container. `run` is noted on the pod. Throws when no runner recognises the pod.
 */
export function patchPod(pod: Pod, views: readonly BindingView[], run?: string, options?: PatchOptions): JsonPatch {
  return wiredPatch(pod, knownWiring(pod, views, options), views, run);
}

/** `patchPod` of a pod whose wiring is known. */
export function wiredPatch(
  pod: Pod,
  { driver, path, merge }: PodWiring,
  views: readonly BindingView[],
  run: string | undefined,
): JsonPatch {
  const sorted = byName(views);
  const named = { same: (one: { name: string }, other: { name: string }) => one.name === other.name, fits: contains };
  return [
    ...metadataPatch(pod, sorted, run),
    ...setItems('/spec/volumes', pod.spec?.volumes, mergeVolumes(sorted), named),
    ...mergeContainerPatch(pod, driver, merge),
    ...commandPatch(path, driver, merge.container),
    ...setItems(`${path}/volumeMounts`, driver.volumeMounts, [DRIVER_MOUNT], {
      same: (one, other) => one.mountPath === other.mountPath,
      fits: contains,
    }),
    ...driverEnvPatch(path, driver, sorted, merge.driverEnv),
  ];
}

/** What the job's owner should know about the patch. Names only. */
export function patchWarnings(pod: Pod, views: readonly BindingView[]): readonly string[] {
  return wiredWarnings(knownWiring(pod, views), views);
}

/** `patchWarnings` of a pod whose wiring is known. */
export function wiredWarnings({ driver, replaced }: PodWiring, views: readonly BindingView[]): readonly string[] {
  const sorted = byName(views);
  const conf = replaced.flatMap((property) => {
    const view = sorted.find((one) => hasPrecedence(one) && confNames(one).includes(property));
    return view === undefined ? [] : [replacedWarning(view, property)];
  });
  return [...driverEnvWarnings(driver, sorted), ...conf];
}

function replacedWarning(view: BindingView, property: string): string {
  return `${bindingTitle(view)} replaces the Spark property ${property} that the job's command sets itself: remove it from the command, or set spec.precedence: Pod in the binding to keep it.`;
}

function commandConf(views: readonly BindingView[]): CommandConf {
  return {
    replaced: new Set(views.filter(hasPrecedence).flatMap(confNames)),
    // The first hides what bindings give; the others stand against the executors' variables.
    moved: new Set(['spark.redaction.regex', ...views.flatMap(executorNames)]),
  };
}

function executorNames({ binding, secret }: BindingView): readonly string[] {
  const names = Object.keys(secret?.envKeys ?? {}).filter((name) => goesTo(binding.spec, name, 'executor'));
  return names.map((name) => `spark.executorEnv.${name}`);
}

function hasPrecedence({ binding }: BindingView): boolean {
  return binding.spec.precedence !== 'Pod';
}

function confNames({ binding }: BindingView): readonly string[] {
  return (expandedSpec(binding.spec).sparkConf ?? []).map(({ name }) => name);
}

/** A sentence for each reference in the driver's own variables that these bindings can't resolve. */
export function wiredProblems({ driver }: PodWiring, views: readonly BindingView[]): readonly string[] {
  return driverEnvProblems(driver, byName(views));
}

function knownWiring(pod: Pod, views: readonly BindingView[], options?: PatchOptions): PodWiring {
  const wiring = podWiring(pod, views, options);
  if (wiring === undefined) throw new Error('the pod has no driver container that a runner recognises');
  if ('problem' in wiring) throw new Error(wiring.problem);
  return wiring;
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

function commandPatch(path: string, driver: Container, wanted: Container): JsonPatch {
  return (['command', 'args'] as const).flatMap((field) =>
    wordsPatch(path + pointer(field), driver[field] ?? [], wanted[field] ?? []),
  );
}

function wordsPatch(path: string, present: readonly string[], wanted: readonly string[]): JsonPatch {
  if (wanted.length !== present.length) return [{ op: 'replace', path, value: wanted }];
  return wanted.flatMap((value, at) =>
    value === present[at] ? [] : [{ op: 'replace', path: path + pointer(at), value } as const],
  );
}

function byName(views: readonly BindingView[]): readonly BindingView[] {
  const nameOf = ({ binding }: BindingView): string => binding.metadata.name;
  return [...views].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
