import { parse } from 'yaml';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { apply } from '../../../tools/spark/kube.ts';
import { example } from '../../../tools/spark/quickstart.ts';
import { submit, type Submission } from '../../../tools/spark/submit.ts';
import { QUICK_CONF, QUICK_JVM } from './quick-jvm.ts';

/** A Spark job that is like that of the quickstart, with differences. */
export interface Job {
  readonly namespace: string;
  /** Name of the application, and the start of its pods' names. */
  readonly name: string;
  readonly image: string;
  /** Spark properties on top of the quickstart's. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Options of spark-submit. */
  readonly options?: readonly string[];
  /** What is run; the quickstart's Python program when absent. */
  readonly main?: string;
  readonly args: readonly string[];
  /** The driver's pod template; that of the quickstart when absent. */
  readonly template?: string;
  /** Files beside the program in /opt/job: name → base64. */
  readonly files?: Readonly<Record<string, string>>;
}

interface SubmitPod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly containers: [{ args: string[]; env?: object[] }] };
}

/** Starts the job by spark-submit in a pod of the cluster. */
export async function startJob(cluster: Cluster, job: Job): Promise<Submission> {
  const { namespace, name, template = await example('driver.yaml'), files = {} } = job;
  await apply(cluster, [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { 'orders_report.py': await example('orders_report.py'), 'driver.yaml': named(job, template) },
      binaryData: files,
    },
  ]);
  const text = named(job, await example('submit.yaml')).replaceAll('apache/spark:4.0.1', job.image);
  const pod = parse(text) as SubmitPod;
  const [container] = pod.spec.containers;
  container.args = argsOf(job, container.args);
  container.env = [...(container.env ?? []), { name: 'SPARK_SUBMIT_OPTS', value: QUICK_JVM }];
  return submit(cluster, pod, `${name}-driver`);
}

/** The quickstart's options of spark-submit, then the job's: of two of one name the last counts. */
function argsOf({ conf = {}, options = [], main, args }: Job, quickstart: readonly string[]): string[] {
  const at = quickstart.findIndex((arg) => arg.startsWith('local:'));
  const own = Object.entries({ ...QUICK_CONF, ...conf }).map(([key, value]) => `--conf=${key}=${value}`);
  return [...quickstart.slice(0, at), ...own, ...options, main ?? quickstart[at] ?? '', ...args];
}

function named({ name, namespace }: Job, text: string): string {
  return text
    .replaceAll('orders-report', name)
    .replaceAll('namespace: analytics', `namespace: ${namespace}`)
    .replaceAll('namespace=analytics', `namespace=${namespace}`);
}
