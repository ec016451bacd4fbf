import { randomBytes } from 'node:crypto';
import { type Cluster, openCluster } from '../deploy/local/cluster.ts';
import { ensurePackages, onPath } from '../deploy/local/packages.ts';
import { runChecks } from './checks.ts';
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
for (const name of wanted) if (!known.includes(name)) throw new Error(`there is no stage ${name}: ${known.join(', ')}`);
const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name);

const stages = STAGES.filter(({ name }) => isWanted(name));
const needsCluster = stages.some((stage) => stage.needsCluster);
/** Whether something runs beside the stages that need a cluster. */
const isShared = needsCluster && stages.some(({ besideNext }) => besideNext);

if (!isShared) await check();
if (wanted.size !== 1 || !wanted.has('check')) await ensurePackages(PACKAGES);
if (needsCluster) await withClusters(stages);
else for (const stage of stages) await runStage(stage, {});

for (const failure of failures) console.log(`\n${failure}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Clusters for all stages, gone afterwards. */
async function withClusters(all: readonly Stage[]): Promise<void> {
  const id = randomBytes(3).toString('hex');
  const clusters: Cluster[] = [];
  const down = (): Promise<unknown> => Promise.all(clusters.map((cluster) => cluster.down()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void down().finally(() => process.exit(1)));
  for (let at = 1; at <= CLUSTERS; at += 1) clusters.push(await openCluster({ name: `test-${id}-${at}` }));
  const env = { TEST_CLUSTER: clusters.map(({ name }) => name).join() };
  const beside: Promise<void>[] = [];
  try {
    for (const stage of all) {
      const isBeside = stage.besideNext === true && stage !== all.at(-1);
      const first = isBeside ? check() : Promise.resolve();
      const running = first.then(() => runStage(stage, { env: stage.needsCluster ? env : {}, held: isBeside }));
      if (isBeside) beside.push(running);
      else await Promise.all([running, ...beside.splice(0)]);
    }
  } finally {
    await down();
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
  const counts = { passing: 0, failing: 0 };
  let epilogue = '';
  const ok = await runStep('mocha', ['--no-color', '--forbid-only', ...parallel, ...ignore, ...stage.specs], {
    ...how,
    limitMs: stage.minutes * 60_000,
    onOutput: (text) => {
      // mocha's epilogue: "  12 passing (3s)", "  1 failing".
      for (const [, count, what] of text.matchAll(/^ +(\d+) (passing|failing)\b/gm)) {
        if (what === 'passing' || what === 'failing') counts[what] += Number(count);
      }
      if (counts.failing > 0) epilogue += text;
    },
  });
  total.passed += counts.passing;
  if (epilogue !== '') failures.push(`${stage.name}: ${epilogue.slice(epilogue.search(/^ +\d+ failing\b/m)).trim()}`);
  // A run that ended badly without a failing test (a crash, no test found, the time limit) is a failure too.
  const silent = !ok && counts.failing === 0;
  total.failed += counts.failing + (silent || counts.passing + counts.failing === 0 ? 1 : 0);
}
