import type { Cluster } from '../../../deploy/local/cluster.ts';
import { eventually, getAll, getOne, type KubeObject } from '../../../tools/spark/kube.ts';
import { OPERATOR } from '../../../tools/spark/operator.ts';

/** The pod that leads, and is not `other`. Between two leaders there is none. */
export function leader(cluster: Cluster, other?: string): Promise<string> {
  type Lease = KubeObject & { readonly spec?: { readonly holderIdentity?: string } };
  return eventually('a pod leads', 60_000, async () => {
    const found = await getOne<Lease>(cluster, 'lease', OPERATOR.name, `--namespace=${OPERATOR.namespace}`);
    const holder = found?.spec?.holderIdentity ?? '';
    return holder === '' || holder === other ? undefined : holder;
  });
}

/** Waits until one of the pods leads that run now and are not about to end. */
export async function newLeader(cluster: Cluster): Promise<void> {
  await eventually('a new pod leads', 60_000, async () => {
    const holder = await leader(cluster);
    const pods = await getAll<KubeObject>(cluster, 'pods', `--namespace=${OPERATOR.namespace}`);
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return staying.some(({ metadata }) => holder.startsWith(metadata.name)) ? true : undefined;
  });
}
