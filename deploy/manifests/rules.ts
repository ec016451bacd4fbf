/** A Kubernetes object as far as these scripts look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

/** A rule of a role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[] | undefined;
  readonly verbs: readonly string[];
}

/** One verb on one resource. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly names: readonly string[] | undefined;
  readonly verb: string;
}

/** Rights on all objects of the kinds that these are of. */
export function rulesOnKinds(objects: readonly Manifest[], verbs: readonly string[]): readonly Rule[] {
  return merged(objects.map((object) => ({ ...resourceOf(object), verbs })));
}

/** Rights on these objects alone. */
export function rulesOnObjects(objects: readonly Manifest[], verbs: readonly string[]): readonly Rule[] {
  const rules = groupsOf(objects, resourceOf).map(([first, all]) => {
    const resourceNames = [...new Set(all.map(({ metadata }) => metadata.name))].toSorted();
    return { ...resourceOf(first), resourceNames, verbs };
  });
  return merged(rules);
}

/** The same rights by as few rules as possible, each right once, without those that other rules give. */
export function merged(rules: readonly Rule[], others: readonly Rule[] = []): readonly Rule[] {
  const rights = new Map(rules.flatMap(rightsOf).map((right) => [JSON.stringify(right), right]));
  const [own, given] = [[...rights.values()], others.flatMap(rightsOf)];
  const needed = own.filter((right) => ![...given, ...own].some((other) => other !== right && includes(other, right)));
  const single = groupsOf(needed, ({ group, resource, names }) => [group, resource, names]).map(([first, all]) => ({
    ...first,
    verbs: all.map(({ verb }) => verb).toSorted(byUse),
  }));
  return groupsOf(single, ({ group, names, verbs }) => [group, names, verbs]).map(([{ group, names, verbs }, all]) => {
    const named = names === undefined ? {} : { resourceNames: names };
    return { apiGroups: [group], resources: all.map(({ resource }) => resource).toSorted(), ...named, verbs };
  });
}

/** What has the same key, together, with the first of it. */
function groupsOf<T>(all: readonly T[], keyOf: (one: T) => unknown): (readonly [T, readonly T[]])[] {
  const groups = Map.groupBy(all, (one) => JSON.stringify(keyOf(one)));
  return [...groups.values()].flatMap((group) => group.slice(0, 1).map((first) => [first, group] as const));
}

function rightsOf({ apiGroups, resources, resourceNames, verbs }: Rule): Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, names: resourceNames, verb }))),
  );
}

function includes(wide: Right, right: Right): boolean {
  const isSame = wide.group === right.group && wide.resource === right.resource && wide.verb === right.verb;
  return isSame && (wide.names === undefined || right.names?.every((name) => wide.names?.includes(name)) === true);
}

const USE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

function byUse(one: string, other: string): number {
  return USE.indexOf(one) - USE.indexOf(other);
}

function resourceOf({ apiVersion, kind }: Manifest): Pick<Rule, 'apiGroups' | 'resources'> {
  return { apiGroups: [apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : ''], resources: [pluralOf(kind)] };
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('y')) return name.replace(/y$/, 'ies');
  return name.endsWith('s') ? `${name}es` : `${name}s`;
}
