import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Cluster } from '../../deploy/local/cluster.ts';

/** The part of any Kubernetes object that the demo and the tests read. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What is read of a pod. */
export interface Pod extends KubeObject {
  readonly spec: {
    readonly containers: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  readonly status?: { readonly phase?: string };
}

/** Gives the objects that `kubectl get ARGS` finds. @throws CommandFailed */
export async function getAll<T extends KubeObject>(cluster: Cluster, ...args: string[]): Promise<readonly T[]> {
  const text = await cluster.kubectl(['get', ...args, '--output=json'], { timeoutMs: 60_000 });
  const found = JSON.parse(text) as { items?: T[] };
  return found.items ?? [found as unknown as T];
}

/** One object, or undefined when it is not there. @throws CommandFailed for any other reason */
export async function getOne<T extends KubeObject>(cluster: Cluster, ...args: string[]): Promise<T | undefined> {
  const text = await cluster.kubectl(['get', ...args, '--ignore-not-found', '--output=json'], { timeoutMs: 60_000 });
  return text === '' ? undefined : (JSON.parse(text) as T);
}

/** Applies objects, or the text of a manifest, by server-side apply: nothing of them is kept in an annotation. */
export function apply(cluster: Cluster, manifest: string | readonly object[]): Promise<string> {
  const text = typeof manifest === 'string' ? manifest : manifest.map((object) => stringify(object)).join('---\n');
  const args = ['apply', '--server-side', '--force-conflicts', '--filename=-'];
  return cluster.kubectl(args, { input: text, timeoutMs: 60_000 });
}

/** Runs a command in a container and gives its output. @throws CommandFailed */
export function inPod(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
  ...command: string[]
): Promise<string> {
  const { namespace, name, container } = pod;
  const args = ['exec', `--namespace=${namespace}`, name, `--container=${container}`, '--', ...command];
  return cluster.kubectl(args, { timeoutMs: 60_000 });
}

/**
 * Asks again and again until there is an answer.
 * @throws Error that names what was waited for when it takes longer than timeoutMs; whatever `ask` throws.
 */
export async function eventually<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting after ${timeoutMs / 1000} s: ${what}`);
    await sleep(500);
  }
}
