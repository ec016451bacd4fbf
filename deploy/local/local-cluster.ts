import { constants } from 'node:fs';
import { access, chmod, chown, copyFile, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterPrograms } from './binaries.ts';
import { cacheFolder } from './cache.ts';
import { createCgroup, removeCgroup } from './cgroups.ts';
import { cgroupName, clusterLock, type Layout, layoutOf, stateFolder, visible } from './layout.ts';
import { createLink, removeLinks } from './link.ts';
import { withLock } from './lock.ts';
import { createNamespaces, destroyNamespaces, findHolders, initName } from './namespaces.ts';
import { importImage } from './import-image.ts';
import { ClusterNode, endedComponents, type NodeOptions } from './node.ts';
import { ensurePackages } from './packages.ts';
import { pauseImage, pauseProgram } from './pause-image.ts';
import { say } from './progress.ts';
import { run } from './run.ts';
import type { Subnet } from './subnet.ts';

/** A local cluster that is up. */
export interface RunningCluster {
  readonly layout: Layout;
  /** The first process of its namespaces. */
  readonly pid: number;
  /** Folders of kubectl, helm and the cluster's own programs. */
  readonly programs: readonly string[];
}

const packages = ['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'conntrack', 'iproute2', 'python3'];

/**
 * Brings a cluster up, or finds it up already. What a crashed one left is removed first, and one of which a part ended is no
 * better. The images are imported either way.
 * @throws Error that tells which part did not come up, with the end of its log; nothing is left then.
 */
export async function up(name: string, images: readonly string[]): Promise<RunningCluster> {
  mustBeRoot();
  const lock = clusterLock(name);
  visible(cacheFolder(), 'SPARK_SECRETS_CACHE');
  for (const tar of images) await access(tar, constants.R_OK);
  await ensurePackages(packages);
  const programs = await clusterPrograms();
  const pause = await pauseImage();
  return withLock(lock, async () => {
    const running = await findRunning(name);
    const ended = await endedComponents(stateFolder(name));
    if (running !== undefined && ended.length === 0) {
      say(`The cluster ${name} is up already.`);
      for (const tar of images) await importImage(running.layout, running.pid, tar);
      return running;
    }
    if (running !== undefined) say(`Of the cluster ${name} has ended: ${ended.join(', ')}. It is made anew.`);
    await remove(name);
    return undoneOnFailure(name, (signal) => create(name, { programs, pause, images, signal }));
  });
}

/** Removes a cluster and all it left, whatever state it is in. Nothing happens when there is none. */
export async function down(name: string): Promise<void> {
  mustBeRoot();
  await withLock(clusterLock(name), async () => {
    await remove(name);
    await rm(clusterLock(name), { force: true });
  });
}

/** The cluster of a name when it is up, else undefined. */
export async function findRunning(name: string): Promise<RunningCluster | undefined> {
  const [pid] = (await findHolders(stateFolder(name))).inner;
  // The file is written last: without it an `up` did not get to its end.
  const text = await readFile(join(stateFolder(name), 'cluster.json'), 'utf8').catch(() => undefined);
  if (pid === undefined || text === undefined) return undefined;
  const { subnet, programs } = JSON.parse(text) as { subnet: Subnet; programs: string[] };
  return { layout: layoutOf(name, subnet), pid, programs };
}

async function create(name: string, options: NodeOptions): Promise<RunningCluster> {
  const state = stateFolder(name);
  await mkdir(state, { mode: 0o700 });
  await mkdir(join(state, 'log'));
  const init = join(state, initName(state));
  await copyFile(await pauseProgram(), init);
  await chmod(init, 0o755);
  const pid = await createNamespaces(state, join(state, 'log', 'namespaces.log'));
  const layout = layoutOf(name, await createLink(pid, state));
  await createCgroup(layout.cgroup);
  await new ClusterNode(layout, pid, options).start();
  await giveToCaller(layout);
  const { subnet } = layout;
  // Renamed, so that a crash leaves all of it or nothing.
  const file = join(state, 'cluster.json');
  await writeFile(`${file}.unfinished`, JSON.stringify({ subnet, programs: options.programs }));
  await rename(`${file}.unfinished`, file);
  return { layout, pid, programs: options.programs };
}

async function remove(name: string): Promise<void> {
  const state = stateFolder(name);
  await destroyNamespaces(state);
  await removeLinks(state);
  await removeCgroup(cgroupName(name));
  await mustBeOurs(state);
  await rm(state, { recursive: true, force: true });
}

/** A failure and a Ctrl-C undo what was begun; a second Ctrl-C ends at once, and the next `up` or `down` cleans up. */
async function undoneOnFailure<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    interruption.abort(new Error(`interrupted by ${signal}`));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  // What waits for a program inside, such as an import, is freed by the end of the namespaces.
  const abort = (): void => void destroyNamespaces(stateFolder(name)).catch(() => undefined);
  interruption.signal.addEventListener('abort', abort);
  try {
    return await work(interruption.signal);
  } catch (error) {
    await remove(name);
    await rm(clusterLock(name), { force: true });
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** Under sudo the kubeconfig belongs to who called it: kubectl must not need root. */
async function giveToCaller({ state, kubeconfig }: Layout): Promise<void> {
  const [user, group] = [process.env['SUDO_UID'], process.env['SUDO_GID']];
  if (user === undefined || group === undefined) return;
  await chmod(state, 0o711);
  await chown(kubeconfig, Number(user), Number(group));
}

/** Anybody can make a folder of this name in a shared temporary folder; and nothing that is mounted may be deleted. */
async function mustBeOurs(state: string): Promise<void> {
  const found = await lstat(state).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory() || found.uid !== 0)
    throw new Error(`${state} is not root's folder: remove it or set TMPDIR`);
  const mounted = (await readFile('/proc/self/mounts', 'utf8')).includes(` ${state}/`);
  if (mounted) await run('sh', ['-c', 'grep -o " $1/[^ ]*" /proc/self/mounts | sort -r | xargs umount', 'sh', state]);
}

function mustBeRoot(): void {
  if (process.getuid?.() !== 0) throw new Error('a local cluster needs root: run this with sudo');
}
