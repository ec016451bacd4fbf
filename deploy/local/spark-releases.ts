import type { PinnedFile } from './pip.ts';

/** The releases of Spark that images are made of, by minor version. */
export type SparkVersion = '3.4' | '3.5' | '4.0' | '4.1';

/** One release: PySpark's source archive, which carries Spark's jars for Kubernetes, bin and sbin. */
export interface SparkRelease {
  readonly archive: PinnedFile;
  /** Size of the download in MB. */
  readonly megabytes: number;
  /** The version of Py4J that lies in the archive as a zip: Python must be told of it. */
  readonly py4j: string;
}

/** The version that everything runs on when none is named. */
export const DEFAULT_SPARK: SparkVersion = '4.0';

/** Spark Connect's server is in the archives of 4.0 and later alone; for earlier ones it would be a package of its own. */
export const SPARK_RELEASES: Readonly<Record<SparkVersion, SparkRelease>> = {
  '3.4': release('3.4.4', 'b831a99c1aeb058bc4a2498665de10006b899b2438ba15470cc88f577755ebf8', 311, '0.10.9.7'),
  '3.5': release('3.5.9', 'ea27adc39ddac9413b8951e45aa748cbed6c785971b81386efc41938f6243d93', 318, '0.10.9.7'),
  '4.0': release('4.0.5', 'a0d44b0e7faf0458ad83b7aa664e7ed8b96beed8a55d66ce3b0dfac2309dfca6', 430, '0.10.9.9'),
  '4.1': release('4.1.4', 'bcbd5e18690cf79d438e97210ad06fb8d451a251bb77becc2b0418868d2acd73', 456, '0.10.9.9'),
};

function release(version: string, sha256: string, megabytes: number, py4j: string): SparkRelease {
  return { archive: { package: 'pyspark', version, sha256 }, megabytes, py4j };
}
