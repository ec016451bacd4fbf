import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Layout } from './layout.ts';
import { enter } from './namespaces.ts';
import { type Layer, layersFile, thinArchive } from './oci.ts';
import { withProgress } from './progress.ts';
import { run, succeeds } from './run.ts';

/**
 * Imports an archive of images into a cluster's containerd, where the kubelet finds it. The archive is read from this side:
 * nsenter changes the present folder, and the cluster has a /run, /var/lib and /var/log of its own.
 */
export async function importImage(layout: Layout, pid: number, tar: string): Promise<void> {
  const ctr = [...enter(pid), 'ctr', '--address', layout.socket, '--namespace', 'k8s.io'];
  await withProgress(`Importing ${tar}`, async () => {
    if (await importByLinks(layout, ctr, tar)) return;
    await run('nsenter', [...ctr, 'image', 'import', '-'], { inputFile: tar });
  });
}

/** What this machine built is imported without a copy of its layers. False where that is not possible. */
async function importByLinks(layout: Layout, ctr: readonly string[], tar: string): Promise<boolean> {
  if (!existsSync(layersFile(tar)) || !existsSync(thinArchive(tar))) return false;
  const layers = JSON.parse(await readFile(layersFile(tar), 'utf8')) as Layer[];
  for (const layer of layers) {
    const file = resolve(dirname(tar), layer.file);
    // Once more, and again: containerd's garbage collection may come between two steps.
    const isThere = async (): Promise<boolean> => linkLayer(layout, ctr, { ...layer, file });
    if (!((await isThere()) || (await isThere()) || (await isThere()))) return false;
  }
  return succeeds('nsenter', [...ctr, 'image', 'import', '-'], { inputFile: thinArchive(tar) });
}

/**
 * Gives containerd a layer of the cache by a hard link, and announces it with its sum, upon which containerd finds that it
 * has the content. A label then keeps it until the image that needs it is there. False between file systems, and when
 * containerd does not take it.
 */
async function linkLayer(layout: Layout, ctr: readonly string[], layer: Layer): Promise<boolean> {
  const { file, digest, size } = layer;
  const blobs = join(layout.state, 'containerd', 'io.containerd.content.v1.content', 'blobs', 'sha256');
  const blob = join(blobs, digest.slice('sha256:'.length));
  try {
    await mkdir(blobs, { recursive: true });
    if (!existsSync(blob)) await link(file, blob);
    const input = await open(file);
    try {
      const ingest = ['content', 'ingest', `--expected-digest=${digest}`, `--expected-size=${size}`, digest];
      const child = spawn('nsenter', [...ctr, ...ingest], { stdio: [input.fd, 'ignore', 'ignore'] });
      await once(child, 'exit');
    } finally {
      await input.close();
    }
  } catch {
    return false;
  }
  return succeeds('nsenter', [...ctr, 'content', 'label', digest, 'containerd.io/gc.root=layer']);
}
