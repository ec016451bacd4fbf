import { storeRefOf, type BindingSpec } from '../../api/kinds.ts';
import { isKubernetesGroup, KUBERNETES_GROUP_RULE } from '../../api/kubernetes-group.ts';
import type { Problem } from '../../api/reasons.ts';
import { groupOf, type SecretGroup, type SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { expandedSpec, isProvided } from '../../injection/expanded-spec.ts';
import { keyIndexName } from '../../injection/key-index.ts';
import { requirements } from '../../injection/requirements.ts';
import { secretContent, type SecretContent } from '../../injection/secret-content.ts';
import { whyNotSeen } from '../../runtime/watch-scope.ts';
import type { Answer } from '../../stores/cache.ts';
import type { Observed } from './observe.ts';
import { some, storeName, undecidedProblems } from './untold.ts';

/** What a binding comes to with what its store has. */
export type Resolution =
  /** Every key has a value. */
  | { readonly kind: 'content'; readonly content: SecretContent }
  /** Something needs a human; `remains` is what the Secret may still hold when a grant was withdrawn. */
  | {
      readonly kind: 'problems';
      readonly problems: readonly Problem[];
      readonly remains?: SecretContent;
      /** A grant was withdrawn, and what else there is can't be told: only the withdrawn values go. */
      readonly withdraws?: true;
    }
  /** The store, or it of single keys, can't tell at present, and has not since the operator started. */
  | { readonly kind: 'unknown'; readonly problem: Problem };

/** Works out a binding's content, or everything that stands in its way. */
export function resolve(observed: Observed): Resolution {
  const { requirements: needs, answer } = observed;
  if (needs.problems.length > 0) return { kind: 'problems', problems: needs.problems };
  if (answer !== undefined) return resolveAnswer(observed, answer);
  const { namespace } = storeRefOf(observed.binding);
  const why = whyNotSeen(namespace, observed.storeNamespace, 'create it, or correct spec.storeRef');
  const message = `SecretStoreConfig ${storeName(observed)} ${why}.`;
  // It may be there: what it gave stays good, as in an outage.
  if (observed.storeNamespace === 'unknown')
    return { kind: 'unknown', problem: { reason: 'StoreUnreachable', message } };
  return { kind: 'problems', problems: [{ reason: 'StoreNotFound', message }] };
}

function resolveAnswer(observed: Observed, answer: Answer): Resolution {
  const { spec } = observed.binding;
  const undecided = undecidedProblems(observed, answer);
  const denied = deniedProblems(observed, answer);
  const { leaseProblems } = observed;
  const [first] = undecided;
  if (first && denied.length + answer.withdrawn.length + leaseProblems.length === 0)
    return { kind: 'unknown', problem: { ...first, message: undecided.map(({ message }) => message).join(' ') } };
  const problems = [...denied, ...leaseProblems, ...undecided, ...absentProblems(observed, answer)];
  if (problems.length === 0) return contentOf(observed, spec, answer);
  if (denied.length + answer.withdrawn.length === 0) return { kind: 'problems', problems };
  // What may no longer be had is known without the store, what remains is not: the rest of the Secret is left as it is.
  if (first) return { kind: 'problems', problems, withdraws: true };
  return { kind: 'problems', problems, ...remainsOf(observed, answer) };
}

/** What is still granted; nothing when that makes no content by itself: a withdrawn value must not stay for it. */
function remainsOf(observed: Observed, answer: Answer): { readonly remains?: SecretContent } {
  const { spec } = observed.binding;
  for (const part of [grantedPart(spec, answer), nothingOf(spec)]) {
    const rest = contentOf(observed, part, answer);
    if (rest.kind === 'content') return { remains: withIndex(observed, rest.content) };
  }
  return {};
}

/** Executors of jobs that run name the index of the keys: without it they could not start. */
function withIndex({ binding }: Observed, content: SecretContent): SecretContent {
  return { ...content, data: { [keyIndexName(binding.metadata.name)]: '', ...content.data } };
}

function contentOf(observed: Observed, spec: BindingSpec, answer: Answer): Resolution {
  const content = secretContent({
    spec,
    binding: observed.binding.metadata.name,
    secretName: observed.secretName,
    values: valuesOf(answer),
    groups: answer.groups,
  });
  return 'problems' in content ? { kind: 'problems', problems: content.problems } : { kind: 'content', content };
}

function valuesOf(answer: Answer): ReadonlyMap<SecretKey, SecretValue> {
  return new Map([...answer.values].map(([key, { value }]) => [key, value]));
}

function deniedProblems(observed: Observed, { denied }: Answer): Problem[] {
  if (denied.length === 0) return [];
  const namespace = observed.binding.metadata.namespace ?? '';
  const message =
    `SecretStoreConfig ${storeName(observed)} does not grant ${some(denied)} to namespace ${namespace}: ` +
    `its owner can add them to its spec.access.`;
  return [{ reason: 'AccessDenied', message }];
}

function absentProblems(observed: Observed, answer: Answer): Problem[] {
  const { keys } = observed.requirements;
  const denied = new Set(answer.denied);
  const untold = new Set([...answer.unknown, ...answer.failed.keys()]);
  const absent = keys.filter((key) => !answer.values.has(key) && !denied.has(key) && !untold.has(key));
  const empty = [...answer.groups].filter(([, members]) => members.length === 0).map(([group]) => group);
  const problems: Problem[] = [];
  if (absent.length > 0) {
    const message = `SecretStoreConfig ${storeName(observed)} has no ${some(absent)}: add what is missing, or correct the binding.${groupHint(observed, absent.map(groupOf))}`;
    problems.push({ reason: 'KeyNotFound', message });
  }
  if (empty.length > 0) {
    const message = `SecretStoreConfig ${storeName(observed)} has no key for this namespace in group ${some(empty)}: add one, or correct envFrom or references.${groupHint(observed, empty)}`;
    problems.push({ reason: 'KeyNotFound', message });
  }
  return problems;
}

/** Nothing can be added there, however often one looks for a typing error. */
function groupHint({ store }: Observed, groups: readonly SecretGroup[]): string {
  if (store?.spec.type !== 'kubernetes') return '';
  const bad = [...new Set(groups.filter((group) => !isKubernetesGroup(group)))];
  return bad.length === 0 ? '' : ` No Secret can be called after ${some(bad)}: ${KUBERNETES_GROUP_RULE}.`;
}

/** The spec without the entries that need a key which is denied, or is not there, and without empty groups. */
function grantedPart(binding: BindingSpec, answer: Answer): BindingSpec {
  const spec = expandedSpec(binding);
  const has = (entry: Pick<BindingSpec, 'env' | 'sparkConf' | 'references' | 'files'>): boolean => {
    const { keys, groups } = requirements({ ...nothingOf(spec), ...entry });
    return keys.every((key) => answer.values.has(key)) && groups.every((group) => answer.groups.get(group)?.length);
  };
  const env = (spec.env ?? []).filter((entry) => has({ env: [entry] }));
  const variables = new Set(env.map(({ name }) => name));
  const conf = (spec.sparkConf ?? []).filter((entry) => has({ sparkConf: [entry] }));
  return {
    ...spec,
    env,
    envFrom: (spec.envFrom ?? []).filter(({ group }) => answer.groups.get(group as SecretGroup)?.length),
    sparkConf: conf.filter((entry) => isProvided(entry, variables)),
    references: (spec.references ?? []).filter((entry) => has({ references: [entry] })),
    files: (spec.files ?? []).filter((entry) => has({ files: [entry] })),
  };
}

function nothingOf(spec: BindingSpec): BindingSpec {
  return { ...spec, env: [], envFrom: [], sparkConf: [], presets: [], references: [], files: [] };
}
