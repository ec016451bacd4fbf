import { bindingTitle, type BindingView } from './binding-view.ts';
import { envReferences, type EnvReferences } from './env-references.ts';
import { goesTo } from './environment.ts';
import { contains, setItems, type JsonPatch } from './json-patch.ts';
import type { Container, EnvVar } from './pod.ts';

/** A variable that a binding gives the driver. */
interface Given {
  readonly view: BindingView;
  readonly entry: EnvVar;
}

/**
 * Variables of the driver's container: added, or put in place of the pod's own where the binding has precedence;
 * references in the pod's own are resolved. `extra` are set in any case, with no word about the pod's own.
 */
export function driverEnvPatch(
  path: string,
  container: Container,
  views: readonly BindingView[],
  extra: readonly EnvVar[] = [],
): JsonPatch {
  const wanted = wantedBy(container, views);
  const { entries, helpers } = references(container, views, wanted);
  // Of entries with one name the last counts, which is the one that setItems looks at.
  const rules = { same: (one: EnvVar, other: EnvVar) => one.name === other.name, fits: contains };
  const missing = helpers.filter((helper) => container.env?.some((entry) => contains(entry, helper)) !== true);
  return [
    ...setItems(`${path}/env`, container.env, [...wanted, ...entries, ...extra], rules),
    // A variable that others name has to stand before them.
    ...missing.map((value) => ({ op: 'add', path: `${path}/env/0`, value }) as const),
  ];
}

/** A sentence for each reference in the pod's own variables that can't be resolved. */
export function driverEnvProblems(container: Container, views: readonly BindingView[]): readonly string[] {
  return references(container, views, wantedBy(container, views)).problems;
}

/** A sentence for each variable that the pod sets itself and a binding replaces. */
export function driverEnvWarnings(container: Container, views: readonly BindingView[]): string[] {
  return given(views).flatMap(({ view, entry }) => {
    if (view.binding.spec.precedence === 'Pod' || ownEntry(container, entry) === undefined) return [];
    return [
      `${bindingTitle(view)} replaces the variable ${entry.name} that the job sets itself: remove it from the job, or set spec.precedence: Pod in the binding to keep it.`,
    ];
  });
}

function wantedBy(container: Container, views: readonly BindingView[]): readonly EnvVar[] {
  return given(views)
    .filter(({ view, entry }) => view.binding.spec.precedence !== 'Pod' || ownEntry(container, entry) === undefined)
    .map(({ entry }) => entry);
}

/** Of variables that a binding replaces, nobody reads what the pod says. */
function references(container: Container, views: readonly BindingView[], wanted: readonly EnvVar[]): EnvReferences {
  return envReferences(container, views, new Set(wanted.map(({ name }) => name)));
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
    .map((name) => ({
      view,
      entry: { name, valueFrom: { secretKeyRef: { name: secret.name, key: name, optional: false } } },
    }));
}

/** What the pod itself says about the variable; undefined when nothing, or when it is what we wrote. */
function ownEntry(container: Container, wanted: EnvVar): EnvVar | undefined {
  const present = container.env?.findLast(({ name }) => name === wanted.name);
  return present === undefined || contains(present, wanted) ? undefined : present;
}
