import { say } from '../../deploy/local/progress.ts';
import { admission } from './admission.ts';
import { api } from './api.ts';
import { databaseList, kubernetesList } from './api-list.ts';
import { parseArguments, usage, type Arguments } from './arguments.ts';
import { type Bench, withBench } from './bench.ts';
import { type FigureName, figures, lineOf, type Result, resultOf, type Values } from './figures.ts';
import { idle } from './idle.ts';
import { page } from './page.ts';
import { databaseStore, kubernetesStore, vaultStore } from './stores.ts';
import { thousand } from './thousand.ts';

/** What is done together, and the figures that come of it. */
interface Scenario<On> {
  readonly run: (on: On) => Promise<Values>;
  readonly gives: readonly FigureName[];
}

const withoutCluster: readonly Scenario<void>[] = [
  { run: page, gives: ['page-first-paint', 'page-bytes', 'page-10000', 'page-10000-search'] },
];

const scenarios: readonly Scenario<Bench>[] = [
  { run: idle, gives: ['rss-idle'] },
  { run: admission, gives: ['admission-p50', 'admission-p99'] },
  {
    run: api,
    gives: [
      'api-served',
      'api-p50',
      'api-p99',
      'api-broken',
      'control-admission',
      'api-admission',
      'flood-admission',
      'api-delay',
      'api-rss',
      'api-back',
    ],
  },
  { run: kubernetesList, gives: ['kubernetes-page', 'kubernetes-all', 'kubernetes-search'] },
  { run: databaseList, gives: ['database-page', 'database-all', 'database-search'] },
  {
    run: thousand,
    gives: [
      'control-1000',
      'created-1000',
      'ready-1000',
      'one-more-p50',
      'one-more-p99',
      'rss-1000',
      'restart-writes',
      'restart-reads',
      'quiet-cpu',
    ],
  },
  {
    run: vaultStore,
    gives: [
      'vault-first-reads',
      'vault-requests',
      'vault-writes',
      'vault-cpu',
      'vault-change',
      'outage-told',
      'outage-over',
    ],
  },
  { run: databaseStore, gives: ['database-change'] },
  { run: kubernetesStore, gives: ['kubernetes-change'] },
];

async function main(options: Arguments): Promise<number> {
  const isWanted = (name: string): boolean => options.figures.length === 0 || options.figures.includes(name);
  const results: Result[] = [];
  const runAll = async <On>(all: readonly Scenario<On>[], on: On): Promise<void> => {
    for (const { run, gives } of all) {
      const values = await run(on);
      for (const name of gives.filter(isWanted)) results.push(resultOf(name, values[name] ?? Number.NaN));
    }
  };
  const wanted = <On>(all: readonly Scenario<On>[]): Scenario<On>[] => all.filter(({ gives }) => gives.some(isWanted));
  await runAll(wanted(withoutCluster), undefined);
  const onCluster = wanted(scenarios);
  if (onCluster.length > 0) await withBench(options, (bench) => runAll(onCluster, bench));
  const inOrder = figures.flatMap(({ name }) => results.filter((result) => result.name === name));
  for (const result of inOrder) console.log(options.json ? JSON.stringify(result) : lineOf(result));
  return options.strict && inOrder.some(({ ok }) => !ok) ? 1 : 0;
}

function readArguments(): Arguments | undefined {
  try {
    return parseArguments(
      process.argv.slice(2),
      figures.map(({ name }) => name),
    );
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`);
    return undefined;
  }
}

const options = readArguments();
try {
  process.exitCode = options === undefined ? 2 : await main(options);
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
// After an interruption a scenario may still wait for something: everything is removed, so it can't matter.
process.exit();
