import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type Cluster, openCluster } from '../../../deploy/local/cluster.ts';
import { sparkImage } from '../../../deploy/local/spark-image.ts';
import { apply, eventually, getAll } from '../../../tools/spark/kube.ts';
import { example } from '../../../tools/spark/quickstart.ts';
import { goldenText, type RecordedPod } from './record.ts';
import { SUBMIT_CASES, type SubmitCase } from './spark-submit-cases.ts';

type Found = RecordedPod & { readonly metadata: { readonly name: string } };

const NAMESPACE = 'golden';
const SUBMITTER = 'submitter';

/** Runs spark-submit for a case and writes its golden pods; nothing of the run is left. @throws Error, CommandFailed */
async function record(cluster: Cluster, run: SubmitCase): Promise<void> {
  const image = await sparkImage({ version: run.version });
  await cluster.loadImage(image.tar);
  try {
    await apply(cluster, submission(run, image.name));
    const driver = await podOf(cluster, 'driver');
    await write(run.driver, driver);
    if (run.executor === undefined) return;
    await ungate(cluster, driver);
    await write(run.executor, await podOf(cluster, 'executor'));
  } finally {
    const pods = ['delete', 'pods', '--all', `--namespace=${NAMESPACE}`, '--grace-period=0', '--force'];
    await cluster.kubectl(pods, { timeoutMs: 90_000 });
  }
}

/** The pod that runs spark-submit, which ends when the driver is created, and its template of the driver. */
function submission(run: SubmitCase, image: string): object[] {
  const metadata = { name: SUBMITTER, namespace: NAMESPACE };
  const template = { apiVersion: 'v1', kind: 'Pod', ...run.template?.(image) };
  const file = '/opt/template/driver.json';
  const args = [
    '/opt/spark/bin/spark-submit',
    '--master=k8s://https://kubernetes.default.svc',
    '--deploy-mode=cluster',
    `--name=${run.application}`,
    `--conf=spark.kubernetes.namespace=${NAMESPACE}`,
    `--conf=spark.kubernetes.container.image=${image}`,
    '--conf=spark.kubernetes.authenticate.driver.serviceAccountName=spark',
    '--conf=spark.kubernetes.driver.request.cores=200m',
    '--conf=spark.kubernetes.executor.request.cores=200m',
    '--conf=spark.executor.instances=1',
    '--conf=spark.kubernetes.submission.waitAppCompletion=false',
    ...(run.template === undefined ? [] : [`--conf=spark.kubernetes.driver.podTemplateFile=${file}`]),
    ...run.options,
    ...run.program,
  ];
  const volumeMounts = [{ name: 'template', mountPath: '/opt/template' }];
  const spec = {
    serviceAccountName: 'spark',
    restartPolicy: 'Never',
    volumes: [{ name: 'template', configMap: { name: SUBMITTER } }],
    containers: [{ name: 'submit', image, args, volumeMounts }],
  };
  const data = { 'driver.json': JSON.stringify(template) };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
    { apiVersion: 'v1', kind: 'Pod', metadata, spec },
  ];
}

async function podOf(cluster: Cluster, role: string): Promise<Found> {
  return eventually(`there is a pod of the ${role}`, 180_000, async () => {
    const [pod] = await getAll<Found>(cluster, 'pods', `--selector=spark-role=${role}`, `--namespace=${NAMESPACE}`);
    return pod;
  });
}

/** Lets a pod with scheduling gates start: what set them would do so. */
async function ungate(cluster: Cluster, pod: Found): Promise<void> {
  if (!('schedulingGates' in pod.spec)) return;
  const patch = JSON.stringify([{ op: 'remove', path: '/spec/schedulingGates' }]);
  await cluster.kubectl(['patch', 'pod', pod.metadata.name, `--namespace=${NAMESPACE}`, '--type=json', '-p', patch]);
}

async function write(name: string, pod: Found): Promise<void> {
  const file = join(import.meta.dirname, `${name}.json`);
  const options = await resolveConfig(file);
  await writeFile(file, await format(goldenText(pod), { ...options, filepath: file }));
  process.stdout.write(`${name} is recorded\n`);
}

const cluster = await openCluster({ name: process.argv[2] ?? 'golden' });
await apply(cluster, (await example('analytics.yaml')).replaceAll('analytics', NAMESPACE));
for (const run of SUBMIT_CASES) await record(cluster, run);
await cluster.kubectl(['delete', 'namespace', NAMESPACE], { timeoutMs: 120_000 });
