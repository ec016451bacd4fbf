import { isMap, parseAllDocuments } from 'yaml';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { buildSparkImage } from '../../../deploy/local/spark-image.ts';
import { apply, eventually } from '../../../tools/spark/kube.ts';
import { kubeflowProgram } from './program.ts';

/** Where Kubeflow's operator runs. */
export const KUBEFLOW_NAMESPACE = 'kubeflow-spark-operator';

const release = 'spark-operator';
const deployments = [`deployment/${release}-controller`, `deployment/${release}-webhook`];
/** Where buildSparkImage puts the files that it is given. */
const program = '/opt/spark/jobs/spark-operator';
/** Kinds that are in no namespace. */
const clusterWide = /^Cluster|^CustomResourceDefinition$|WebhookConfiguration$/;

/**
 * Installs the real Spark operator of Kubeflow, controller and webhook, by its own chart; again is an update. Its image is
 * that of Spark with the program on top, as its own is, because it calls spark-submit.
 * @param namespaces those whose applications it runs; all when absent.
 * @throws CommandFailed when an object is refused, or when it is not ready within two minutes.
 */
export async function installKubeflow(cluster: Cluster, namespaces: readonly string[] = ['']): Promise<void> {
  const { programs, chart } = await kubeflowProgram();
  const image = await buildSparkImage({ name: 'kubeflow', jobs: programs });
  await cluster.loadImage(image.tar);
  await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: KUBEFLOW_NAMESPACE } }]);
  await apply(cluster, await manifest(cluster, chart, chartValues(image.name, namespaces)));
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...crds]);
  for (const deployment of deployments) {
    const where = [deployment, `--namespace=${KUBEFLOW_NAMESPACE}`];
    await cluster.kubectl(['rollout', 'status', ...where, '--timeout=120s'], { timeoutMs: 130_000 });
  }
  await webhookAnswers(cluster, namespaces.find((namespace) => namespace !== '') ?? 'default');
}

/** Removes it with its kinds, and so with all objects of them. */
export async function removeKubeflow(cluster: Cluster): Promise<void> {
  const { chart } = await kubeflowProgram();
  const input = await manifest(cluster, chart, {});
  const options = ['--ignore-not-found', '--timeout=90s', '--filename=-'];
  await cluster.kubectl(['delete', ...options], { input, timeoutMs: 100_000 });
  await cluster.kubectl(['delete', 'namespace', KUBEFLOW_NAMESPACE, '--timeout=90s'], { timeoutMs: 100_000 });
}

async function manifest(cluster: Cluster, chart: string, values: object): Promise<string> {
  const options = ['--values=-', '--include-crds', `--namespace=${KUBEFLOW_NAMESPACE}`];
  return completed(await cluster.helm(['template', release, chart, ...options], { input: JSON.stringify(values) }));
}

const crds = ['sparkapplications', 'scheduledsparkapplications', 'sparkconnects'].map(
  (kind) => `crd/${kind}.sparkoperator.k8s.io`,
);

function chartValues(image: string, jobNamespaces: readonly string[]): object {
  const [, registry, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(image) ?? [];
  return { image: { registry, repository, tag }, spark: { jobNamespaces } };
}

/**
 * The chart's objects with what it leaves out: their namespace, which is for `helm install` to say, and a command, because
 * the entrypoint of the image is Spark's.
 */
function completed(manifest: string): string {
  const documents = parseAllDocuments(manifest).filter(({ contents }) => isMap(contents));
  for (const document of documents) {
    const kind = String(document.get('kind'));
    if (!clusterWide.test(kind) && !document.hasIn(['metadata', 'namespace'])) {
      document.setIn(['metadata', 'namespace'], KUBEFLOW_NAMESPACE);
    }
    if (kind === 'Deployment') document.setIn(['spec', 'template', 'spec', 'containers', 0, 'command'], [program]);
  }
  return documents.map((document) => document.toString({ directives: false })).join('---\n');
}

/** Some moments after its pod is ready, the API server reaches the webhook and knows its certificate; until then it refuses. */
async function webhookAnswers(cluster: Cluster, namespace: string): Promise<void> {
  const input = JSON.stringify({
    apiVersion: 'sparkoperator.k8s.io/v1beta2',
    kind: 'SparkApplication',
    metadata: { name: 'probe-of-the-webhook', namespace },
    spec: {
      type: 'Python',
      mode: 'cluster',
      sparkVersion: '4.0.0',
      mainApplicationFile: 'x',
      driver: {},
      executor: {},
    },
  });
  await eventually("Kubeflow's webhook answers", 60_000, async () => {
    const args = ['create', '--dry-run=server', '--output=name', '--filename=-'];
    return cluster.kubectl(args, { input, timeoutMs: 30_000 }).catch(() => undefined);
  });
}
