import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** One layer: an uncompressed tar on disk, and what the image's documents say of it. */
export interface Layer {
  readonly file: string;
  /** `sha256:` and 64 hex digits; of an uncompressed layer it is the diff id too. */
  readonly digest: string;
  readonly size: number;
}

/** What a container is started with; the words are those of the OCI image specification, in lower camel case. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
}

/** How a folder becomes a layer. */
export interface LayerOptions {
  /** Where in the image the folder's content goes: `opt/spark/jobs`; the root when absent. */
  readonly under?: string;
  /** User and group number of all files, whose modes are made plain then, whatever a checkout's umask made of them. */
  readonly owner?: readonly [user: number, group: number];
  /** Patterns of GNU tar's --exclude, from the folder's root: `./dev/*`. */
  readonly exclude?: readonly string[];
}

/** All files have this time, 1980-01-01: some programs (zip among them) cannot name an earlier one. */
const sourceDate = 315_532_800;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Writes a folder's content as a layer: names in order, one time, numeric owners, so that equal content is an equal digest.
 * @throws CommandFailed when a file cannot be read.
 */
export async function layerFromFolder(folder: string, file: string, options: LayerOptions = {}): Promise<Layer> {
  const args = ['--create', `--file=${file}`, `--directory=${folder}`, '--sort=name', `--mtime=@${sourceDate}`];
  args.push('--numeric-owner', '--format=gnu', ...(options.exclude ?? []).map((pattern) => `--exclude=${pattern}`));
  if (options.owner !== undefined) {
    args.push(`--owner=${options.owner[0]}`, `--group=${options.owner[1]}`, '--mode=u+rwX,go+rX,go-w');
  }
  // The S flag leaves the targets of symbolic links as they are.
  if (options.under !== undefined) args.push(`--transform=s,^\\.,./${options.under},S`);
  await run('tar', [...args, '.']);
  return layerFromTar(file);
}

/** Takes a tar as it is for a layer. */
export async function layerFromTar(file: string): Promise<Layer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return { file, digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size };
}

/** The digest of the config document: what the image is, without its name. */
export function imageDigest(layers: readonly Layer[], config: ImageConfig): string {
  return blob(configDocument(layers, config)).digest;
}

/**
 * Writes an image archive that containerd (`ctr image import`), kind and Docker load: an OCI layout, with the
 * manifest.json that `docker save` writes beside it.
 * @param name with a registry part that has a dot, else containerd takes it for a name on Docker Hub: `registry.local/a:1`.
 * @param archive the file to write; it appears whole or not at all.
 */
export async function writeImage(
  name: string,
  layers: readonly Layer[],
  config: ImageConfig,
  archive: string,
): Promise<void> {
  const stage = `${archive}.stage`;
  const blobs = join(stage, 'blobs', 'sha256');
  await rm(stage, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  const configBlob = blob(configDocument(layers, config));
  const manifest = blob({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe('application/vnd.oci.image.config.v1+json', configBlob),
    layers: layers.map((layer) => describe('application/vnd.oci.image.layer.v1.tar', layer)),
  });
  const tag = name.slice(name.lastIndexOf(':') + 1);
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
  const entry = { ...describe('application/vnd.oci.image.manifest.v1+json', manifest), annotations };
  const file = (digest: string): string => join('blobs', 'sha256', digest.slice('sha256:'.length));
  const saved = { Config: file(configBlob.digest), RepoTags: [name], Layers: layers.map(({ digest }) => file(digest)) };
  await writeFile(join(stage, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(stage, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  await writeFile(join(stage, 'manifest.json'), JSON.stringify([saved]));
  for (const { digest, text } of [configBlob, manifest]) await writeFile(join(stage, file(digest)), text);
  await packArchive(stage, thinArchive(archive));
  for (const layer of layers) await linkOrCopy(layer.file, join(stage, file(layer.digest)));
  await packArchive(stage, archive);
  await rm(stage, { recursive: true });
}

/** Beside an archive lies the same without its layers, for a containerd that gets those otherwise. */
export function thinArchive(archive: string): string {
  return `${archive}.thin`;
}

async function packArchive(stage: string, archive: string): Promise<void> {
  const order = ['oci-layout', 'index.json', 'manifest.json', 'blobs'];
  const options = ['--sort=name', `--mtime=@${sourceDate}`, '--owner=0', '--group=0', '--numeric-owner'];
  const unfinished = `${archive}.unfinished`;
  await run('tar', ['--create', `--file=${unfinished}`, `--directory=${stage}`, ...options, '--mode=go=rX', ...order]);
  await rename(unfinished, archive);
}

/** Where the layers of an archive lie on this machine, if it was built here; see thinArchive. */
export function layersFile(archive: string): string {
  return `${archive}.layers.json`;
}

function configDocument(layers: readonly Layer[], config: ImageConfig): object {
  return {
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: Object.entries({ PATH: path, ...config.env }).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      User: config.user ?? '',
      WorkingDir: config.workingDir ?? '/',
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  };
}

function blob(document: object): { readonly digest: string; readonly size: number; readonly text: string } {
  const text = JSON.stringify(document);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return { digest, size: Buffer.byteLength(text), text };
}

function describe(mediaType: string, { digest, size }: { digest: string; size: number }): object {
  return { mediaType, digest, size };
}

/** A link costs nothing; it is not possible between file systems. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
