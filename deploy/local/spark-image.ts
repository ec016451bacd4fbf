import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cachedWhileUsed, shortHash } from './cache.ts';
import { type ImageConfig, imageDigest, type Layer, layerFromFolder, layersFile, writeImage } from './oci.ts';
import { type Image, imageName } from './pause-image.ts';
import { baseLayer, RECIPE, scriptsLayer, SPARK_HOME, SPARK_OWNER, sparkLayer } from './spark-layers.ts';
import { DEFAULT_SPARK, SPARK_RELEASES, type SparkRelease, type SparkVersion } from './spark-releases.ts';

/** The version of Spark in an image: `4.0.5`. */
export function sparkVersion(version: SparkVersion = DEFAULT_SPARK): string {
  return SPARK_RELEASES[version].archive.version;
}

/**
 * An image of Spark that is laid out and behaves like the official one; built once, in some minutes.
 * @param options.version the minor version; the default one when absent.
 */
export function sparkImage({ version = DEFAULT_SPARK }: { readonly version?: SparkVersion } = {}): Promise<Image> {
  return buildSparkImage({ name: version === DEFAULT_SPARK ? 'spark' : `spark-${version}`, version });
}

/**
 * The same with job files on top, in /opt/spark/jobs: a matter of seconds once the base is there.
 * @param options.name the image's name without registry and tag; another one for each version.
 * @param options.jobs a folder, copied as it is.
 */
export async function buildSparkImage(options: {
  readonly name: string;
  readonly version?: SparkVersion;
  readonly jobs?: string;
}): Promise<Image> {
  const { name, version = DEFAULT_SPARK, jobs } = options;
  const release = SPARK_RELEASES[version];
  const config = configOf(release);
  const layers = [await baseLayer(), await sparkLayer(release), await scriptsLayer()];
  const scratch = await mkdtemp(join(tmpdir(), 'spark-secrets-image-'));
  try {
    if (jobs !== undefined) {
      const under = `${SPARK_HOME.slice(1)}/jobs`;
      layers.push(await layerFromFolder(jobs, join(scratch, 'jobs.tar'), { under, owner: SPARK_OWNER }));
    }
    const digest = imageDigest(layers, config);
    const fullName = imageName(name, digest);
    const folder = await cachedWhileUsed(`image-${name}`, shortHash(RECIPE, fullName), async (made) => {
      const archive = join(made, 'image.tar');
      await writeImage(fullName, layers, config, archive);
      await writeFile(layersFile(archive), JSON.stringify(await keepLayers(layers, made, scratch)));
    });
    return { name: fullName, tar: join(folder, 'image.tar') };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Java 17 is what all versions can run on. */
function configOf({ py4j }: SparkRelease): ImageConfig {
  return {
    entrypoint: ['/opt/entrypoint.sh'],
    env: {
      SPARK_HOME,
      JAVA_HOME: '/usr/lib/jvm/java-17-openjdk-amd64',
      PYTHONPATH: `${SPARK_HOME}/python:${SPARK_HOME}/python/lib/py4j-${py4j}-src.zip`,
    },
    user: String(SPARK_OWNER[0]),
    workingDir: `${SPARK_HOME}/work-dir`,
  };
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
