import { ANNOTATIONS } from '../api/group.ts';
import type { RunReference } from '../api/kinds.ts';
import type { BindingView } from './binding-view.ts';
import { MERGE_CONTAINER, SOURCE_VOLUME } from './merge-container.ts';
import type { Pod } from './pod.ts';
import { filesSecretName, isRunName, runSecretName } from './secret-name.ts';

/** What a pod refers to. */
export interface Given {
  /** Each with the Secret that the pod is to name: the binding's, or (scope Application) that of this run. */
  readonly views: readonly BindingView[];
  /** Undefined: no binding has scope Application. */
  readonly run: string | undefined;
}

/**
 * The bindings as a pod is to refer to them. The webhook may be called several times for one pod: the run that it was
 * given at first stays. One that the pod brought itself does not, so that no run can lay hold of another's Secret.
 */
export function ofRun(pod: Pod, views: readonly BindingView[], newRun: string): Given {
  if (!views.some(isOfApplication)) return { views, run: undefined };
  const run = givenRun(pod) ?? newRun;
  return { run, views: views.map((view) => (isOfApplication(view) ? withRun(view, run) : view)) };
}

/**
 * The Secrets of its own run that a pod refers to, by what stands in its spec: a binding's scope may have changed since.
 * `bindings` are the names of those that it got secrets from.
 */
export function runReferences(pod: Pod, bindings: readonly string[]): readonly RunReference[] {
  const run = pod.metadata?.annotations?.[ANNOTATIONS.run];
  if (run === undefined || !isRunName(run)) return [];
  const named = new Set(sourceSecrets(pod));
  const mounted = new Set(pod.spec?.volumes?.map(({ secret }) => (secret as Mounted | undefined)?.secretName));
  return bindings
    .map((binding) => ({ binding, secret: runSecretName(binding, run), files: filesSecretName(binding, run) }))
    .filter(({ secret }) => named.has(secret))
    .map(({ binding, secret, files }) => ({ binding, run, secret, ...(mounted.has(files) ? { files } : {}) }));
}

interface Mounted {
  readonly secretName?: string;
}

function isOfApplication({ binding }: BindingView): boolean {
  return binding.spec.scope === 'Application';
}

function withRun(view: BindingView, run: string): BindingView {
  const { binding, secret } = view;
  return { binding, secret: secret && { ...secret, name: runSecretName(binding.metadata.name, run) }, run };
}

function givenRun({ metadata, spec }: Pod): string | undefined {
  const run = metadata?.annotations?.[ANNOTATIONS.run];
  const isPatched = spec?.initContainers?.some(({ name }) => name === MERGE_CONTAINER) === true;
  return isPatched && run !== undefined && isRunName(run) ? run : undefined;
}

function sourceSecrets({ spec }: Pod): string[] {
  interface Projected {
    readonly sources?: readonly { readonly secret?: { readonly name?: string } }[];
  }
  const volume = spec?.volumes?.find(({ name }) => name === SOURCE_VOLUME);
  const { sources = [] } = (volume?.projected ?? {}) as Projected;
  return sources.flatMap(({ secret }) => secret?.name ?? []);
}
