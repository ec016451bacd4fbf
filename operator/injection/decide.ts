import { bindingConflicts } from './binding-conflicts.ts';
import type { BindingView } from './binding-view.ts';
import type { JsonPatch } from './json-patch.ts';
import { patchPod, patchWarnings } from './patch-pod.ts';
import type { Pod } from './pod.ts';
import { ofRun } from './run.ts';
import { RUNNERS, runnerOf } from './runners/registry.ts';
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
 * variables, never a value. An executor is left alone: Spark itself gives it what its driver was given. `newRun` names
 * the run should the pod have none yet.
 */
export function decide(pod: Pod, views: readonly BindingView[], newRun: string): Decision {
  if (pod.metadata?.labels?.['spark-role'] === 'executor') return { kind: 'none' };
  const selected = views.filter(
    ({ binding }) => binding.metadata.deletionTimestamp == null && selects(binding.spec.selector, pod),
  );
  if (selected.length === 0) return { kind: 'none' };
  selected.sort((a, b) => (title(a) < title(b) ? -1 : 1));
  if (runnerOf(pod) === undefined) return { kind: 'deny', message: unsupported(selected) };
  const refusals = selected.flatMap(refusal);
  if (refusals.length > 0) return { kind: 'deny', message: refusals.join(' ') };
  const pending = selected.filter((view) => !isUsable(view));
  if (pending.length > 0) return { kind: 'wait', message: pending.map(notReconciled).join(' ') };
  const conflicts = bindingConflicts(selected);
  if (conflicts.length > 0) return { kind: 'deny', message: conflicts.join(' ') };
  const given = ofRun(pod, selected, newRun);
  return { kind: 'patch', patch: patchPod(pod, given.views, given.run), warnings: patchWarnings(pod, given.views) };
}

/** The reason of a binding that is refused as it stands now. What an older generation was refused for does not count. */
function refusal(view: BindingView): string[] {
  const resolved = resolvedOf(view);
  if (resolved?.status !== 'False' || !resolved.current) return [];
  return [`${title(view)}: ${resolved.reason}: ${resolved.message.replace(/\.?$/, '.')}`];
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
  return `${title(view)} is not reconciled yet; try again in a few seconds. Should it last, kubectl describe sjsb ${name} -n ${namespace} shows why.`;
}

function unsupported(selected: readonly BindingView[]): string {
  const how = RUNNERS.map(({ name }) => name).join(', ');
  return `This pod is selected by ${selected.map(title).join(', ')}, but was not launched in a way that can be given secrets. Supported: ${how} (a container whose args have --properties-file). Launch it so, or narrow the selector.`;
}

function title({ binding: { metadata } }: BindingView): string {
  return `SparkJobSecretBinding ${metadata.namespace ?? ''}/${metadata.name}`;
}
