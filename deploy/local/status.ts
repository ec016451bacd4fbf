import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCluster, findLocalCluster } from './cluster.ts';
import { stateFolder } from './layout.ts';
import { findHolders } from './namespaces.ts';
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
  const nodes = await cluster.kubectl(['get', 'nodes', '--output=wide'], { timeoutMs: 30_000 });
  const versions = await cluster.kubectl(['version'], { timeoutMs: 30_000 });
  const lines = [`kubeconfig: ${cluster.kubeconfig}`, versions.trim(), nodes.trim()];
  if (cluster.context === undefined) {
    const ended = await endedComponents(stateFolder(name));
    const programs = [`this machine from inside: ${cluster.hostAddress ?? ''}`, await localVersions()];
    lines.push(...programs, `ended: ${ended.length === 0 ? 'nothing' : ended.join(', ')}`);
  }
  return { text: lines.join('\n'), isUp: true };
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

/** The parts of a cluster that are no longer running, with their exit codes. */
async function endedComponents(state: string): Promise<string[]> {
  const names = await readdir(join(state, 'exited')).catch(() => []);
  return Promise.all(
    names.map(async (name) => `${name} (${(await readFile(join(state, 'exited', name), 'utf8')).trim()})`),
  );
}
