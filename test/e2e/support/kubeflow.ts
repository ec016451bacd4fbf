import type { Cluster } from '../../../deploy/local/cluster.ts';
import { sparkVersion } from '../../../deploy/local/spark-image.ts';
import { apply, eventually, getAll, getOne, type KubeObject } from '../../../tools/spark/kube.ts';
import { example } from '../../../tools/spark/quickstart.ts';
import { DRIVER_CONTAINER, logs } from '../../../tools/spark/submit.ts';
import { QUICK_CONF } from './quick-jvm.ts';

const group = 'sparkoperator.k8s.io';
/** States in which an application stays. */
const ends = ['COMPLETED', 'FAILED'];

/** What an application of Kubeflow's operator is like. */
export interface KubeflowJob {
  readonly namespace: string;
  /** Name of the object. */
  readonly name: string;
  readonly image: string;
  readonly conf?: Readonly<Record<string, string>>;
  /** Arguments of the quickstart's program. */
  readonly args?: readonly string[];
  /** More fields of `spec.driver` and `spec.executor`: env, envFrom, labels, podTemplate… */
  readonly driver?: object;
  readonly executor?: object;
}

/** Where an object is. */
export interface Where {
  readonly namespace: string;
  readonly name: string;
}

/** How an application ended. */
export interface KubeflowOutcome {
  /** `COMPLETED` or `FAILED`. */
  readonly state: string;
  /** Its message when it failed, else empty. */
  readonly message: string;
  /** Name of the driver's pod; empty when it never had one. */
  readonly driver: string;
  /** What the driver wrote. */
  readonly log: string;
}

interface Application extends KubeObject {
  readonly status?: {
    readonly applicationState?: { readonly state?: string; readonly errorMessage?: string };
    readonly driverInfo?: { readonly podName?: string };
  };
}

interface SparkConnect extends KubeObject {
  readonly status?: { readonly state?: string; readonly server?: { readonly podName?: string } };
}

/** A SparkApplication that runs the quickstart's Python program with one executor. */
export function sparkApplication(job: KubeflowJob): object {
  const { namespace, name } = job;
  return { apiVersion: `${group}/v1beta2`, kind: 'SparkApplication', metadata: { name, namespace }, spec: spec(job) };
}

/** The same program by a schedule: `@every 20s`, or cron's five fields. */
export function scheduledApplication(job: KubeflowJob, schedule: string): object {
  const { namespace, name } = job;
  const limits = { successfulRunHistoryLimit: 2, failedRunHistoryLimit: 2, concurrencyPolicy: 'Forbid' };
  return {
    apiVersion: `${group}/v1beta2`,
    kind: 'ScheduledSparkApplication',
    metadata: { name, namespace },
    spec: { schedule, ...limits, template: spec(job) },
  };
}

/** A Spark Connect server with one executor. `driver` and `executor` are more of the spec of its server and executor. */
export function sparkConnect(job: KubeflowJob): object {
  const { namespace, name, image, conf = {}, driver = {}, executor = {} } = job;
  const cores = { 'spark.kubernetes.executor.request.cores': '200m' };
  const container = { name: DRIVER_CONTAINER, resources: { requests: { cpu: '200m' } } };
  const template = { spec: { serviceAccountName: 'spark', containers: [container] } };
  return {
    apiVersion: `${group}/v1alpha1`,
    kind: 'SparkConnect',
    metadata: { name, namespace },
    spec: {
      sparkVersion: sparkVersion(),
      image,
      sparkConf: { ...QUICK_CONF, ...cores, ...conf },
      server: { cores: 1, memory: '512m', template, ...driver },
      executor: { instances: 1, cores: 1, memory: '512m', ...executor },
    },
  };
}

/** Applies applications of a namespace, with the program that they run. */
export async function startKubeflow(cluster: Cluster, namespace: string, ...objects: readonly object[]): Promise<void> {
  const data = { 'orders_report.py': await example('orders_report.py') };
  const program = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'orders-report', namespace }, data };
  await apply(cluster, [program, ...objects]);
}

/** Waits until a SparkApplication has ended. @throws Error that tells its state when that takes longer than timeoutMs */
export async function applicationEnded(cluster: Cluster, where: Where, timeoutMs: number): Promise<KubeflowOutcome> {
  return eventually(`SparkApplication ${where.namespace}/${where.name} ends`, timeoutMs, async () => {
    const { status } = (await find<Application>(cluster, 'sparkapplication', where)) ?? {};
    const { state = '', errorMessage = '' } = status?.applicationState ?? {};
    if (!ends.includes(state)) return undefined;
    const driver = status?.driverInfo?.podName ?? '';
    return { state, message: errorMessage, driver, log: await driverLog(cluster, where.namespace, driver) };
  });
}

/** Waits for the first run of a ScheduledSparkApplication. @returns where its SparkApplication is */
export async function scheduledRun(cluster: Cluster, where: Where, timeoutMs: number): Promise<Where> {
  const { namespace, name } = where;
  const selector = `--selector=${group}/scheduled-app-name=${name}`;
  return eventually(`a run of ScheduledSparkApplication ${namespace}/${name}`, timeoutMs, async () => {
    const runs = await getAll<Application>(cluster, `sparkapplications.${group}`, `--namespace=${namespace}`, selector);
    const run = runs[0]?.metadata.name;
    return run === undefined ? undefined : { namespace, name: run };
  });
}

/** Waits until a Spark Connect server serves. @returns the name of its pod */
export async function connectReady(cluster: Cluster, where: Where, timeoutMs: number): Promise<string> {
  return eventually(`SparkConnect ${where.namespace}/${where.name} is ready`, timeoutMs, async () => {
    const { status } = (await find<SparkConnect>(cluster, 'sparkconnect', where)) ?? {};
    const pod = status?.server?.podName;
    if (status?.state !== 'Ready' || pod === undefined) return undefined;
    // Kubeflow calls it ready when its container runs; the server says so itself.
    return /Spark Connect server started/.test(await driverLog(cluster, where.namespace, pod)) ? pod : undefined;
  });
}

/** What a driver or a Spark Connect server wrote so far. */
export async function driverLog(cluster: Cluster, namespace: string, pod: string): Promise<string> {
  return pod === '' ? '' : logs(cluster, namespace, pod, DRIVER_CONTAINER);
}

function find<T extends KubeObject>(cluster: Cluster, kind: string, where: Where): Promise<T | undefined> {
  return getOne<T>(cluster, `${kind}.${group}`, where.name, `--namespace=${where.namespace}`);
}

/** The program comes by a volume, which is what Kubeflow's own webhook adds to the pods. */
function spec({ image, conf = {}, args = [], driver = {}, executor = {} }: KubeflowJob): object {
  const volumeMounts = [{ name: 'job', mountPath: '/opt/job' }];
  const size = { cores: 1, coreRequest: '200m', memory: '512m' };
  return {
    type: 'Python',
    pythonVersion: '3',
    mode: 'cluster',
    sparkVersion: sparkVersion(),
    image,
    imagePullPolicy: 'IfNotPresent',
    mainApplicationFile: 'local:///opt/job/orders_report.py',
    arguments: args,
    sparkConf: { ...QUICK_CONF, 'spark.kubernetes.driver.requestTimeout': '60000', ...conf },
    restartPolicy: { type: 'Never' },
    volumes: [{ name: 'job', configMap: { name: 'orders-report' } }],
    driver: { ...size, serviceAccount: 'spark', volumeMounts, ...driver },
    executor: { ...size, instances: 1, ...executor },
  };
}
