import { ANNOTATIONS, LABELS } from '../api/group.ts';
import { API_PROPERTIES, apiVariables, type ApiAddress } from './api-variables.ts';
import { bindingTitle, type BindingView } from './binding-view.ts';
import { confWiring, type CommandConf } from './conf/conf-wiring.ts';
import type { ConfWiring } from './conf/wiring.ts';
import { EXECUTOR_SECRET_KEY_REF } from './data-keys.ts';
import { driverEnv, indexEntries } from './driver-env.ts';
import { unresolvedWarning } from './env-references.ts';
import { goesTo } from './environment.ts';
import { expandedSpec } from './expanded-spec.ts';
import { fileMountProblems, fileMounts, fileVolumes } from './files.ts';
import { contains, pointer, setItems, setMembers, type JsonPatch } from './json-patch.ts';
import {
  DRIVER_MOUNT,
  MERGE_CONTAINER,
  mergeContainerPatch,
  mergeImage,
  mergeVolumes,
  presentMergeContainer,
  type MergeImage,
} from './merge-container.ts';
import { mountProblems } from './mounts.ts';
import type { Container, Pod } from './pod.ts';
import { driverOf } from './runners/registry.ts';
import type { PodProblem } from './runners/runner.ts';
import { podVersionsNote } from './versions.ts';

const EXECUTOR_ENV = 'spark.executorEnv.';

/** What the operator is like that patches. */
export interface PatchOptions {
  /** The image that the operator runs from; undefined: it does not know. */
  readonly operatorImage?: string | undefined;
  /** Where its API is; undefined: pods are not told. */
  readonly api?: ApiAddress | undefined;
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
  { operatorImage, api }: PatchOptions = {},
): PodWiring | PodProblem | undefined {
  const found = driverOf(pod);
  if (found === undefined || 'problem' in found) return found;
  const { container: driver } = found;
  const present = presentMergeContainer(pod);
  const conf = confWiring(found, present, commandConf(views));
  if ('problem' in conf) return conf;
  const image = mergeImage(pod, driver, operatorImage);
  if ('problem' in image) return image;
  const path = pointer('spec', 'containers', pod.spec?.containers.indexOf(driver) ?? 0);
  const told = apiVariables(driver, present, api);
  const mergeEnv = [...conf.mergeEnv, ...told.merge];
  const env = [...conf.driverEnv, ...told.driver];
  return { driver, path, merge: { ...image, ...conf, mergeEnv, driverEnv: env }, replaced: conf.replaced };
}

/** A pod with the secrets of bindings: worked out once. */
export interface PodChange {
  /** What its owner has to mend first: sentences. */
  readonly problems: readonly string[];
  readonly patch: JsonPatch;
  /** What the job's owner should know about the patch. Names only. */
  readonly warnings: readonly string[];
}

/**
 * The changes that give a driver pod the secrets of these bindings, all of which have a Secret. Nothing else of the pod
 * changes. Idempotent: for a pod that has them it is empty, and after another webhook's changes it has what restores
 * step with the driver's container. `run` is noted on the pod.
 */
export function podChange(
  pod: Pod,
  { driver, path, merge, replaced }: PodWiring,
  views: readonly BindingView[],
  run: string | undefined,
): PodChange {
  const sorted = byName(views);
  const env = driverEnv(driver, sorted);
  const named = { by: ({ name }: { name: string }) => name, fits: contains };
  const volumes = [...mergeVolumes(sorted), ...fileVolumes(sorted)];
  const patch = [
    ...metadataPatch(pod, sorted, run),
    ...setItems('/spec/volumes', pod.spec?.volumes, volumes, named),
    ...mergeContainerPatch(pod, driver, merge),
    ...commandPatch(path, driver, merge.container),
    ...setItems(`${path}/volumeMounts`, driver.volumeMounts, [DRIVER_MOUNT, ...fileMounts(sorted)], {
      by: ({ mountPath }) => mountPath,
      fits: contains,
    }),
    ...env.patch(path, [...indexEntries(sorted), ...merge.driverEnv]),
  ];
  return {
    problems: [...mountProblems(pod, driver), ...fileMountProblems(driver, sorted), ...env.problems],
    patch,
    warnings: [
      ...env.warnings,
      ...replaced.flatMap((property) => replacedWarnings(sorted, property)),
      ...othersOf(pod, driver).flatMap(unresolvedWarning),
    ],
  };
}

/** `podChange` of a pod that has not been looked at. Throws when no runner recognises the pod. */
export function changeOf(pod: Pod, views: readonly BindingView[], run?: string, options?: PatchOptions): PodChange {
  return podChange(pod, knownWiring(pod, views, options), views, run);
}

function replacedWarnings(views: readonly BindingView[], property: string): string[] {
  const view = views.find((one) => hasPrecedence(one) && replacedNames(one).includes(property));
  return view === undefined ? [] : [replacedWarning(view, property)];
}

function replacedWarning(view: BindingView, property: string): string {
  return `${bindingTitle(view)} replaces the Spark property ${property} that the job's command sets: remove it there, or set spec.precedence: Pod in the binding.`;
}

function commandConf(views: readonly BindingView[]): CommandConf {
  return {
    replaced: new Set(views.filter(hasPrecedence).flatMap(replacedNames)),
    // The first hides what bindings give; the others stand against the executors' variables.
    moved: new Set([
      'spark.redaction.regex',
      ...API_PROPERTIES,
      ...views.flatMap((view) => executorNames(view, EXECUTOR_ENV)),
    ]),
  };
}

/** Properties that a binding with precedence has the last word on. */
function replacedNames(view: BindingView): readonly string[] {
  return [
    ...confNames(view),
    ...[EXECUTOR_ENV, EXECUTOR_SECRET_KEY_REF].flatMap((prefix) => executorNames(view, prefix)),
  ];
}

/** The properties that give executors the variables of a binding. */
function executorNames({ binding, secret }: BindingView, prefix: string): readonly string[] {
  const names = Object.keys(secret?.envKeys ?? {}).filter((name) => goesTo(binding.spec, name, 'executor'));
  return names.map((name) => prefix + name);
}

function hasPrecedence({ binding }: BindingView): boolean {
  return binding.spec.precedence !== 'Pod';
}

function confNames({ binding }: BindingView): readonly string[] {
  return (expandedSpec(binding.spec).sparkConf ?? []).map(({ name }) => name);
}

function knownWiring(pod: Pod, views: readonly BindingView[], options?: PatchOptions): PodWiring {
  const wiring = podWiring(pod, views, options);
  if (wiring === undefined) throw new Error('the pod has no driver container that a runner recognises');
  if ('problem' in wiring) throw new Error(wiring.problem);
  return wiring;
}

/** Without ours, whose variables hold what the job's command said. */
function othersOf({ spec }: Pod, driver: Container): readonly Container[] {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.filter((container) => container !== driver && container.name !== MERGE_CONTAINER);
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
