import type { Manifest, Rule } from '../../deploy/rendered-chart.ts';
import type { Asked } from './recording-proxy.ts';

/** Roles' rules as what they allow, one thing each. A role of the cluster has no namespace. */
export function rightsOf(roles: readonly Manifest[]): readonly Asked[] {
  return roles.flatMap(({ rules = [], metadata: { namespace } }) =>
    rules.flatMap((rule) => rightsOfRule(rule, namespace)),
  );
}

function rightsOfRule({ apiGroups, resources, resourceNames, verbs }: Rule, namespace: string | undefined): Asked[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        (resourceNames ?? [undefined]).map((name) => ({ verb, group, resource, name, namespace })),
      ),
    ),
  );
}

/** Rights that nothing of all that was needed took: what could be left out. */
export function superfluous(rights: readonly Asked[], needed: readonly Asked[]): readonly string[] {
  return [...new Set(rights.filter((right) => !needed.some((one) => allows(right, one))).map(text))];
}

/** As the API server decides: a rule with names is for these alone. */
function allows(right: Asked, asked: Asked): boolean {
  return (
    right.verb === asked.verb &&
    right.group === asked.group &&
    right.resource === asked.resource &&
    (right.name === undefined || right.name === asked.name) &&
    (right.namespace === undefined || right.namespace === asked.namespace)
  );
}

function text({ verb, group, resource, name, namespace }: Asked): string {
  return [verb, `${resource}${group === '' ? '' : `.${group}`}`, name, namespace && `in ${namespace}`]
    .filter(Boolean)
    .join(' ');
}
