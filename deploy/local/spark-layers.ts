import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from './cache.ts';
import { type Layer, layerFromFolder } from './oci.ts';
import { ensurePackages } from './packages.ts';
import { withDownload } from './pip.ts';
import { withProgress } from './progress.ts';
import { run } from './run.ts';
import type { SparkRelease } from './spark-releases.ts';

/** Where Spark lies in the image. */
export const SPARK_HOME = '/opt/spark';

/** User 185 in group 0, as the official image; pods that must not run as root need the number. */
export const SPARK_OWNER = [185, 0] as const;

/** Changes when the way of building does. */
export const RECIPE = '1';

const suite = 'bookworm';
const debianPackages = ['openjdk-17-jre-headless', 'tini', 'python3', 'procps'];
const scripts = join(import.meta.dirname, 'spark');

/** A Debian with Java and Python: the same for all versions of Spark. */
export function baseLayer(): Promise<Layer> {
  return cachedLayer('debian', shortHash(RECIPE, suite, ...debianPackages), async (folder, file) => {
    await ensurePackages(['debootstrap', 'debian-archive-keyring']);
    const root = join(folder, 'root');
    await withProgress(`Making a Debian with Java and Python for the Spark image`, () => debootstrap(root));
    await appendFile(
      join(root, 'etc', 'passwd'),
      `spark:x:${SPARK_OWNER.join(':')}::${SPARK_HOME}:/usr/sbin/nologin\n`,
    );
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
  const options = ['--force-check-gpg', '--variant=minbase', `--include=${debianPackages.join(',')}`];
  await run('unshare', [...namespaces, 'debootstrap', ...options, suite, root], { timeoutMs: 1_800_000 });
}

/** Spark itself, laid out as in its binary distribution. */
export function sparkLayer({ archive: pin, megabytes }: SparkRelease): Promise<Layer> {
  return cachedLayer('spark', shortHash(RECIPE, JSON.stringify(pin)), async (folder, file) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await withProgress(`Downloading Spark ${pin.version} (${megabytes} MB)`, () =>
      withDownload(pin, async (archive) => {
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
    await writeFile(join(tree, 'RELEASE'), `Spark ${pin.version} from the Python package\n`);
    const layer = await layerFromFolder(tree, file, { under: 'opt/spark', owner: SPARK_OWNER });
    await rm(source, { recursive: true });
    return layer;
  });
}

/** What the Python package leaves out: the entrypoint, and the script that starts a Connect server. */
export async function scriptsLayer(): Promise<Layer> {
  const entrypoint = await readFile(join(scripts, 'entrypoint.sh'));
  const connect = await readFile(join(scripts, 'start-connect-server.sh'));
  return cachedLayer('spark-scripts', shortHash(RECIPE, entrypoint, connect), async (folder, file) => {
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'spark', 'sbin'), { recursive: true });
    await writeFile(join(tree, 'entrypoint.sh'), entrypoint, { mode: 0o755 });
    await writeFile(join(tree, 'spark', 'sbin', 'start-connect-server.sh'), connect, { mode: 0o755 });
    const layer = await layerFromFolder(tree, file, { under: 'opt', owner: SPARK_OWNER });
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
