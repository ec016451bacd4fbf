import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { inPod } from '../../../tools/spark/kube.ts';
import type { Place } from '../../../tools/spark/leak-search.ts';

const script = join(import.meta.dirname, '..', 'jobs', 'look.py');
const LEFT_OUT = ['secrets', 'componentstatuses']; // the latter is deprecated, and of the control plane

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
 * What kubectl gets and describes of all kinds of objects: those of a namespace, or without one those of no namespace.
 * Secrets are only described: whoever may get them has what is in them.
 */
export async function objectPlaces(cluster: Cluster, namespace?: string): Promise<readonly Place[]> {
  const namespaced = namespace !== undefined;
  const resources = ['api-resources', '--verbs=list', '--output=name', `--namespaced=${String(namespaced)}`];
  const all = (await cluster.kubectl(resources)).trim().split('\n');
  const kinds = all.filter((kind) => !LEFT_OUT.includes(kind)).join(',');
  const where = namespaced ? [`--namespace=${namespace}`] : [];
  const places: Place[] = [];
  for (const [verb, ...args] of [
    ['get', kinds, '--output=json', '--show-managed-fields'],
    ['describe', namespaced ? `${kinds},secrets` : kinds],
  ] as const) {
    const text = await cluster.kubectl([verb, ...args, ...where], { timeoutMs: 120_000 });
    places.push({ where: `kubectl ${verb} of ${namespace ?? 'the cluster'}`, text });
  }
  return places;
}
