import type { Cluster } from '../../deploy/local/cluster.ts';
import { logPlaces } from './places.ts';

/** What a person needs who wants to know why something in these namespaces went wrong: never values of Secrets. */
export async function diagnosis(cluster: Cluster, namespaces: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const namespace of namespaces) {
    const where = `--namespace=${namespace}`;
    for (const args of [
      ['get', 'pods,secretstoreconfigs,sparkjobsecretbindings', '--output=wide', where],
      ['describe', 'sparkjobsecretbindings,secretstoreconfigs', where],
      ['describe', 'pods', where],
      ['get', 'events', '--sort-by=.lastTimestamp', where],
    ]) {
      const text = await cluster
        .kubectl(args, { timeoutMs: 30_000 })
        .catch((error: unknown) => (error as Error).message);
      parts.push(`$ kubectl ${args.join(' ')}\n${text}`);
    }
    for (const { where: title, text } of await logPlaces(cluster, namespace).catch(() => [])) {
      parts.push(`${title}, the end:\n${text.trimEnd().split('\n').slice(-40).join('\n')}`);
    }
  }
  return parts.join('\n\n');
}
