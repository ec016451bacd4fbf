import { bindingConflicts } from './binding-conflicts.ts';
import { bindingTitle, type BindingView } from './binding-view.ts';
import { driverEnv } from './driver-env.ts';
import type { JsonPatch } from './json-patch.ts';
import { podChange, podWiring, type PatchOptions } from './patch-pod.ts';
import type { Pod } from './pod.ts';
import { ofRun } from './run.ts';
import { driverOf, RUNNERS } from './runners/registry.ts';
import { selects } from './select.ts';
import { specDigest } from './spec-digest.ts';

/** What the webhook answers for a pod. */
export type Decision =
  /** No binding selects the pod: admit it as it is. */
  | { readonly kind: 'none' }
  /** A binding is not reconciled yet. Look again within the webhook's patience, then deny with this message. */
  | { readonly kind: 'wait'; readonly message: string }
  | { readonly kind: 'deny'; readonly message: string }
  /** Admit with the patch, which is empty when the pod is patched already. Warnings go into the admission response. */
  | { readonly kind: 'patch'; readonly patch: JsonPatch; readonly warnings: readonly string[] };

/**
 * What becomes of a driver-side pod of a namespace that has these bindings. Pure; messages name bindings, keys and
 * variables, never a value. An executor is left alone: Spark itself gives it what its driver was given. So is a pod that no
 * binding selects, also one that opted in by label: the label says that it may get secrets, a binding which; unless its
 * variables refer to keys. `newRun` names
 * the run should the pod have none yet.
 */
export function decide(pod: Pod, views: readonly BindingView[], newRun: string, options: PatchOptions = {}): Decision {
  if (pod.metadata?.labels?.['spark-role'] === 'executor') return { kind: 'none' };
  const selected = views.filter(
    ({ binding }) => binding.metadata.deletionTimestamp == null && selects(binding.spec.selector, pod),
  );
  if (selected.length === 0) return unselected(pod);
  selected.sort((a, b) => (bindingTitle(a) < bindingTitle(b) ? -1 : 1));
  const wiring = podWiring(pod, selected, options);
  if (wiring === undefined) return { kind: 'deny', message: unsupported(selected) };
  if ('problem' in wiring) return { kind: 'deny', message: `${chosen(selected)}, but: ${wiring.problem}` };
  const standing = standingOf(selected);
  if (standing !== undefined) return standing;
  const given = ofRun(pod, selected, newRun);
  const { problems, patch, warnings } = podChange(pod, wiring, given.views, given.run);
  if (problems.length > 0) return { kind: 'deny', message: problems.join(' ') };
  return { kind: 'patch', patch, warnings };
}

/** A reference that nobody resolves would reach the job as it is: a driver whose own variables have one does not start. */
function unselected(pod: Pod): Decision {
  const driver = driverOf(pod);
  const problems = driver === undefined || 'problem' in driver ? [] : driverEnv(driver.container, []).problems;
  return problems.length === 0 ? { kind: 'none' } : { kind: 'deny', message: problems.join(' ') };
}

/** What these bindings themselves say to a pod that they select; undefined: it can be given what they have. */
function standingOf(selected: readonly BindingView[]): Decision | undefined {
  const refusals = selected.flatMap(refusal);
  if (refusals.length > 0) return { kind: 'deny', message: refusals.join(' ') };
  const pending = selected.filter((view) => !isUsable(view));
  if (pending.length > 0) return { kind: 'wait', message: pending.map(notReconciled).join(' ') };
  const conflicts = bindingConflicts(selected);
  if (conflicts.length > 0) return { kind: 'deny', message: conflicts.join(' ') };
  return undefined;
}

/** The reason of a binding that is refused as it stands now. What an older generation was refused for does not count. */
function refusal(view: BindingView): string[] {
  const resolved = resolvedOf(view);
  if (resolved?.status !== 'False' || !resolved.current) return [];
  return [`${bindingTitle(view)}: ${resolved.reason}: ${resolved.message.replace(/\.?$/, '.')}`];
}

/**
 * Whether the Secret holds all of what the binding asks for now. A refusal of an older generation means that the Secret
 * may be what was left of before: then the binding has to be reconciled first.
 */
export function isUsable(view: BindingView): boolean {
  const { binding, secret } = view;
  return secret?.specDigest === specDigest(binding.spec) && resolvedOf(view)?.status !== 'False';
}

function resolvedOf({
  binding,
}: BindingView): { status: string; reason: string; message: string; current: boolean } | undefined {
  const condition = binding.status?.conditions?.find(({ type }) => type === 'Resolved');
  if (condition === undefined) return undefined;
  const generation = condition.observedGeneration ?? binding.status?.observedGeneration;
  return { ...condition, current: generation === binding.metadata.generation };
}

function notReconciled(view: BindingView): string {
  const { name, namespace = '' } = view.binding.metadata;
  return `${bindingTitle(view)} is not reconciled yet; try again in a few seconds. Should it last, kubectl describe sjsb ${name} -n ${namespace} shows why.`;
}

function unsupported(selected: readonly BindingView[]): string {
  const how = RUNNERS.map(({ name }) => name).join('; ');
  return `${chosen(selected)}, but was not launched in a way that can be given secrets. Supported: ${how}. Launch it so, give it the label, or narrow the selector.`;
}

function chosen(selected: readonly BindingView[]): string {
  return `This pod is selected by ${selected.map(bindingTitle).join(', ')}`;
}
