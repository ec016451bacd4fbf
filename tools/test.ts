import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, openCluster } from '../deploy/local/cluster.ts';
import { ensurePackages, onPath } from '../deploy/local/packages.ts';
import { runChecks } from './checks.ts';
import { type Outcome, OUTCOME_FILE } from './counting-reporter.ts';
import { runStep, type StepOptions } from './run-step.ts';

// npm test [-- check | unit | integration | e2e …]: all stages, or only the named ones.

interface Stage {
  readonly name: string;
  readonly specs: readonly string[];
  readonly ignore?: readonly string[];
  /** Of these files each needs its cluster for itself: they count what the operator does, stop it, or measure. */
  readonly alone?: readonly string[];
  readonly needsCluster: boolean;
  /** It runs, after the checks, beside the stage after it, which mostly waits; what it prints comes at its end. */
  readonly besideNext?: true;
  /** How many files run at once: most of a test's time is waiting. Two that run at once have a cluster each. */
  readonly atOnce: number;
  /** Longest time for the whole stage, in minutes. */
  readonly minutes: number;
}

const STAGES: readonly Stage[] = [
  {
    name: 'unit',
    specs: ['test/**/*.test.ts'],
    ignore: ['test/integration/**', 'test/e2e/**'],
    needsCluster: false,
    besideNext: true,
    atOnce: 2,
    minutes: 20,
  },
  { name: 'integration', specs: ['test/integration/**/*.test.ts'], needsCluster: true, atOnce: 2, minutes: 20 },
  {
    name: 'e2e',
    specs: ['test/e2e/**/*.test.ts'],
    alone: ['cluster', 'order', 'python-job', 'rollover', 'rotation-restart', 'sixty-executors', 'upgrade'].map(
      (name) => `test/e2e/${name}.test.ts`,
    ),
    needsCluster: true,
    atOnce: 2,
    minutes: 30,
  },
];

/** Each of mocha's workers has one: test/support/test-cluster.ts. */
const CLUSTERS = 2;

/** The page runs in a browser, the merge script in every shell that images have, and Java itself reads its output. */
const PACKAGES = ['chromium', 'dash', 'busybox', 'bash', ...(onPath('javac') ? [] : ['openjdk-17-jdk-headless'])];

const total = { passed: 0, failed: 0 };
/** What failed, said once more at the end: a log may be long, or cut. */
const failures: string[] = [];
const wanted = new Set(process.argv.slice(2));
const known = ['check', ...STAGES.map(({ name }) => name)];
for (const name of wanted) {
  if (known.includes(name)) continue;
  console.error(`there is no stage ${name}: ${known.join(', ')}`);
  process.exit(2);
}

try {
  await runAll(STAGES.filter(({ name }) => isWanted(name)));
} catch (error) {
  // A cluster that does not come up, for example: what it kept from running has not passed.
  total.failed += 1;
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
for (const failure of failures) console.log(`\n${failure}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

function isWanted(name: string): boolean {
  return wanted.size === 0 || wanted.has(name);
}

async function runAll(stages: readonly Stage[]): Promise<void> {
  const needsCluster = stages.some((stage) => stage.needsCluster);
  /** Whether something runs beside the stages that need a cluster. */
  const isShared = needsCluster && stages.some(({ besideNext }) => besideNext);
  if (!isShared) await check();
  if (stages.length > 0) await ensurePackages(PACKAGES);
  if (needsCluster) await withClusters(stages);
  else for (const stage of stages) await runStage(stage, {});
}

/** Clusters for all stages, gone afterwards: also when one does not come up, and when a signal ends this process. */
async function withClusters(all: readonly Stage[]): Promise<void> {
  const id = randomBytes(3).toString('hex');
  const clusters: Cluster[] = [];
  let opening: Promise<unknown> = Promise.resolve();
  let going: Promise<unknown> | undefined;
  const down = (): Promise<unknown> =>
    (going ??= Promise.allSettled([opening]).then(() => Promise.all(clusters.map((cluster) => cluster.down()))));
  const interrupt = (): void => void down().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  try {
    for (let at = 1; at <= CLUSTERS; at += 1) {
      const coming = openCluster({ name: `test-${id}-${at}` }).then((cluster) => clusters.push(cluster));
      opening = coming;
      await coming;
    }
    await runInClusters(all, clusters);
  } finally {
    await down();
  }
}

async function runInClusters(all: readonly Stage[], clusters: readonly Cluster[]): Promise<void> {
  const env = { TEST_CLUSTER: clusters.map(({ name }) => name).join() };
  const beside: Promise<void>[] = [];
  for (const stage of all) {
    const isBeside = stage.besideNext === true && stage !== all.at(-1);
    const first = isBeside ? check() : Promise.resolve();
    const running = first.then(() => runStage(stage, { env: stage.needsCluster ? env : {}, held: isBeside }));
    if (isBeside) beside.push(running);
    else await Promise.all([running, ...beside.splice(0)]);
  }
}

async function check(): Promise<void> {
  if (!isWanted('check')) return;
  console.log('\ncheck');
  const { passed, failed } = await runChecks();
  total.passed += passed;
  total.failed += failed.length;
  failures.push(...failed.map((name) => `check: ${name}`));
}

async function runStage(stage: Stage, how: Pick<StepOptions, 'env' | 'held'>): Promise<void> {
  const { alone = [], ignore = [] } = stage;
  if (alone.length > 0)
    await mocha({ ...stage, name: `${stage.name}, one for each cluster`, specs: alone, atOnce: CLUSTERS }, how);
  await mocha({ ...stage, ignore: [...ignore, ...alone] }, how);
}

async function mocha(stage: Stage, how: Pick<StepOptions, 'env' | 'held'>): Promise<void> {
  console.log(how.held === true ? `\n${stage.name}: what it says comes at its end` : `\n${stage.name}`);
  const ignore = (stage.ignore ?? []).flatMap((pattern) => ['--ignore', pattern]);
  const parallel = stage.atOnce > 1 ? ['--parallel', `--jobs=${stage.atOnce}`] : [];
  const folder = await mkdtemp(join(tmpdir(), 'spark-secrets-tests-'));
  const file = join(folder, 'outcome.json');
  const report = ['--no-color', '--reporter', './tools/counting-reporter.ts'];
  try {
    const ok = await runStep('mocha', [...report, '--forbid-only', ...parallel, ...ignore, ...stage.specs], {
      ...how,
      env: { ...how.env, [OUTCOME_FILE]: file },
      limitMs: stage.minutes * 60_000,
    });
    const text = await readFile(file, 'utf8').catch(() => undefined);
    take(stage.name, ok, text === undefined ? undefined : (JSON.parse(text) as Outcome));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Undefined: mocha did not get to its end. That, and an end without a test, is a failure as well. */
function take(stage: string, ok: boolean, outcome: Outcome | undefined): void {
  const { passed, failures: failed } = outcome ?? { passed: 0, failures: [] };
  const isUntold = failed.length === 0 && (!ok || passed === 0);
  const told = isUntold ? ['mocha did not end well, or found no test: see above'] : failed;
  total.passed += passed;
  total.failed += told.length;
  failures.push(...told.map((failure) => `${stage}: ${failure}`));
}
