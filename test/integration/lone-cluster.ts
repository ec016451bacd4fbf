import { operatorImage } from '../../deploy/image/build.ts';
import { getAll } from '../../tools/spark/kube.ts';
import { imageValues } from '../support/image-values.ts';
import { type Cluster, testCluster } from '../support/test-cluster.ts';

/** The custom resource definitions. */
export const CRDS = ['secretstoreconfigs', 'sparkjobsecretbindings'].map((plural) => `${plural}.secrets.iomete.com`);

/**
 * The cluster as one that never had the operator nor its definitions, and the options by which Helm installs its image there.
 * @throws Error when an operator is installed
 */
export async function loneCluster(): Promise<{ readonly cluster: Cluster; readonly image: readonly string[] }> {
  const cluster = await testCluster();
  const selector = '--selector=app.kubernetes.io/name=spark-secrets-operator';
  if ((await getAll(cluster, 'deployments', '-A', selector)).length > 0)
    throw new Error('an operator is installed in this cluster already: this test needs it to be alone');
  // Nothing of these kinds outlives the test that made it.
  await cluster.kubectl(['delete', 'crd', ...CRDS, '--ignore-not-found', '--timeout=60s']);
  const { name, tar } = await operatorImage();
  await cluster.loadImage(tar);
  return { cluster, image: imageValues(name) };
}
