import type { Cluster } from '../../../deploy/local/cluster.ts';
import { getAll, type KubeObject } from '../../../tools/spark/kube.ts';
import { OPERATOR } from '../../../tools/spark/operator.ts';

const resources = ['secrets', 'secretstoreconfigs', 'sparkjobsecretbindings', 'mutatingwebhookconfigurations'];
const verbs = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION'];

/**
 * How many writes the API server has answered so far, by its own count, for each of the resources that the operator
 * writes. Events are many components' resource, so those of the operator are counted as objects.
 */
export async function writesSoFar(cluster: Cluster): Promise<Readonly<Record<string, number>>> {
  const text = await cluster.kubectl(['get', '--raw=/metrics'], { timeoutMs: 60_000 });
  const counts: Record<string, number> = {};
  for (const [, labels = '', count] of text.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const {
      resource = '',
      subresource = '',
      verb = '',
    } = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value]) => [name, value]));
    if (!resources.includes(resource) || !verbs.includes(verb)) continue;
    const key = [verb, resource, ...(subresource === '' ? [] : [subresource])].join(' ');
    counts[key] = (counts[key] ?? 0) + Number(count);
  }
  const events = await getAll<KubeObject & { reportingComponent?: string }>(cluster, 'events', '--all-namespaces');
  counts['events of the operator'] = events.filter(
    ({ reportingComponent }) => reportingComponent === OPERATOR.name,
  ).length;
  return counts;
}
