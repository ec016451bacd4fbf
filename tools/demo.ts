import { parseArgs } from 'node:util';
import { operatorImage } from '../deploy/image/build.ts';
import { lockFile } from '../deploy/local/cache.ts';
import { type Cluster, openCluster } from '../deploy/local/cluster.ts';
import { withLock } from '../deploy/local/lock.ts';
import { say, withProgress } from '../deploy/local/progress.ts';
import { sparkImage } from '../deploy/local/spark-image.ts';
import { diagnosis } from './spark/diagnosis.ts';
import { getAll, getOne, type KubeObject } from './spark/kube.ts';
import { LeakSearch, type Place } from './spark/leak-search.ts';
import { installOperator, OPERATOR } from './spark/operator.ts';
import { lastingPlaces, merged, runningPlaces } from './spark/places.ts';
import {
  declareBinding,
  declareStore,
  expectedOf,
  QUICKSTART,
  randomValues,
  startJob,
  type Values,
} from './spark/quickstart.ts';
import { compare, type Report } from './spark/report.ts';
import { ended, release, reports, type Submission } from './spark/submit.ts';
import { table } from './spark/table.ts';

const usage = `usage: npm run demo [-- OPTIONS]
  --context NAME          use this cluster of your kubeconfig instead of a local one
  --operator-image NAME   an image of the operator that the cluster can pull, instead of one built here
  --spark-image NAME      an image of Spark 3.4 or later with Python, instead of one built here
  --keep                  leave the example's objects on the cluster of --context
  --down                  remove the local cluster at the end`;

interface Options {
  readonly context: string | undefined;
  readonly operatorImage: string | undefined;
  readonly sparkImage: string | undefined;
  readonly keep: boolean;
  readonly down: boolean;
}

const localName = 'demo';
const { storeNamespace, jobNamespace, label } = QUICKSTART;
const namespaces = [jobNamespace, storeNamespace, OPERATOR.namespace];
/** The driver and two executors. */
const podCount = 3;

/** An image: one that the cluster can pull, or one that is built here and has to be loaded. */
interface Image {
  readonly name: string;
  readonly tar?: string;
}

interface Images {
  readonly spark: Promise<Image>;
  readonly operator: Promise<Image>;
}

/** Begins with the images while the cluster comes up: on a new machine each takes minutes, and waits for others' bytes. */
function images({ sparkImage: spark, operatorImage: operator }: Options): Images {
  const begun = {
    spark: spark === undefined ? sparkImage() : Promise.resolve({ name: spark }),
    operator: operator === undefined ? operatorImage() : Promise.resolve({ name: operator }),
  };
  // A failure is told where the image is awaited.
  for (const image of Object.values<Promise<Image>>(begun)) image.catch(() => undefined);
  return begun;
}

/** Tells the whole story on one cluster. @returns whether everything was as it must be */
async function story(cluster: Cluster, { spark, operator }: Images): Promise<boolean> {
  const image = await loaded(cluster, 'Spark', await spark);
  const operatorName = await loaded(cluster, 'the operator', await operator);
  await withProgress('Installing the operator', () => installOperator(cluster, operatorName));
  const values = randomValues();
  await withProgress('Declaring a store with four keys, and a binding for the job orders-report', async () => {
    await declareStore(cluster, values);
    await declareBinding(cluster);
  });
  console.log(await cluster.kubectl(['get', 'sparkjobsecretbindings', `--namespace=${jobNamespace}`, '--output=wide']));
  const run = await startJob(cluster, image);
  const received = await withProgress('Running spark-submit: a driver and two executors', () =>
    reports(cluster, run, { count: podCount, timeoutMs: 240_000 }),
  );
  const isDelivered = showDelivery(received, values);
  const isTight = await showSearch(cluster, run, values);
  return isDelivered && isTight;
}

async function loaded(cluster: Cluster, what: string, { name, tar }: Image): Promise<string> {
  if (tar !== undefined)
    await withProgress(`Loading the image of ${what} into the cluster`, () => cluster.loadImage(tar));
  return name;
}

function showDelivery(received: readonly Report[], values: Values): boolean {
  const rows = compare(received, expectedOf(values));
  const cells = rows.map(({ pod, what, expected, received: came, ok }) => [
    pod,
    what,
    expected,
    came,
    ok ? 'ok' : 'WRONG',
  ]);
  console.log(`\nWhat the job was given (the first 8 hex digits of each value's SHA-256):\n`);
  console.log(`${table([['pod', 'what', 'expected', 'received', ''], ...cells])}\n`);
  return new Set(rows.map(({ pod }) => pod)).size === podCount && rows.every(({ ok }) => ok);
}

async function showSearch(cluster: Cluster, run: Submission, values: Values): Promise<boolean> {
  const places = await withProgress('Searching for the values where they must not be', async () => {
    // Executors are gone when the job has ended, so there are two rounds.
    const before = [...(await runningPlaces(cluster, run)), ...(await lastingPlaces(cluster, namespaces))];
    await release(cluster, run);
    const { succeeded, output } = await ended(cluster, run, 120_000);
    if (!succeeded) throw new Error(`spark-submit failed:\n${output}`);
    return merged([...before, ...(await lastingPlaces(cluster, namespaces))]);
  });
  const search = new LeakSearch(values);
  const leaks = search.search(places);
  const secrets = await secretPlaces(cluster);
  const control = new Set(search.search(secrets).map(({ where }) => where)).size;
  console.log(
    `${places.length} places were searched for the ${Object.keys(values).length} values, in clear and in base64:\n`,
  );
  console.log(table([['kind of place', 'searched'], ...counted(places)]));
  for (const { where, value, form } of leaks) console.log(`LEAK: the value of ${value} stands ${form} in ${where}`);
  console.log(
    `\n${leaks.length} of them held a value. (The same search finds them in ${control} Secrets, where they belong.)`,
  );
  return leaks.length === 0 && control > 0;
}

async function secretPlaces(cluster: Cluster): Promise<Place[]> {
  const secrets = await Promise.all(
    [jobNamespace, storeNamespace].map((namespace) =>
      getAll<KubeObject>(cluster, 'secrets', `--namespace=${namespace}`),
    ),
  );
  return secrets.flat().map((secret) => ({ where: secret.metadata.name, text: JSON.stringify(secret) }));
}

function counted(places: readonly Place[]): string[][] {
  const kinds = Map.groupBy(places, ({ where }) => where.replace(/ (of|in)? ?\S*\/.*/, ''));
  return [...kinds].map(([kind, found]) => [kind, String(found.length)]);
}

/** Somebody's own namespaces of these names must not be touched. */
async function mustBeOurs(cluster: Cluster): Promise<void> {
  const [key = '', value = ''] = label.split('=');
  for (const name of [storeNamespace, jobNamespace]) {
    const found = await getOne<KubeObject>(cluster, 'namespace', name);
    if (found !== undefined && found.metadata.labels?.[key] !== value) {
      throw new Error(`${cluster.name} has a namespace ${name} that is not the demo's: it leaves that alone, and ends`);
    }
  }
}

async function clearUp(cluster: Cluster, options: Options): Promise<void> {
  if (options.context !== undefined && !options.keep) {
    const args = ['delete', 'namespace', storeNamespace, jobNamespace, '--ignore-not-found', '--timeout=120s'];
    await cluster.kubectl(args, { timeoutMs: 150_000 });
    say(
      `The example is gone from ${cluster.name}; the operator stays. Its removal: the head of deploy/manifests/install.yaml.`,
    );
  } else if (options.down) {
    await cluster.down();
  } else if (options.context === undefined) {
    say(`\nThe cluster stays, and the next demo is quick. To look around: export KUBECONFIG=${cluster.kubeconfig}`);
    say(`To remove it: npm run cluster -- down --name ${localName}`);
  }
}

function readOptions(words: string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: words,
    options: { context: text, 'operator-image': text, 'spark-image': text, keep: flag, down: flag },
  });
  // kubectl would take an empty one for the current one of the kubeconfig.
  const empty = Object.entries(values).find(([, value]) => value === '');
  if (empty !== undefined) throw new Error(`--${empty[0]} names nothing`);
  const { context, keep, down } = values;
  return { context, keep, down, operatorImage: values['operator-image'], sparkImage: values['spark-image'] };
}

/** @returns the exit code */
async function main(words: string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(words);
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  // Two on one cluster would take each other's objects for their own.
  return options.context === undefined ? withLock(lockFile('demo'), () => demo(options)) : demo(options);
}

/** @returns the exit code */
async function demo(options: Options): Promise<number> {
  const { context } = options;
  // A context that is wrong is told before anything is built for it.
  const existing = context === undefined ? undefined : await openCluster({ name: localName, context });
  const begun = images(options);
  const cluster = existing ?? (await openCluster({ name: localName }));
  await mustBeOurs(cluster);
  try {
    const isGood = await story(cluster, begun);
    console.log(isGood ? '\nEverything is as it must be.' : '\nThis is NOT as it must be: see above.');
    return isGood ? 0 : 1;
  } catch (error) {
    say(await diagnosis(cluster, [OPERATOR.namespace, storeNamespace, jobNamespace]));
    throw error;
  } finally {
    await clearUp(cluster, options);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`\n${(error as Error).message}`);
  process.exitCode = 1;
}
