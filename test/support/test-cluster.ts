import { findLocalCluster, type Cluster } from '../../deploy/local/cluster.ts';

export type { Cluster } from '../../deploy/local/cluster.ts';

/** The name of this process's cluster: of those that `npm test` started, each of mocha's workers has another one. */
export function testClusterName(): string | undefined {
  const names = process.env['TEST_CLUSTER']?.split(',') ?? [];
  return names[Number(process.env['MOCHA_WORKER_ID'] ?? 0) % names.length];
}

/** The cluster that `npm test` started. For one file alone: `npm run cluster -- up --name x`, then TEST_CLUSTER=x. */
export async function testCluster(): Promise<Cluster> {
  const name = testClusterName();
  const cluster = name === undefined ? undefined : await findLocalCluster(name);
  if (cluster === undefined)
    throw new Error('TEST_CLUSTER names no running cluster: run this through `npm test -- integration`');
  return cluster;
}
