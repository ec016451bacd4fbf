import { leasePathOf } from '../api/dynamic-reference.ts';
import type { BindingView } from './binding-view.ts';
import type { ConfEntry } from './conf-template.ts';
import { envVariable, goesTo } from './environment.ts';
import { carrierOf, expandedSpec, isCarrier } from './expanded-spec.ts';
import { requirements } from './requirements.ts';

/** Something that a binding gives, and from where. */
interface Claim {
  /** The variable or property, and the pods it goes to. */
  readonly slot: string;
  readonly what: string;
  readonly source: string;
}

/**
 * A sentence for each variable or Spark property that two bindings take from different sources: another store, key or
 * template. The same source twice is no conflict, except for credentials on lease, which each binding would get anew: a
 * name of one lease and a password of another help nobody.
 */
export function bindingConflicts(views: readonly BindingView[]): readonly string[] {
  const messages = new Set<string>();
  const taken = new Map<string, Claim & { readonly by: BindingView }>();
  for (const view of views) {
    for (const claim of claimsOf(view)) {
      const other = taken.get(claim.slot);
      if (other !== undefined && other.source !== claim.source) messages.add(conflict(claim.what, other.by, view));
      if (other === undefined) taken.set(claim.slot, { ...claim, by: view });
    }
  }
  return [...messages];
}

function claimsOf(view: BindingView): Claim[] {
  const { binding, secret } = view;
  const { name, namespace = binding.metadata.namespace } = binding.spec.storeRef;
  const source = (text: string): string => JSON.stringify([namespace, name, text]);
  const sources = secret?.envKeys ?? {};
  const env = Object.entries(sources).flatMap(([variable, text]) =>
    (['driver', 'executor'] as const)
      .filter((target) => !isCarrier(variable) && goesTo(binding.spec, variable, target))
      .map((target) => ({ slot: `${target} ${variable}`, what: `the variable ${variable}`, source: source(text) })),
  );
  const conf = (expandedSpec(binding.spec).sparkConf ?? []).map((entry) => ({
    slot: entry.name,
    what: `the Spark property ${entry.name}`,
    source: source(sources[carrierOf(entry) ?? ''] ?? confSource(entry)),
  }));
  const paths = [...new Set(requirements(binding.spec).dynamic.map(leasePathOf))];
  const leases = paths.map((path) => ({
    slot: `lease ${source(path)}`,
    what: `the credentials ${path}`,
    source: binding.metadata.name,
  }));
  return [...env, ...conf, ...leases];
}

/** As a variable's source: what one binding delivers by a variable, another may deliver as a value. */
function confSource({ name, key, template }: ConfEntry): string {
  const variable = envVariable({
    name,
    ...(key === undefined ? {} : { key }),
    ...(template === undefined ? {} : { template }),
  });
  // A template with credentials on lease is no variable's.
  return 'problem' in variable ? (template ?? '') : variable.source;
}

function conflict(what: string, one: BindingView, other: BindingView): string {
  const namespace = other.binding.metadata.namespace ?? '';
  const names = [one, other].map(({ binding }) => `${namespace}/${binding.metadata.name}`);
  return `Conflict: the SparkJobSecretBindings ${names.join(' and ')} both select this job and give ${what} from different sources: remove it from one, or narrow a selector.`;
}
