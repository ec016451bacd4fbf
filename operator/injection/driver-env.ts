import { bindingTitle, type BindingView } from './binding-view.ts';
import { envReferences } from './env-references.ts';
import { goesTo } from './environment.ts';
import { contains, prepend, setItems, type JsonPatch } from './json-patch.ts';
import { hasKeyIndex, keyIndexName } from './key-index.ts';
import type { Container, EnvVar } from './pod.ts';

/** A variable that a binding gives the driver. */
interface Given {
  readonly view: BindingView;
  readonly entry: EnvVar;
}

/** What becomes of the variables of a driver's container, worked out once. */
export interface DriverEnv {
  /** A sentence for each reference in the pod's own variables that can't be resolved. */
  readonly problems: readonly string[];
  /** A sentence for each variable that the pod sets itself and a binding replaces. */
  readonly warnings: readonly string[];
  /**
   * Variables are added, or put in place of the pod's own where the binding has precedence; references in the pod's own are
   * resolved. `path` is the container's; `extra` are set in any case, with no word about the pod's own.
   */
  patch(path: string, extra?: readonly EnvVar[]): JsonPatch;
}

/** The variables that these bindings give a driver's container. */
export function driverEnv(container: Container, views: readonly BindingView[]): DriverEnv {
  const all = given(views).map((one) => ({ ...one, isOwn: ownEntry(container, one.entry) !== undefined }));
  const wanted = all.filter(({ view, isOwn }) => !isOwn || hasPrecedence(view));
  // Of variables that a binding replaces, nobody reads what the pod says.
  const replaced = new Set(wanted.map(({ entry }) => entry.name));
  const { entries, helpers, problems } = envReferences(container, views, replaced);
  return {
    problems,
    warnings: wanted.filter(({ isOwn }) => isOwn).map(replacedWarning),
    patch(path, extra = []) {
      const own = container.env ?? [];
      const names = new Set(own.map(({ name }) => name));
      const missing = helpers.filter((helper) => !own.some((entry) => contains(entry, helper)));
      const items = [...wanted.map(({ entry }) => entry), ...entries, ...extra];
      // A variable has to stand before those that name it, and the pod's own may name any.
      const first = [...missing, ...items.filter(({ name }) => !names.has(name))];
      // Of entries with one name the last counts, which is the one that setItems looks at.
      const rules = { by: ({ name }: EnvVar) => name, fits: contains };
      return [
        ...prepend(`${path}/env`, container.env, first),
        ...setItems(`${path}/env`, [...first, ...own], items, rules),
      ];
    },
  };
}

/** The indexes of the keys that these bindings give; not among what they are asked for, so that nothing is said of them. */
export function indexEntries(views: readonly BindingView[]): readonly EnvVar[] {
  return views.flatMap(({ binding, secret }) => {
    if (secret === undefined || !hasKeyIndex({ envKeys: secret.envKeys, files: binding.spec.files ?? [] })) return [];
    return [reference(keyIndexName(binding.metadata.name), secret.name)];
  });
}

function replacedWarning({ view, entry }: Given): string {
  return `${bindingTitle(view)} replaces the variable ${entry.name} that the job sets itself: remove it there, or set spec.precedence: Pod in the binding.`;
}

function hasPrecedence({ binding }: BindingView): boolean {
  return binding.spec.precedence !== 'Pod';
}

/**
 * One entry a name, sorted. Bindings that give one name give the same key of the same store; of those, one with
 * precedence over the pod speaks for all.
 */
function given(views: readonly BindingView[]): Given[] {
  const byName = new Map<string, Given>();
  for (const view of views) {
    for (const given of givenBy(view)) {
      const other = byName.get(given.entry.name);
      if (other?.view.binding.spec.precedence === 'Pod' || other === undefined) byName.set(given.entry.name, given);
    }
  }
  return [...byName.values()].sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1));
}

function givenBy(view: BindingView): Given[] {
  const { binding, secret } = view;
  if (secret === undefined) return [];
  return Object.keys(secret.envKeys)
    .filter((name) => goesTo(binding.spec, name, 'driver'))
    .map((name) => ({ view, entry: reference(name, secret.name) }));
}

function reference(name: string, secret: string): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key: name, optional: false } } };
}

/** What the pod itself says about the variable; undefined when nothing, or when it is what we wrote. */
function ownEntry(container: Container, wanted: EnvVar): EnvVar | undefined {
  const present = container.env?.findLast(({ name }) => name === wanted.name);
  return present === undefined || contains(present, wanted) ? undefined : present;
}
