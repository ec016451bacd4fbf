import { after } from 'mocha';
import { operatorImage } from '../../../deploy/image/build.ts';
import { type Cluster, openCluster } from '../../../deploy/local/cluster.ts';
import { sparkImage } from '../../../deploy/local/spark-image.ts';
import { installOperator } from '../../../tools/spark/operator.ts';
import { testClusterName } from '../../support/test-cluster.ts';

/** What all end-to-end tests share: one cluster with the operator installed, and an image of Spark. */
export interface Environment {
  readonly cluster: Cluster;
  readonly sparkImage: string;
}

const given = testClusterName();
let opening: Promise<Environment> | undefined;

/** The shared cluster: brought up and given the operator at the first call, removed after the last test. */
export function environment(): Promise<Environment> {
  opening ??= open();
  return opening;
}

async function open(): Promise<Environment> {
  const cluster = await openCluster({ name: given ?? `e2e-${process.pid}` });
  const spark = await sparkImage();
  const operator = await operatorImage();
  for (const { tar } of [spark, operator]) await cluster.loadImage(tar);
  await installOperator(cluster, operator.name);
  return { cluster, sparkImage: spark.name };
}

// Outside of any suite: mocha runs this after the last file. Whoever gave a cluster removes it.
after(async function () {
  this.timeout(120_000);
  if (given === undefined && opening !== undefined) await (await opening).cluster.down();
});
