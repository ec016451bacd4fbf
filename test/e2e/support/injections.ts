import type { Cluster } from '../../../deploy/local/cluster.ts';
import { getAll, type Pod } from '../../../tools/spark/kube.ts';
import { OPERATOR } from '../../../tools/spark/operator.ts';

/** How often the webhook was asked about a pod so far: the metric of all the operator's pods together. */
export async function injectionsSoFar(cluster: Cluster): Promise<number> {
  const { namespace, name } = OPERATOR;
  const selector = `--selector=app.kubernetes.io/name=${name}`;
  const pods = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, selector);
  let total = 0;
  for (const { metadata } of pods) {
    const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}:8080/proxy/metrics`;
    const text = await cluster.kubectl(['get', `--raw=${path}`], { timeoutMs: 30_000 });
    for (const [, count] of text.matchAll(/^spark_secrets_injections_total\{.*\} (\S+)$/gm)) total += Number(count);
  }
  return total;
}
