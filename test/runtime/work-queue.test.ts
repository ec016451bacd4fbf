import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../operator/runtime/backoff.ts';
import type { Result } from '../../operator/runtime/reconciler.ts';
import { type QueueRun, WorkQueue, type WorkQueueOptions } from '../../operator/runtime/work-queue.ts';
import { eventually } from '../doubles/eventually.ts';

/** A queue that notes what it runs, and holds runs back until told. */
class Bench {
  readonly ran: string[] = [];
  readonly done: QueueRun[] = [];
  readonly queue: WorkQueue;
  atOnce = 0;
  mostAtOnce = 0;
  work: (key: string, signal: AbortSignal) => Promise<Result> = () => Promise.resolve(undefined);

  constructor(options: Partial<WorkQueueOptions> = {}) {
    this.queue = new WorkQueue({
      onDone: (run) => this.done.push(run),
      backoff: { baseMs: 10, maxMs: 40 },
      ...options,
      process: (key, signal) => this.#run(key, signal),
    });
  }

  async #run(key: string, signal: AbortSignal): Promise<Result> {
    this.ran.push(key);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      return await this.work(key, signal);
    } finally {
      this.atOnce--;
    }
  }
}

describe('work queue', () => {
  const benches: Bench[] = [];
  const bench = (options: Partial<WorkQueueOptions> = {}): Bench => {
    const made = new Bench(options);
    benches.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(benches.splice(0).map(({ queue }) => queue.stop()));
  });

  it('keeps keys until it is started', async () => {
    const { queue, ran } = bench();
    queue.add('a');
    queue.addAfter('b', 1);
    await sleep(20);
    expect(ran).to.deep.equal([]);
    expect(queue.size).to.equal(2);
    queue.start();
    await eventually(() => ran.length === 2);
  });

  it('runs a key once, however often it was added while it waited', async () => {
    const { queue, ran } = bench();
    for (let i = 0; i < 5; i++) queue.add('a');
    queue.start();
    await sleep(20);
    expect(ran).to.deep.equal(['a']);
  });

  it('runs a key once more if it was added while it ran, and never twice at a time', async () => {
    const tested = bench({ concurrency: 8 });
    tested.work = () => sleep(15, undefined);
    tested.queue.start();
    tested.queue.add('a');
    await sleep(5);
    for (let i = 0; i < 5; i++) tested.queue.add('a');
    expect(tested.queue.size).to.equal(1);
    await sleep(60);
    expect(tested.ran).to.deep.equal(['a', 'a']);
    expect(tested.mostAtOnce).to.equal(1);
  });

  it('runs no more keys at once than it may', async () => {
    const tested = bench({ concurrency: 3 });
    tested.work = () => sleep(2, undefined);
    tested.queue.start();
    for (let i = 0; i < 50; i++) tested.queue.add(`k${i}`);
    await eventually(() => tested.done.length === 50);
    expect(tested.mostAtOnce).to.equal(3);
  });

  it('takes high before low, and the first before the second', async () => {
    const { queue, ran } = bench({ concurrency: 1 });
    for (const key of ['low1', 'low2', 'low3']) queue.add(key, { priority: 'low' });
    for (const key of ['high1', 'high2']) queue.add(key, { priority: 'high' });
    queue.start();
    await eventually(() => ran.length === 5);
    expect(ran).to.deep.equal(['high1', 'high2', 'low1', 'low2', 'low3']);
  });

  it('moves a waiting key up, but never down', async () => {
    const { queue, ran } = bench({ concurrency: 1 });
    for (const key of ['a', 'b', 'c']) queue.add(key, { priority: 'low' });
    queue.add('c', { priority: 'high' });
    queue.add('c', { priority: 'low' });
    queue.start();
    await eventually(() => ran.length === 3);
    expect(ran).to.deep.equal(['c', 'a', 'b']);
  });

  it('of two times for a key holds the earlier one, whichever came first', async () => {
    const { queue, ran } = bench();
    queue.start();
    queue.addAfter('later-first', 10_000);
    queue.addAfter('later-first', 10);
    queue.addAfter('earlier-first', 10);
    queue.addAfter('earlier-first', 10_000);
    await eventually(() => ran.length === 2);
    expect(ran.toSorted()).to.deep.equal(['earlier-first', 'later-first']);
    await sleep(5);
    expect(queue.remembered).to.equal(0);
  });

  it('does not run a key again for a timer that an immediate run overtook', async () => {
    const { queue, ran } = bench();
    queue.start();
    queue.addAfter('a', 20);
    queue.add('a');
    await sleep(50);
    expect(ran).to.deep.equal(['a']);
  });

  it('runs a key when its run said, also when that is later than a timer that the run overtook', async () => {
    const tested = bench();
    tested.work = () => Promise.resolve(tested.ran.length < 2 ? { requeueAfterMs: 60 } : undefined);
    tested.queue.start();
    tested.queue.addAfter('a', 30);
    tested.queue.add('a');
    await eventually(() => tested.ran.length === 2);
  });

  it('runs a key again when its run said so', async () => {
    const tested = bench();
    tested.work = () => Promise.resolve(tested.ran.length < 3 ? { requeueAfterMs: 5 } : undefined);
    tested.queue.start();
    tested.queue.add('a');
    await eventually(() => tested.ran.length === 3);
    await sleep(20);
    expect(tested.ran).to.have.length(3);
  });

  it('waits for a time beyond what a timer can hold, and does not spin', async () => {
    const { queue, ran } = bench();
    queue.start();
    queue.addAfter('next-year', 365 * 24 * 3_600_000);
    await sleep(30);
    expect(ran).to.deep.equal([]);
  });

  it('runs a failing key again with growing pauses, and reports each error', async () => {
    const tested = bench({ backoff: { baseMs: 20, maxMs: 1_000, random: () => 1 } });
    const times: number[] = [];
    tested.work = () => {
      times.push(performance.now());
      return times.length < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve(undefined);
    };
    tested.queue.start();
    tested.queue.add('a');
    await eventually(() => times.length === 4);
    const pauses = times.slice(1).map((time, i) => time - times[i]!);
    expect(pauses[0]).to.be.at.least(18);
    expect(pauses[1]).to.be.at.least(38);
    expect(pauses[2]).to.be.at.least(78);
    await sleep(1);
    expect(tested.done.map(({ error }) => error instanceof Error)).to.deep.equal([true, true, true, false]);
  });

  it('remembers nothing of a key after success, and starts its backoff anew', async () => {
    const tested = bench();
    tested.work = () => (tested.ran.length < 3 ? Promise.reject(new Error('no')) : Promise.resolve(undefined));
    tested.queue.start();
    tested.queue.add('a');
    await eventually(() => tested.ran.length === 3);
    await sleep(1);
    expect(tested.queue.remembered).to.equal(0);
  });

  it('goes on when an observer throws', async () => {
    const tested = bench({
      onDone: () => {
        throw new Error('metrics are down');
      },
    });
    tested.queue.start();
    tested.queue.add('a');
    tested.queue.add('b');
    await eventually(() => tested.ran.length === 2);
    await sleep(1);
    expect(tested.queue.remembered).to.equal(0);
  });

  it('on stop tells runs to end, waits for them, and runs nothing more', async () => {
    const tested = bench({ concurrency: 1 });
    let ended = false;
    tested.work = async (_, signal) => {
      await sleep(10_000, undefined, { signal }).catch(() => undefined);
      await sleep(10);
      ended = true;
      return { requeueAfterMs: 1 };
    };
    tested.queue.start();
    tested.queue.add('a');
    tested.queue.add('b');
    tested.queue.addAfter('c', 5);
    await tested.queue.stop();
    expect(ended).to.be.true;
    tested.queue.add('d');
    await sleep(20);
    expect(tested.ran).to.deep.equal(['a']);
    expect(tested.queue.remembered).to.equal(0);
  });
});

describe('backoff', () => {
  it('doubles from 200 ms to 5 minutes', () => {
    const longest = (failures: number) => backoffMs(failures, { random: () => 1 });
    expect([0, 1, 2, 10, 11, 2_000].map(longest)).to.deep.equal([200, 400, 800, 204_800, 300_000, 300_000]);
  });

  it('is spread over its upper half', () => {
    expect(backoffMs(3, { random: () => 0 })).to.equal(800);
    expect(backoffMs(3, { random: () => 0.5 })).to.equal(1_200);
  });
});
