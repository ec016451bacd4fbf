import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Layout } from './layout.ts';
import { enter } from './namespaces.ts';
import { type Layer, layersFile, thinArchive } from './oci.ts';
import { withProgress } from './progress.ts';
import { run } from './run.ts';

/** Imports an archive of images into a cluster's containerd, where the kubelet finds it. */
export async function importImage(layout: Layout, pid: number, tar: string): Promise<void> {
  const ctr = [...enter(pid), 'ctr', '--address', layout.socket, '--namespace', 'k8s.io'];
  await withProgress(`Importing ${tar}`, async () => {
    const importing = (archive: string): Promise<string> => run('nsenter', [...ctr, 'image', 'import', archive]);
    if (existsSync(layersFile(tar)) && existsSync(thinArchive(tar))) {
      const layers = JSON.parse(await readFile(layersFile(tar), 'utf8')) as Layer[];
      const found = layers.map((layer) => ({ ...layer, file: resolve(dirname(tar), layer.file) }));
      const linked = await linkLayers(layout, ctr, found).then(
        () => importing(thinArchive(tar)),
        () => undefined,
      );
      if (linked !== undefined) return;
    }
    await importing(tar);
  });
}

/**
 * Gives containerd layers of the cache by a hard link each: nothing is copied. Then each is announced with its sum, upon
 * which containerd finds that it has the content. Rejects between file systems; the whole archive is the way then.
 */
async function linkLayers(layout: Layout, ctr: readonly string[], layers: readonly Layer[]): Promise<void> {
  const blobs = join(layout.state, 'containerd', 'io.containerd.content.v1.content', 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  for (const { file, digest, size } of layers) {
    const blob = join(blobs, digest.slice('sha256:'.length));
    if (!existsSync(blob)) await link(file, blob);
    const ingest = ['content', 'ingest', `--expected-digest=${digest}`, `--expected-size=${size}`, digest];
    const input = await open(file);
    try {
      const child = spawn('nsenter', [...ctr, ...ingest], { stdio: [input.fd, 'ignore', 'ignore'] });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`containerd does not take ${file}`);
    } finally {
      await input.close();
    }
  }
}
