import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from './cache.ts';
import { imageDigest, type ImageConfig, layerFromFolder, writeImage } from './oci.ts';
import { ensurePackages } from './packages.ts';
import { run } from './run.ts';

/** An image, and the archive that holds it. */
export interface Image {
  /** Its name in containerd and in pods' `image:`; the tag is made of its content. */
  readonly name: string;
  /** An archive for `ctr image import`. */
  readonly tar: string;
}

const source = join(import.meta.dirname, 'pause.c');
const config: ImageConfig = { entrypoint: ['/pause'], user: '65535' };
const compile = ['-Os', '-static', '-s', '-Wl,--build-id=none'];
const registry = 'registry.local';

/** The image of the container that holds a pod's namespaces; built when the cache does not have it. */
export async function pauseImage(): Promise<Image> {
  const folder = await pauseFolder();
  const name = await readFile(join(folder, 'name'), 'utf8');
  return { name, tar: join(folder, 'pause.tar') };
}

/** The pause program itself, for the host: it is the first process of the cluster's namespaces too. */
export async function pauseProgram(): Promise<string> {
  return join(await pauseFolder(), 'root', 'pause');
}

/** The name of an image by its content. */
export function imageName(what: string, digest: string): string {
  return `${registry}/${what}:${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

async function pauseFolder(): Promise<string> {
  const key = shortHash(await readFile(source), JSON.stringify([config, compile]));
  return cached('pause', key, async (folder) => {
    await ensurePackages(['gcc', 'libc6-dev']);
    const root = join(folder, 'root');
    await mkdir(root);
    await run('gcc', [...compile, '-o', join(root, 'pause'), source]);
    const layers = [await layerFromFolder(root, join(folder, 'layer.tar'), { owner: [0, 0] })];
    const name = imageName('pause', imageDigest(layers, config));
    await writeImage(name, layers, config, join(folder, 'pause.tar'));
    await writeFile(join(folder, 'name'), name);
  });
}
