import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cached, removeOld, shortHash } from './cache.ts';
import { type ImageConfig, imageDigest, type Layer, layerFromFolder, layersFile, writeImage } from './oci.ts';
import { ensurePackages } from './packages.ts';
import { type Image, imageName } from './pause-image.ts';
import { type PinnedFile, withDownload } from './pip.ts';
import { withProgress } from './progress.ts';
import { run } from './run.ts';

/** PySpark's source archive: it carries Spark's jars for Kubernetes, bin and sbin. */
const pyspark: PinnedFile = {
  package: 'pyspark',
  version: '4.0.5',
  sha256: 'a0d44b0e7faf0458ad83b7aa664e7ed8b96beed8a55d66ce3b0dfac2309dfca6',
};
const suite = 'bookworm';
const debianPackages = ['openjdk-17-jre-headless', 'tini', 'python3', 'procps'];
const home = '/opt/spark';
const scripts = join(import.meta.dirname, 'spark');

/** User 185 in group 0, as the official image; pods that must not run as root need the number. */
const owner = [185, 0] as const;
const config: ImageConfig = {
  entrypoint: ['/opt/entrypoint.sh'],
  env: {
    SPARK_HOME: home,
    JAVA_HOME: '/usr/lib/jvm/java-17-openjdk-amd64',
    PYTHONPATH: `${home}/python:${home}/python/lib/py4j-0.10.9.9-src.zip`,
  },
  user: String(owner[0]),
  workingDir: `${home}/work-dir`,
};
/** Changes when the way of building does. */
const recipe = '1';

/** The version of Spark in the image. */
export const sparkVersion = pyspark.version;

/** An image of Spark that is laid out and behaves like the official one; built once, in some minutes. */
export function sparkImage(): Promise<Image> {
  return buildSparkImage({ name: 'spark' });
}

/**
 * The same with job files on top, in /opt/spark/jobs: a matter of seconds once the base is there.
 * @param options.name the image's name without registry and tag.
 * @param options.jobs a folder, copied as it is.
 */
export async function buildSparkImage(options: { readonly name: string; readonly jobs?: string }): Promise<Image> {
  const { name, jobs } = options;
  const layers = [await baseLayer(), await sparkLayer(), await scriptsLayer()];
  const scratch = await mkdtemp(join(tmpdir(), 'spark-secrets-image-'));
  try {
    if (jobs !== undefined) {
      layers.push(await layerFromFolder(jobs, join(scratch, 'jobs.tar'), { under: 'opt/spark/jobs', owner }));
    }
    const digest = imageDigest(layers, config);
    const fullName = imageName(name, digest);
    const folder = await cached(`image-${name}`, shortHash(recipe, fullName), async (made) => {
      const archive = join(made, 'image.tar');
      await writeImage(fullName, layers, config, archive);
      await writeFile(layersFile(archive), JSON.stringify(await keepLayers(layers, made, scratch)));
    });
    await removeOld(`image-${name}`, folder);
    return { name: fullName, tar: join(folder, 'image.tar') };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Layers by where they stay: those of this image alone go beside its archive and are named from there. */
async function keepLayers(layers: readonly Layer[], folder: string, scratch: string): Promise<Layer[]> {
  const kept: Layer[] = [];
  for (const layer of layers) {
    const own = dirname(layer.file) === scratch;
    if (own) await copyFile(layer.file, join(folder, basename(layer.file)));
    kept.push(own ? { ...layer, file: basename(layer.file) } : layer);
  }
  return kept;
}

function baseLayer(): Promise<Layer> {
  return cachedLayer('debian', shortHash(recipe, suite, ...debianPackages), async (folder, file) => {
    await ensurePackages(['debootstrap']);
    const root = join(folder, 'root');
    await withProgress(`Making a Debian with Java and Python for the Spark image`, () => debootstrap(root));
    await appendFile(join(root, 'etc', 'passwd'), `spark:x:${owner.join(':')}::${home}:/usr/sbin/nologin\n`);
    const left = [
      'usr/share/doc',
      'usr/share/info',
      'usr/share/locale',
      'usr/share/man',
      'var/cache/apt',
      'var/lib/apt/lists',
    ];
    for (const path of [...left, 'var/log']) await rm(join(root, path), { recursive: true, force: true });
    await mkdir(join(root, 'var', 'log'));
    const exclude = ['./dev/*', './proc/*', './sys/*', './tmp/*', './run/*', './var/lib/dpkg/*-old'];
    const layer = await layerFromFolder(root, file, { exclude });
    await rm(root, { recursive: true });
    return layer;
  });
}

/** In namespaces of its own: what debootstrap mounts, and what it starts, ends with it even when it is killed. */
async function debootstrap(root: string): Promise<void> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const options = ['--variant=minbase', `--include=${debianPackages.join(',')}`];
  await run('unshare', [...namespaces, 'debootstrap', ...options, suite, root], { timeoutMs: 1_800_000 });
}

function sparkLayer(): Promise<Layer> {
  return cachedLayer('spark', shortHash(recipe, JSON.stringify(pyspark)), async (folder, file) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await withProgress(`Downloading Spark ${pyspark.version} (430 MB)`, () =>
      withDownload(pyspark, async (archive) => {
        await run('tar', ['--extract', `--file=${archive}`, `--directory=${source}`, '--strip-components=1']);
      }),
    );
    const tree = join(source, 'deps');
    await mkdir(join(tree, 'python'));
    for (const part of ['pyspark', 'lib']) await rename(join(source, part), join(tree, 'python', part));
    await rename(join(tree, 'examples'), join(tree, 'python-examples'));
    await mkdir(join(tree, 'examples', 'src', 'main'), { recursive: true });
    await rename(join(tree, 'python-examples'), join(tree, 'examples', 'src', 'main', 'python'));
    for (const empty of ['conf', 'work-dir', 'logs']) await mkdir(join(tree, empty));
    await writeFile(join(tree, 'RELEASE'), `Spark ${pyspark.version} from the Python package\n`);
    const layer = await layerFromFolder(tree, file, { under: 'opt/spark', owner });
    await rm(source, { recursive: true });
    return layer;
  });
}

async function scriptsLayer(): Promise<Layer> {
  const entrypoint = await readFile(join(scripts, 'entrypoint.sh'));
  const connect = await readFile(join(scripts, 'start-connect-server.sh'));
  return cachedLayer('spark-scripts', shortHash(recipe, entrypoint, connect), async (folder, file) => {
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'spark', 'sbin'), { recursive: true });
    await writeFile(join(tree, 'entrypoint.sh'), entrypoint, { mode: 0o755 });
    await writeFile(join(tree, 'spark', 'sbin', 'start-connect-server.sh'), connect, { mode: 0o755 });
    const layer = await layerFromFolder(tree, file, { under: 'opt', owner });
    await rm(tree, { recursive: true });
    return layer;
  });
}

/** A layer and its digest in the cache: a digest of 400 MB takes seconds. */
async function cachedLayer(
  kind: string,
  key: string,
  make: (folder: string, file: string) => Promise<Layer>,
): Promise<Layer> {
  const entry = await cached(`layer-${kind}`, key, async (folder) => {
    const { digest, size } = await make(folder, join(folder, 'layer.tar'));
    await writeFile(join(folder, 'layer.json'), JSON.stringify({ digest, size }));
  });
  const { digest, size } = JSON.parse(await readFile(join(entry, 'layer.json'), 'utf8')) as {
    digest: string;
    size: number;
  };
  return { file: join(entry, 'layer.tar'), digest, size };
}
