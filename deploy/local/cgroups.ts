import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from './progress.ts';

const root = '/sys/fs/cgroup';

/** Whether the host has one hierarchy for all controllers (cgroup v2). */
function isUnified(): boolean {
  return existsSync(join(root, 'cgroup.controllers'));
}

/**
 * Makes the cgroup under which the kubelet puts the pods; with version 1 there is one for each controller. It gets eight
 * times the usual weight: all pods together would otherwise count as much as one process of a busy host.
 */
export async function createCgroup(name: string): Promise<void> {
  if (isUnified()) {
    // One at a time: a controller that the kernel refuses must not take the others with it.
    for (const controller of ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids']) {
      await writeFile(join(root, 'cgroup.subtree_control'), `+${controller}`).catch(() => undefined);
    }
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, 'cpu.weight'), '800').catch(() => undefined);
    return;
  }
  for (const folder of await hierarchies()) await mkdir(join(folder, name), { recursive: true });
  // A new cpuset has no processors and no memory, and nothing can be started in it.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const parent = join(root, 'cpuset');
    if (existsSync(parent)) await copyFile(join(parent, file), join(parent, name, file));
  }
  await writeFile(join(root, 'cpu', name, 'cpu.shares'), '8192').catch(() => undefined);
}

/** Removes the cgroup and what is below it. Its processes must be dead; the kernel takes a moment to notice. */
export async function removeCgroup(name: string): Promise<void> {
  const folders = await cgroupFolders(name);
  await waitUntil(`the cgroup ${name} is gone`, 20_000, async () => {
    for (const folder of folders) await removeTree(folder).catch(() => undefined);
    return !folders.some((folder) => existsSync(folder));
  });
}

/** The folders of a cgroup that exist, one for each hierarchy. */
export async function cgroupFolders(name: string): Promise<string[]> {
  const parents = isUnified() ? [root] : await hierarchies();
  return parents.map((parent) => join(parent, name)).filter((folder) => existsSync(folder));
}

async function hierarchies(): Promise<string[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts.filter(([, , type]) => type === 'cgroup' || type === 'cgroup2').map(([, target = '']) => target);
}

async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  await rmdir(folder);
}
