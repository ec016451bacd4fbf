import { findCondition, type Condition } from '../../../operator/api/conditions.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import { area, isKnown, type Area, type Finding } from '../finding.ts';
import type { Installation } from '../installation.ts';
import type { Looked } from '../looked.ts';
import { isWatched, watchedNamespaces } from '../watched.ts';

/** So many that are not well are told of. */
const SHOWN = 20;

interface WithConditions extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Whether all stores and bindings are Ready, and what they say when not. */
export function checkObjects(installation: Installation): Finding[] {
  const { stores, bindings } = installation;
  const watched = watchedNamespaces(installation);
  return [
    ...checkAll(stores, watched, { ...area('stores'), kinds: 'SecretStoreConfigs' }),
    ...checkAll(bindings, watched, { ...area('bindings'), kinds: 'SparkJobSecretBindings' }),
  ];
}

function checkAll(
  looked: Looked<readonly WithConditions[]>,
  watched: readonly string[] | undefined,
  { ok, warning, problem, unknown, kinds }: Area & { readonly kinds: string },
): Finding[] {
  if (!isKnown(looked)) return [unknown(looked)];
  const all = looked.value.filter((object) => isWatched(object, watched));
  const unwatched = looked.value.length - all.length;
  const bad = all.filter((object) => !isReady(object));
  const told = bad.slice(0, SHOWN).map(({ metadata: { namespace = '', name, generation = 0 }, status }) => {
    const ready = findCondition(status?.conditions, 'Ready');
    if (ready === undefined || (ready.observedGeneration ?? generation) < generation)
      return problem(`${namespace}/${name}: the operator has not looked at it`, 'See the check leader.');
    return problem(`${namespace}/${name}: ${ready.reason}`, ready.message);
  });
  const more = bad.length - told.length;
  return [
    ...(bad.length === 0
      ? [ok(all.length === 0 ? `no ${kinds} are seen` : `${all.length} ${kinds} are seen, all of them Ready`)]
      : told),
    ...(unwatched === 0
      ? []
      : [
          warning(
            `${unwatched} ${kinds} are in namespaces that the operator does not watch`,
            'Add them to the chart’s value namespaces.',
          ),
        ]),
    ...(more > 0 ? [problem(`${more} more are not Ready`, 'kubectl get ssc,sjsb -A shows all.')] : []),
  ];
}

function isReady({ metadata: { generation = 0 }, status }: WithConditions): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'True' && (ready.observedGeneration ?? generation) >= generation;
}
