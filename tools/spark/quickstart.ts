import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, type KubeObject } from './kube.ts';
import type { Expected } from './report.ts';
import { submit, type Submission } from './submit.ts';

/** The story of examples/quickstart, told by a program: the same manifests, with values of its own. */
export const QUICKSTART = {
  storeNamespace: 'platform',
  jobNamespace: 'analytics',
  label: 'app.kubernetes.io/part-of=spark-secrets-quickstart',
} as const;

/** Key in the store → value. */
export type Values = Readonly<Record<'LICENSE_KEY' | 'S3_SECRET_KEY' | 'DB_PASSWORD' | 'API_TOKEN', string>>;

const folder = join(import.meta.dirname, '..', '..', 'examples', 'quickstart');
/** The image that submit.yaml names, for people who have a registry. */
const publicImage = 'apache/spark:4.0.1';

/** Values that are in no other place of the world, so that a search for them means something. */
export function randomValues(): Values {
  const value = (): string => `s3cr3t-${randomBytes(12).toString('hex')}`;
  return { LICENSE_KEY: value(), S3_SECRET_KEY: value(), DB_PASSWORD: value(), API_TOKEN: value() };
}

/** What binding.yaml gives the job: the driver and each executor. */
export function expectedOf(values: Values): Expected {
  return {
    env: {
      LICENSE_KEY: values.LICENSE_KEY,
      ORDERS_API_TOKEN: values.API_TOKEN,
      ORDERS_DB_PASSWORD: values.DB_PASSWORD,
    },
    conf: {
      'spark.hadoop.fs.s3a.secret.key': values.S3_SECRET_KEY,
      'spark.orders.jdbc.url': `jdbc:postgresql://db/orders?password=${values.DB_PASSWORD}`,
    },
  };
}

/** The platform team's part: the store with its values, and the grant. @throws CommandFailed */
export async function declareStore(cluster: Cluster, values: Values): Promise<void> {
  await apply(cluster, await example('platform.yaml'));
  const { LICENSE_KEY, S3_SECRET_KEY, ...orders } = values;
  const root = storeSecret('iomete-secret-store', { LICENSE_KEY, S3_SECRET_KEY });
  await apply(cluster, [root, storeSecret('iomete-secret-store.orders', orders)]);
}

/** The analysts' part: the binding; waits until jobs can use it. @throws CommandFailed with the binding's state */
export async function declareBinding(cluster: Cluster): Promise<void> {
  await apply(cluster, await example('analytics.yaml'));
  await apply(cluster, await example('binding.yaml'));
  const binding = ['sparkjobsecretbinding/orders', `--namespace=${QUICKSTART.jobNamespace}`];
  await cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', ...binding], { timeoutMs: 70_000 });
}

/** Starts the job by submit.yaml, with another image. */
export async function startJob(cluster: Cluster, image: string): Promise<Submission> {
  const data = { 'orders_report.py': await example('orders_report.py'), 'driver.yaml': await example('driver.yaml') };
  const metadata = { name: 'orders-report', namespace: QUICKSTART.jobNamespace };
  await apply(cluster, [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }]);
  const text = (await example('submit.yaml')).replaceAll(publicImage, image);
  return submit(cluster, parse(text) as KubeObject, 'orders-report-driver');
}

/** The text of one of the example's files. */
export function example(name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

function storeSecret(name: string, stringData: Readonly<Record<string, string>>): object {
  const labels = { 'secrets.iomete.com/store': 'iomete-secret-store' };
  const metadata = { name, namespace: QUICKSTART.storeNamespace, labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData };
}
