import { setTimeout as sleep } from 'node:timers/promises';
import { POD } from '../../../operator/api/kinds.ts';
import type { KubeClient } from '../../../operator/runtime/kube-client.ts';
import type { KubeObject } from '../../../tools/spark/kube.ts';

/** As the client of spark-submit tries again when the API server answers 5xx: ten times, 0.1 s at first, each pause twice as long. */
const [TRIES, FIRST_PAUSE_MS] = [10, 100];

/** One driver that was submitted. */
export interface Submitted {
  readonly at: number;
  readonly tries: number;
  /** Why it was refused in the end. */
  readonly refused?: string;
}

/** Which drivers, how many. */
export interface Crowd {
  readonly namespace: string;
  /** Their application. */
  readonly name: string;
  /** Drivers a second. */
  readonly rate: number;
  /** How many there are at least. */
  readonly least: number;
}

/** Submits drivers `driver-0`, `driver-1` … until it is told that all is over; answers when each was taken, or refused. */
export async function submitCrowd(client: KubeClient, crowd: Crowd, over: AbortSignal): Promise<readonly Submitted[]> {
  const all: Promise<Submitted>[] = [];
  for (let number = 0; number < crowd.least || !over.aborted; number += 1) {
    all.push(submit(client, driver(crowd, number)));
    await sleep(1000 / crowd.rate);
  }
  return Promise.all(all);
}

type Pod = KubeObject & { readonly apiVersion: string; readonly kind: string };

/** A driver's pod as spark-submit makes it, as far as the webhook looks; no scheduler takes it, so that it costs nothing. */
function driver({ namespace, name }: Crowd, number: number): Pod {
  const labels = { 'spark-role': 'driver', 'spark-app-selector': `spark-${number}`, 'spark-app-name': name };
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'local:///x.jar'];
  const mounts = [{ name: 'spark-conf-volume-driver', mountPath: '/opt/spark/conf' }];
  const spec = {
    schedulerName: 'nobody',
    containers: [{ name: 'spark-kubernetes-driver', image: 'spark:4', args, volumeMounts: mounts }],
    volumes: [{ name: 'spark-conf-volume-driver', configMap: { name: `conf-${number}` } }],
  };
  const metadata = { name: `driver-${number}`, namespace, labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as Pod;
}

async function submit(client: KubeClient, pod: Pod): Promise<Submitted> {
  const at = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      await client.create(POD, pod, AbortSignal.timeout(30_000));
      return { at, tries };
    } catch (error) {
      if (tries === TRIES) return { at, tries, refused: String(error) };
      await sleep(FIRST_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}
