import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageArchive, operatorImage } from '../../../deploy/image/build.ts';
import { cached, shortHash } from '../../../deploy/local/cache.ts';
import { ensurePackages } from '../../../deploy/local/packages.ts';
import { run } from '../../../deploy/local/run.ts';

/** A version that users may have installed. */
export interface Release {
  /** The folder of its chart. */
  readonly chart: string;
  readonly image: ImageArchive;
}

/**
 * A released version, from the archive of its sources in this folder; its image is built by its own Dockerfile and scripts.
 * Both are kept in the cache folder.
 */
export async function release(version: string): Promise<Release> {
  const archive = join(import.meta.dirname, `${version}.tar.xz`);
  const key = shortHash(await readFile(archive));
  const sources = await cached('release', key, async (folder) => {
    await ensurePackages(['xz-utils']);
    await run('tar', ['--extract', '--xz', '--no-same-owner', `--file=${archive}`, `--directory=${folder}`]);
  });
  return { chart: join(sources, 'deploy', 'chart'), image: await operatorImage(sources) };
}
