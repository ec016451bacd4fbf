import { readdir } from 'node:fs/promises';
import { type Cluster, openCluster, findLocalCluster } from './cluster.ts';
import { stateFolder } from './layout.ts';
import { findHolders } from './namespaces.ts';
import { endedComponents } from './node.ts';
import { run } from './run.ts';

/** What there is to say of a cluster. */
export interface Status {
  readonly text: string;
  readonly isUp: boolean;
}

/** Describes a local cluster, or an existing one by its context; nothing is started. */
export async function statusOf(name: string, context: string | undefined): Promise<Status> {
  const cluster = context === undefined ? await findLocalCluster(name) : await openCluster({ name, context });
  if (cluster === undefined) return { text: await whyNot(name), isUp: false };
  const ended = cluster.context === undefined ? await endedComponents(stateFolder(name)) : [];
  const { answers, isUp } = await whatKubectlSays(cluster, ended.length === 0 ? 30_000 : 5000);
  const lines = [`kubeconfig: ${cluster.kubeconfig}`, ...answers];
  if (cluster.context === undefined) {
    lines.push(`this machine from inside: ${cluster.hostAddress ?? ''}`, await localVersions());
    lines.push(
      `ended: ${ended.length === 0 ? 'nothing' : `${ended.join(', ')}; see log/ beside the kubeconfig, then run up`}`,
    );
  }
  return { text: lines.join('\n'), isUp: isUp && ended.length === 0 };
}

/** An API server that does not answer is a part of the answer. */
async function whatKubectlSays(cluster: Cluster, timeoutMs: number): Promise<{ answers: string[]; isUp: boolean }> {
  const asked = [['version'], ['get', 'nodes', '--output=wide']];
  const results = await Promise.allSettled(asked.map((args) => cluster.kubectl(args, { timeoutMs })));
  const answers = results.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message).trim());
  return { answers, isUp: results.every(({ status }) => status === 'fulfilled') };
}

async function whyNot(name: string): Promise<string> {
  const { inner } = await findHolders(stateFolder(name));
  if (inner.length > 0) return `The cluster ${name} is on its way up, or its start was cut off: run up or down.`;
  const left = await readdir(stateFolder(name)).catch(() => undefined);
  return left === undefined ? `No cluster ${name}.` : `The cluster ${name} crashed: run up or down.`;
}

async function localVersions(): Promise<string> {
  const containerd = await run('containerd', ['--version']);
  const runc = await run('runc', ['--version']);
  return `${containerd.trim()}\n${runc.split('\n')[0] ?? ''}`;
}
