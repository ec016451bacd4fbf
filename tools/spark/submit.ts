import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getOne, type KubeObject, type Pod } from './kube.ts';
import { parseReports, type Report } from './report.ts';

/** A spark-submit that runs in the cluster, as a pod. */
export interface Submission {
  readonly namespace: string;
  /** Name of the pod that runs spark-submit. */
  readonly pod: string;
  /** Name that the driver's pod is given. */
  readonly driver: string;
}

/** How a spark-submit ended. */
export interface Outcome {
  readonly succeeded: boolean;
  /** What it wrote. */
  readonly output: string;
  /** How the driver ended; undefined when there is none. */
  readonly driverPhase: string | undefined;
}

/** Starts spark-submit; what an earlier run of the name left is removed first. */
export async function submit(cluster: Cluster, pod: KubeObject, driver: string): Promise<Submission> {
  const { name, namespace = 'default' } = pod.metadata;
  await removeRun(cluster, { namespace, pod: name, driver });
  await apply(cluster, [pod]);
  return { namespace, pod: name, driver };
}

/** Removes the pods of a run; executors go with their driver. */
export async function removeRun(cluster: Cluster, { namespace, pod, driver }: Submission): Promise<void> {
  const options = ['--ignore-not-found', '--wait=true', '--grace-period=0', '--force', '--timeout=60s'];
  await cluster.kubectl(['delete', 'pod', pod, driver, `--namespace=${namespace}`, ...options], { timeoutMs: 90_000 });
}

/**
 * Waits until spark-submit has ended, which is when its driver has.
 * @throws Error when that takes longer than timeoutMs
 */
export async function ended(cluster: Cluster, run: Submission, timeoutMs: number): Promise<Outcome> {
  const phase = await eventually(`spark-submit ${run.pod} ends`, timeoutMs, async () => {
    const present = await phaseOf(cluster, run.namespace, run.pod);
    return present === 'Succeeded' || present === 'Failed' ? present : undefined;
  });
  return {
    succeeded: phase === 'Succeeded',
    output: await logs(cluster, run.namespace, run.pod),
    driverPhase: await phaseOf(cluster, run.namespace, run.driver),
  };
}

/**
 * Waits for the lines that the job prints of what driver and executors were given.
 * @throws Error when the job ends before there are as many, with what spark-submit and driver wrote last
 */
export async function reports(
  cluster: Cluster,
  run: Submission,
  wanted: { readonly count: number; readonly timeoutMs: number },
): Promise<readonly Report[]> {
  return eventually(`${wanted.count} reports of ${run.driver}`, wanted.timeoutMs, async () => {
    const submitter = await phaseOf(cluster, run.namespace, run.pod);
    const driver = await phaseOf(cluster, run.namespace, run.driver);
    const started = driver !== undefined && driver !== 'Pending';
    const found = started ? parseReports(await logs(cluster, run.namespace, run.driver, DRIVER_CONTAINER)) : [];
    if (found.length >= wanted.count) return found;
    if (submitter === 'Failed' || submitter === 'Succeeded' || driver === 'Failed') throw await early(cluster, run);
    return undefined;
  });
}

/** Lets a job that holds come to its end. */
export async function release(cluster: Cluster, run: Submission): Promise<void> {
  const where = [`--namespace=${run.namespace}`, run.driver, `--container=${DRIVER_CONTAINER}`];
  await cluster.kubectl(['exec', ...where, '--', 'touch', '/tmp/release'], { timeoutMs: 30_000 });
}

/** Spark's name of the driver's container, unless a pod template gives another. */
export const DRIVER_CONTAINER = 'spark-kubernetes-driver';

/** What a container wrote up to now; empty when it has not started. */
export async function logs(cluster: Cluster, namespace: string, pod: string, container?: string): Promise<string> {
  const args = [
    'logs',
    pod,
    `--namespace=${namespace}`,
    ...(container === undefined ? [] : [`--container=${container}`]),
  ];
  return cluster.kubectl(args, { timeoutMs: 60_000 }).catch(() => '');
}

async function phaseOf(cluster: Cluster, namespace: string, name: string): Promise<string | undefined> {
  const pod = await getOne<Pod>(cluster, 'pod', name, `--namespace=${namespace}`);
  return pod?.status?.phase;
}

async function early(cluster: Cluster, run: Submission): Promise<Error> {
  const tail = (text: string): string => text.trimEnd().split('\n').slice(-25).join('\n');
  const submitter = tail(await logs(cluster, run.namespace, run.pod));
  const driver = tail(await logs(cluster, run.namespace, run.driver, DRIVER_CONTAINER));
  return new Error(`the job ended too early\nspark-submit wrote:\n${submitter}\nthe driver wrote:\n${driver}`);
}
