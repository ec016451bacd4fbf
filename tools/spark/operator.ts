import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, type YAMLMap } from 'yaml';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply } from './kube.ts';

/** Where install.yaml puts the operator, and what it is called. */
export const OPERATOR = { namespace: 'spark-secrets-system', name: 'spark-secrets-operator' } as const;

const manifest = join(import.meta.dirname, '..', '..', 'deploy', 'manifests', 'install.yaml');

/**
 * Installs the operator as pods, by deploy/manifests/install.yaml with another image; again is an update.
 * @throws CommandFailed when an object is refused, or when the pods are not ready within three minutes.
 */
export async function installOperator(cluster: Cluster, image: string): Promise<void> {
  await apply(cluster, withImage(await readFile(manifest, 'utf8'), image));
  const crds = ['crd/secretstoreconfigs.secrets.iomete.com', 'crd/sparkjobsecretbindings.secrets.iomete.com'];
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...crds]);
  await operatorReady(cluster);
}

/** Removes all that installOperator made but the namespace: the definitions too, and with them every store and binding. */
export async function removeOperator(cluster: Cluster): Promise<void> {
  const { namespace, name } = OPERATOR;
  const gently = ['--ignore-not-found', '--timeout=60s'];
  // An operator that runs makes its certificate again.
  await cluster.kubectl(['delete', 'deployment', name, `--namespace=${namespace}`, '--cascade=foreground', ...gently]);
  const all = parseAllDocuments(await readFile(manifest, 'utf8')).filter(
    (document) => document.get('kind') !== 'Namespace',
  );
  const text = all.map((document) => document.toString({ directives: false })).join('---\n');
  await cluster.kubectl(['delete', ...gently, '--filename=-'], { input: text });
}

/** Waits until all pods of the operator are the newest and ready. @throws CommandFailed after three minutes */
export async function operatorReady(cluster: Cluster): Promise<void> {
  const { namespace, name } = OPERATOR;
  const args = ['rollout', 'status', `deployment/${name}`, `--namespace=${namespace}`, '--timeout=180s'];
  await cluster.kubectl(args, { timeoutMs: 200_000 });
}

/** The Deployment names the image twice: what it runs, and what the operator gives to drivers without a shell. */
function withImage(text: string, image: string): string {
  const documents = parseAllDocuments(text).filter((document) => document.contents !== null);
  const deployment = documents.find((document) => document.get('kind') === 'Deployment');
  const container = ['spec', 'template', 'spec', 'containers', 0];
  if (deployment?.hasIn([...container, 'image']) !== true)
    throw new Error(`${manifest} has no Deployment with a container`);
  const { env } = (deployment.getIn(container) as YAMLMap).toJSON() as { env: readonly { readonly name: string }[] };
  deployment.setIn([...container, 'image'], image);
  deployment.setIn([...container, 'env', env.findIndex(({ name }) => name === 'OPERATOR_IMAGE'), 'value'], image);
  return documents.map((document) => document.toString({ directives: false })).join('---\n');
}
