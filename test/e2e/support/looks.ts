import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { inPod } from '../../../tools/spark/kube.ts';
import type { Place } from '../../../tools/spark/leak-search.ts';

const script = join(import.meta.dirname, '..', 'jobs', 'look.py');
/** Kinds that say the same again (`pods` of the metrics API), or can't be described. */
const LEFT_OUT = ['componentstatuses', 'secrets', 'bindings'];

/**
 * What somebody sees who looks round in a container of Spark (jobs/look.py).
 * @param role what the places are called after: `driver`
 * @param options `pages`: of a driver also its UI and REST
 */
export async function insidePlaces(
  cluster: Cluster,
  role: string,
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
  ...options: readonly 'pages'[]
): Promise<readonly Place[]> {
  const text = await inPod(cluster, pod, 'python3', '-c', await readFile(script, 'utf8'), ...options);
  const found = JSON.parse(text) as Readonly<Record<string, string>>;
  return Object.entries(found).map(([where, content]) => ({ where: `${role}: ${where}`, text: content }));
}

/**
 * What kubectl gets and describes of all kinds of objects, of a namespace and of the whole cluster. Secrets are only
 * described: whoever may get them has what is in them.
 */
export async function objectPlaces(cluster: Cluster, namespace: string): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const [scope, where] of [
    ['true', `--namespace=${namespace}`],
    ['false', '--all-namespaces'],
  ] as const) {
    const resources = ['api-resources', '--verbs=list', '--output=name', `--namespaced=${scope}`];
    const kinds = (await cluster.kubectl(resources))
      .trim()
      .split('\n')
      .filter((kind) => !LEFT_OUT.includes(kind));
    const described = scope === 'true' ? [...kinds, 'secrets'] : kinds;
    for (const args of [
      ['get', kinds.join(','), '--output=json', '--show-managed-fields'],
      ['describe', described.join(',')],
    ]) {
      const text = await cluster.kubectl([...args, where], { timeoutMs: 120_000 });
      places.push({ where: `kubectl ${args[0] ?? ''} of ${scope === 'true' ? namespace : 'the cluster'}`, text });
    }
  }
  return places;
}
