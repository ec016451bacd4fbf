import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cachedWhileUsed, cacheFolder } from '../local/cache.ts';
import { ensurePackages } from '../local/packages.ts';
import { withProgress } from '../local/progress.ts';
import { baseImage } from './base-image.ts';
import { Buildah } from './buildah.ts';
import { imageKey } from './image-key.ts';

/** An image in an archive of the OCI layout, as `ctr image import` takes it. */
export interface ImageArchive {
  readonly name: string;
  readonly tar: string;
  /** The digest of its manifest, the same for each build of the same tree from the same base. */
  readonly digest: string;
  /** The file with its software bill of materials (CycloneDX), which is in the image too. */
  readonly sbom: string;
}

/** What an image is built from. */
export interface BuildInput {
  /** Name of the image with Node, in buildah's storage. */
  readonly base: string;
  /** The folder to build from. */
  readonly context: string;
  /** What the image will be called. */
  readonly name: string;
}

const repository = join(import.meta.dirname, '..', '..');

/** The time of everything in the image, in seconds since 1970: that of the build would make each one another. */
const fileTime = '315532800';

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
  const folder = await cachedWhileUsed('operator-image', key, async (unfinished) => {
    const buildah = await mainBuildah();
    const base = await baseImage(buildah, join(unfinished, 'base'));
    await withProgress("Building the operator's image", () => buildInto(unfinished, buildah, { base, context, name }));
  });
  return archiveIn(folder, name);
}

/**
 * Buildah with the storage that keeps the layers of earlier builds. It is one for each time of files: buildah takes a layer
 * that it kept without a look at the time it was made with.
 */
export async function mainBuildah(): Promise<Buildah> {
  await ensurePackages(['buildah', 'debootstrap', 'debian-archive-keyring']);
  return new Buildah(join(cacheFolder(), `buildah-${fileTime}`));
}

/** Builds the image and writes its archive, its digest and its SBOM into a folder. */
export async function buildInto(folder: string, buildah: Buildah, input: BuildInput): Promise<ImageArchive> {
  const { base, context, name } = input;
  const file = join(context, 'deploy', 'image', 'Dockerfile');
  const files = ['--file', file, '--ignorefile', `${file}.dockerignore`, '--build-arg', `NODE_IMAGE=${base}`];
  // Buildah's own network would be a bridge on the host.
  const machine = ['--pull-never', '--network', 'host', ...authorities()];
  const build = ['--layers', '--timestamp', fileTime, ...machine, ...files];
  await buildah.run('build', ...build, '--tag', name, context);
  await buildah.run('build', ...build, '--target', 'sbom', '--output', `type=local,dest=${folder}`, context);
  const archive = `oci-archive:${join(folder, 'image.tar')}:${name}`;
  await buildah.run('push', '--quiet', '--digestfile', join(folder, 'digest'), name, archive);
  return archiveIn(folder, name);
}

async function archiveIn(folder: string, name: string): Promise<ImageArchive> {
  const digest = await readFile(join(folder, 'digest'), 'utf8');
  return { name, digest: digest.trim(), tar: join(folder, 'image.tar'), sbom: join(folder, 'sbom.cdx.json') };
}

/** The host's certificate authorities, as a secret that stays out of the image: a proxy that re-signs TLS has its own. */
function authorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt';
  return existsSync(file) ? ['--secret', `id=ca,src=${file}`] : [];
}

if (import.meta.main) {
  const { name, digest, tar, sbom } = await operatorImage();
  console.log([name, digest, tar, sbom].join('\n'));
}
