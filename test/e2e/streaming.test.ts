import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getAll, getOne, type KubeObject, type Pod } from '../../tools/spark/kube.ts';
import { shortDigest } from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER, ended, logs, type Outcome, release, type Submission } from '../../tools/spark/submit.ts';
import { canary } from './support/canary.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';
import { program } from './support/program.ts';
import { secondsUntilRotated } from './support/rotation.ts';

/** A line of test/e2e/jobs/stream.py. */
interface Batch {
  readonly id: number;
  readonly rows: readonly number[];
  readonly driver: string;
  readonly executors: Readonly<Record<string, string>>;
}

type DriverPod = Pod & { readonly status?: { readonly containerStatuses?: readonly { restartCount: number }[] } };
type Event = KubeObject & { readonly reason?: string };

const namespace = 'e2e-streaming';
const where = `--namespace=${namespace}`;
const words = { old: canary(), new: canary() };
const [old, rotated] = [shortDigest(words.old), shortDigest(words.new)];

describe('a streaming job during whose run a value changes', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let run: Submission;
  let atFirst: DriverPod | undefined;
  let changedAfter: number;
  let outcome: Outcome;
  let log: string;
  let events: readonly Event[];

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, { TOKEN: words.old }),
      binding(namespace, 'stream', {
        selector: { applications: ['stream'] },
        env: [{ name: 'TOKEN', key: 'TOKEN' }],
        rotation: { onChange: 'Keep' },
      }),
    ]);
    await readiness(cluster, namespace, 'stream');
    run = await startJob(cluster, {
      namespace,
      name: 'stream',
      image: shared.sparkImage,
      conf: { 'spark.executor.instances': '1' },
      args: [],
      ...(await program('stream.py')),
    });
    await batchesOf('1', 2);
    atFirst = await driver();
    const secret = storeSecret(namespace, { TOKEN: words.new });
    await secondsUntilRotated(cluster, { namespace, binding: 'stream', key: 'TOKEN', value: words.new, secret });
    changedAfter = parseBatches(await driverLog()).length;
    await batchesOf('1', 2, changedAfter + 1);
    const selector = '--selector=spark-role=executor,spark-exec-id=1';
    await cluster.kubectl(['delete', 'pod', selector, where, '--grace-period=1', '--wait=false']);
    await batchesOf('2', 2);
    await release(cluster, run);
    outcome = await ended(cluster, run, 60_000);
    log = await driverLog();
    events = await getAll<Event>(cluster, 'events', where);
  });
  after(() => removeNamespaces(cluster, namespace));

  const driver = () => getOne<DriverPod>(cluster, 'pod', run.driver, where);
  const driverLog = () => logs(cluster, namespace, run.driver, DRIVER_CONTAINER);

  /** Waits for so many batches that an executor read, the first `skip` batches left out. */
  async function batchesOf(executor: string, count: number, skip = 0): Promise<void> {
    await eventually(`${count} batches that executor ${executor} read`, 120_000, async () => {
      const text = await driverLog();
      const found = parseBatches(text).slice(skip);
      if (found.filter(({ executors }) => executor in executors).length >= count) return true;
      const { phase } = (await driver())?.status ?? {};
      if (phase === 'Failed' || phase === 'Succeeded') throw new Error(`the driver is ${phase}:\n${text.slice(-4000)}`);
      return undefined;
    });
  }

  it('keeps the value that it started with, on the driver and on the executor that was there', () => {
    const batches = parseBatches(log);
    expect(new Set(batches.map((batch) => batch.driver))).to.deep.equal(new Set([old]));
    const first = batches.flatMap(({ executors }, at) => ('1' in executors ? [{ at, value: executors['1'] }] : []));
    expect(first.filter(({ at }) => at > changedAfter)).to.have.length.greaterThan(1);
    expect(new Set(first.map(({ value }) => value))).to.deep.equal(new Set([old]));
  });

  it('has the new value on the executor that replaces it', () => {
    const second = parseBatches(log).flatMap(({ executors }) => executors['2'] ?? []);
    expect(second).to.have.length.greaterThan(1);
    expect(new Set(second)).to.deep.equal(new Set([rotated]));
  });

  it('loses no batch and no row, and reads none twice', () => {
    const batches = parseBatches(log);
    expect(batches.map(({ id }) => id)).to.deep.equal(batches.map((_, at) => at));
    const rows = batches.flatMap((batch) => batch.rows);
    expect(rows).to.have.length.greaterThan(20);
    expect(rows).to.deep.equal(rows.map((_, at) => at));
  });

  it('runs on as one query of one driver, which nothing restarts', async () => {
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
    const queries = log.match(/^QUERY .*$/gm) ?? [];
    expect(queries).to.have.length(1);
    expect(queries[0]).to.include('"failure": null');
    const pod = await driver();
    expect(pod?.metadata.uid).to.be.a('string').and.to.equal(atFirst?.metadata.uid);
    expect(pod?.status?.containerStatuses?.map(({ restartCount }) => restartCount)).to.deep.equal([0]);
    const reasons = events.map(({ reason }) => reason);
    expect(reasons).to.include('Started').and.not.to.include.members(['Restarting']);
  });

  it('writes none of the two values into its log', () => {
    expect(log).not.to.include(words.old).and.not.to.include(words.new);
  });
});

function parseBatches(log: string): readonly Batch[] {
  return [...log.matchAll(/^BATCH (.*)$/gm)].map(([, line = '']) => JSON.parse(line) as Batch);
}
