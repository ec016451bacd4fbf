import { findLocalCluster, type Cluster } from '../../deploy/local/cluster.ts';

export type { Cluster } from '../../deploy/local/cluster.ts';

/** The cluster that `npm test` started. For one file alone: `npm run cluster -- up --name x`, then TEST_CLUSTER=x. */
export async function testCluster(): Promise<Cluster> {
  const name = process.env['TEST_CLUSTER'];
  const cluster = name === undefined ? undefined : await findLocalCluster(name);
  if (cluster === undefined)
    throw new Error('TEST_CLUSTER names no running cluster: run this through `npm test -- integration`');
  return cluster;
}
