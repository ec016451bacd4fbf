import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { getOne, inPod, type Pod } from '../../../tools/spark/kube.ts';
import type { Place } from '../../../tools/spark/leak-search.ts';
import { example } from '../../../tools/spark/quickstart.ts';
import { DRIVER_CONTAINER, type Submission } from '../../../tools/spark/submit.ts';
import { QUICK_JVM } from './quick-jvm.ts';

/** A pod that its user makes, with a driver in it: a script, a notebook, a server. */
export interface ClientPod {
  readonly namespace: string;
  /** Its name, and what its label `app` says. */
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the ConfigMap of the pod's name is mounted, if it is. */
  readonly conf?: string;
}

/** What is read of a pod's status: which images its containers really ran. */
export interface PodImages extends Pod {
  readonly status?: {
    readonly phase?: string;
    readonly initContainerStatuses?: readonly { readonly image: string; readonly imageID: string }[];
    readonly containerStatuses?: readonly { readonly image: string; readonly imageID: string }[];
  };
}

/** Command lines and environments of Java's processes alone: those of others, as of kubectl exec, say nothing. */
const ENVIRONMENTS = `for process in /proc/[0-9]*; do
  case $(tr '\\0' ' ' < $process/cmdline) in */bin/java*) tr '\\0' '\\n' < $process/environ ;; esac
done 2>/dev/null; true`;

const jobs = join(import.meta.dirname, '..', 'jobs');

/** The pod, opted in by its label. POD_IP and POD_NAME are in its environment, the programs in /opt/job. */
export function clientPod({ namespace, name, image, command, annotations = {}, env = {}, conf }: ClientPod): object {
  const field = (variable: string, fieldPath: string): object => ({
    name: variable,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const own = Object.entries({ SPARK_SUBMIT_OPTS: QUICK_JVM, ...env }).map(([variable, value]) => ({
    name: variable,
    value,
  }));
  const mounts = { job: '/opt/job', ...(conf === undefined ? {} : { conf }) };
  const configMaps: Readonly<Record<string, string>> = { job: 'programs', conf: name };
  const container = {
    name: DRIVER_CONTAINER,
    image,
    command,
    env: [field('POD_IP', 'status.podIP'), field('POD_NAME', 'metadata.name'), ...own],
    volumeMounts: Object.entries(mounts).map(([volume, mountPath]) => ({ name: volume, mountPath })),
    resources: { requests: { cpu: '200m' } },
  };
  const volumes = Object.keys(mounts).map((volume) => ({ name: volume, configMap: { name: configMaps[volume] } }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations, labels: { app: name, 'secrets.iomete.com/inject': 'true' } },
    spec: {
      ...{ restartPolicy: 'Never', serviceAccountName: 'spark', terminationGracePeriodSeconds: 1 },
      ...{ containers: [container], volumes },
    },
  };
}

/** The ConfigMap that all these pods mount. */
export async function programs(namespace: string): Promise<object> {
  return configMap(namespace, 'programs', {
    'orders_report.py': await example('orders_report.py'),
    'notebook.py': await readFile(join(jobs, 'notebook.py'), 'utf8'),
  });
}

/** A ConfigMap. */
export function configMap(namespace: string, name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** A pod that is submitter and driver at once, for what waits for either. */
export function clientRun(namespace: string, name: string): Submission {
  return { namespace, pod: name, driver: name };
}

/** What stands in the environment of Java's processes in a pod. */
export async function javaEnvironment(cluster: Cluster, { namespace, driver }: Submission): Promise<Place> {
  const pod = { namespace, name: driver, container: DRIVER_CONTAINER };
  return {
    where: `environment of Java in ${namespace}/${driver}`,
    text: await inPod(cluster, pod, 'sh', '-c', ENVIRONMENTS),
  };
}

/** A pod with the images that it ran. @throws Error when it is not there */
export async function podImages(cluster: Cluster, { namespace, pod }: Submission): Promise<PodImages> {
  const found = await getOne<PodImages>(cluster, 'pod', pod, `--namespace=${namespace}`);
  if (found === undefined) throw new Error(`there is no pod ${namespace}/${pod}`);
  return found;
}
