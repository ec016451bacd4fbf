import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { cached, cacheFolder } from '../local/cache.ts';
import { ensurePackages } from '../local/packages.ts';
import { withProgress } from '../local/progress.ts';
import { baseImage } from './base-image.ts';
import { Buildah } from './buildah.ts';
import { imageKey } from './image-key.ts';

/** An image in an archive of the OCI layout, as `ctr image import` takes it. */
export interface ImageArchive {
  readonly name: string;
  readonly tar: string;
}

const repository = join(import.meta.dirname, '..', '..');

/**
 * Builds the operator's image with buildah, unless this very one is already in the cache folder. Two processes may ask at
 * once: one builds, the other waits.
 *
 * @param context the folder to build from; the repository, if not told otherwise
 * @throws CommandFailed with the end of the output of the step that failed
 */
export async function operatorImage(context: string = repository): Promise<ImageArchive> {
  const key = await imageKey(context);
  const name = `registry.local/spark-secrets-operator:${key}`;
  const folder = await cached('operator-image', key, async (unfinished) => {
    await ensurePackages(['buildah', 'debootstrap']);
    const buildah = new Buildah(join(cacheFolder(), 'buildah'));
    const base = await baseImage(buildah, join(unfinished, 'base'));
    await withProgress("Building the operator's image", () => build(buildah, base, context, name));
    await buildah.run('push', '--quiet', name, `oci-archive:${join(unfinished, 'image.tar')}:${name}`);
  });
  return { name, tar: join(folder, 'image.tar') };
}

async function build(buildah: Buildah, base: string, context: string, name: string): Promise<void> {
  const file = join(context, 'deploy', 'image', 'Dockerfile');
  const input = ['--file', file, '--ignorefile', `${file}.dockerignore`, '--build-arg', `NODE_IMAGE=${base}`];
  // Buildah's own network would be a bridge on the host.
  const machine = ['--pull-never', '--network', 'host', ...authorities()];
  await buildah.run('build', '--layers', ...machine, ...input, '--tag', name, context);
}

/** The host's certificate authorities, as a secret that stays out of the image: a proxy that re-signs TLS has its own. */
function authorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt';
  return existsSync(file) ? ['--secret', `id=ca,src=${file}`] : [];
}

if (import.meta.main) {
  const { name, tar } = await operatorImage();
  console.log(`${name}\n${tar}`);
}
