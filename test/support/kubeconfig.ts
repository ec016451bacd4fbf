import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster } from '../../deploy/local/cluster.ts';

/** The kubeconfig of who may do everything. */
export function adminConfig({ kubeconfig, context }: Pick<Cluster, 'kubeconfig' | 'context'>): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

/** The text of a kubeconfig for the same cluster whose user has a token, and no other credentials. */
export function tokenConfig(cluster: Pick<Cluster, 'kubeconfig' | 'context'>, token: string): string {
  const server = adminConfig(cluster).getCurrentCluster();
  if (server === null) throw new Error('the kubeconfig has no current cluster');
  const own = new KubeConfig();
  own.loadFromClusterAndUser(server, { name: 'user', token });
  return own.exportConfig();
}
