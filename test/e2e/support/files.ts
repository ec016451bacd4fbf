import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { eventually, getAll, inPod, type Pod } from '../../../tools/spark/kube.ts';

const script = join(import.meta.dirname, '..', 'jobs', 'ask.py');

/** A container, as `inPod` takes it. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
}

/** The executor of that number. @throws Error when it is not there */
export async function executorOf(cluster: Cluster, namespace: string, number: number): Promise<Place> {
  const selector = `--selector=spark-role=executor,spark-exec-id=${number}`;
  const [pod] = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, selector);
  if (pod === undefined) throw new Error(`there is no executor ${number}`);
  return { namespace, name: pod.metadata.name, container: 'spark-kubernetes-executor' };
}

/** SHA-256 of files of bindings, as a container sees them: `BINDING/NAME` → hex digits. */
export async function fileDigests(
  cluster: Cluster,
  pod: Place,
  ...files: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const folder = '/mnt/spark-secrets/files/';
  const text = await inPod(cluster, pod, 'sha256sum', ...files.map((file) => folder + file));
  const lines = [...text.matchAll(/^([0-9a-f]{64}) +(\S+)$/gm)];
  return Object.fromEntries(lines.map(([, digest = '', path = '']) => [path.slice(folder.length), digest]));
}

/**
 * Waits until a file has that content. The kubelet renews files when it next looks at the pod, about once a minute, or when
 * the pod changes: so it is changed.
 */
export async function fileRenewed(cluster: Cluster, pod: Place, file: string, content: string): Promise<void> {
  const { namespace, name } = pod;
  await eventually(`${file} in ${name} is renewed`, 90_000, async () => {
    const note = `e2e=${Date.now()}`;
    await cluster.kubectl(['annotate', 'pod', name, `--namespace=${namespace}`, '--overwrite', note]);
    return (await fileDigests(cluster, pod, file))[file] === sha256(content) ? true : undefined;
  });
}

/** Variables of a container, each as it is. */
export async function variables(
  cluster: Cluster,
  pod: Place,
  ...names: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const code = 'import json, os, sys; print(json.dumps({name: os.environ.get(name) for name in sys.argv[1:]}))';
  return JSON.parse(await inPod(cluster, pod, 'python3', '-c', code, ...names)) as Record<string, string>;
}

/** SHA-256 of what the operator's API answers a container that asks for a key. */
export async function asked(cluster: Cluster, pod: Place, key: string): Promise<string> {
  return inPod(cluster, pod, 'python3', '-c', await readFile(script, 'utf8'), key);
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
