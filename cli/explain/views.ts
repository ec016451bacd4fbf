import { contentDigest } from '../../operator/api/binding-secret.ts';
import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { groupOf, parseKey, type SecretGroup, type SecretKey } from '../../operator/api/secret-key.ts';
import { bindingViews } from '../../operator/binding-views.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import { environment } from '../../operator/injection/environment.ts';
import { requirements } from '../../operator/injection/requirements.ts';
import { bindingSecretName } from '../../operator/injection/secret-name.ts';
import { specDigest } from '../../operator/injection/spec-digest.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';

/** Bindings as the webhook sees them, by the metadata of their Secrets. */
export function viewsWithSecrets(
  bindings: readonly SparkJobSecretBinding[],
  secrets: readonly KubeObject[],
): readonly BindingView[] {
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  const views = bindingViews(
    { list: () => bindings },
    {
      get: (_namespace, name) => {
        const secret = byName.get(name);
        return secret && { ...secret, type: undefined, immutable: false, contentDigest: contentDigest({}) };
      },
    },
  );
  return views('');
}

/**
 * Bindings whose Secrets this user may not see: one that says that it is resolved has a Secret, with the keys that its
 * status names.
 */
export function viewsWithoutSecrets(bindings: readonly SparkJobSecretBinding[]): readonly BindingView[] {
  return bindings.map((binding) => {
    const { metadata, status, spec } = binding;
    if (!isResolved(binding)) return { binding, secret: undefined };
    const keys = (status?.keys ?? []).flatMap(({ key }) => parseKey(key) ?? []);
    return { binding, secret: assumedSecret(metadata.name, spec, { keys, groups: byGroup(keys) }) };
  });
}

/** Whether it says so of itself as it is now. */
function isResolved({ metadata, status }: SparkJobSecretBinding): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Resolved');
  const generation = condition?.observedGeneration ?? status?.observedGeneration;
  return condition?.status === 'True' && generation === metadata.generation;
}

/**
 * Bindings that are not applied yet, as if they were and as if the store had what they ask for; of groups, those of the
 * `wanted` keys that lie in them. What is wrong with a spec itself becomes the condition that the operator would write.
 */
export function viewsOfFile(
  bindings: readonly SparkJobSecretBinding[],
  wanted: readonly SecretKey[] = [],
): readonly BindingView[] {
  return bindings.map(({ apiVersion, kind, metadata, spec }) => {
    const binding = { apiVersion, kind, metadata: { ...metadata, generation: 1 }, spec };
    const { problems, keys, groups } = requirements(binding.spec);
    const [problem] = problems;
    if (problem === undefined) {
      const grouped = wanted.filter((key) => groups.includes(groupOf(key)));
      const known = { keys: [...keys, ...grouped], groups: byGroup(grouped) };
      const status = { conditions: [condition('Ready', { status: 'Unknown', ...NOT_APPLIED })] };
      return { binding: { ...binding, status }, secret: assumedSecret(metadata.name, binding.spec, known) };
    }
    const message = problems.map((each) => each.message).join(' ');
    const wrong = { status: 'False', reason: problem.reason, message } as const;
    const conditions = [condition('Ready', wrong), condition('Resolved', wrong)];
    return { binding: { ...binding, status: { observedGeneration: 1, conditions } }, secret: undefined };
  });
}

type Condition = NonNullable<NonNullable<SparkJobSecretBinding['status']>['conditions']>[number];

const NOT_APPLIED = { reason: 'NotApplied', message: 'it is only in the file' };

function condition(type: string, state: Pick<Condition, 'status' | 'reason' | 'message'>): Condition {
  return { type, ...state, lastTransitionTime: '1970-01-01T00:00:00Z', observedGeneration: 1 };
}

function byGroup(keys: readonly SecretKey[]): ReadonlyMap<SecretGroup, readonly SecretKey[]> {
  return Map.groupBy(keys, groupOf);
}

function assumedSecret(
  name: string,
  spec: SparkJobSecretBinding['spec'],
  {
    keys,
    groups,
  }: { readonly keys: readonly SecretKey[]; readonly groups: ReadonlyMap<SecretGroup, readonly SecretKey[]> },
): BindingView['secret'] {
  const { variables } = environment(spec, groups);
  return {
    name: bindingSecretName(name),
    specDigest: specDigest(spec),
    envKeys: Object.fromEntries(variables.map(({ name: variable, source }) => [variable, source])),
    referenceKeys: keys,
  };
}
