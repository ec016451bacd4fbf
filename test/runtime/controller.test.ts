import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, type ControllerRun } from '../../operator/runtime/controller.ts';
import {
  type Request,
  requestFromKey,
  requestKey,
  type Result,
  TerminalError,
} from '../../operator/runtime/reconciler.ts';
import { eventually } from '../doubles/eventually.ts';

interface Reported {
  readonly request: Request;
  readonly message: string;
  readonly retry: boolean;
}

describe('controller', () => {
  const request = { namespace: 'analytics', name: 'orders' };
  let seen: Request[];
  let errors: Reported[];
  let runs: ControllerRun[];
  let outcome: (signal: AbortSignal) => Promise<Result>;
  let controller: Controller;

  beforeEach(() => {
    [seen, errors, runs] = [[], [], []];
    outcome = () => Promise.resolve(undefined);
    controller = new Controller({
      name: 'bindings',
      reconciler: {
        reconcile: (asked, signal) => {
          seen.push(asked);
          return outcome(signal);
        },
      },
      backoff: { baseMs: 5, maxMs: 10 },
      onError: (about, error, retry) => errors.push({ request: about, message: (error as Error).message, retry }),
      onDone: (run) => runs.push(run),
    });
  });
  afterEach(() => controller.stop());

  it('runs nothing before start, and everything asked for until then afterwards', async () => {
    controller.enqueue(request);
    controller.enqueue({ namespace: '', name: 'cluster-wide' });
    await sleep(20);
    expect(seen).to.deep.equal([]);
    expect(controller.size).to.equal(2);
    controller.start();
    await eventually(() => runs.length === 2);
    expect(seen).to.deep.equal([request, { namespace: '', name: 'cluster-wide' }]);
  });

  it('tries a failure again until it succeeds', async () => {
    outcome = () => (seen.length < 3 ? Promise.reject(new Error('store is down')) : Promise.resolve(undefined));
    controller.start();
    controller.enqueue(request);
    await eventually(() => seen.length === 3);
    const failed = { request, message: 'store is down', retry: true };
    expect(errors).to.deep.equal([failed, failed]);
  });

  it('reports a terminal error and does not try it again', async () => {
    outcome = () => Promise.reject(new TerminalError('no such template'));
    controller.start();
    controller.enqueue(request);
    await eventually(() => errors.length === 1);
    await sleep(40);
    expect(seen).to.have.length(1);
    expect(errors).to.deep.equal([{ request, message: 'no such template', retry: false }]);
    expect(runs[0]?.error).to.be.instanceOf(TerminalError);
  });

  it('tells of each run which request it was for, how long it took, and why it failed', async () => {
    outcome = async () => {
      await sleep(20);
      if (seen.length === 1) throw new Error('store is down');
      return undefined;
    };
    controller.start();
    controller.enqueue(request);
    await eventually(() => runs.length === 2);
    expect(runs.map((run) => [run.request, (run.error as Error | undefined)?.message])).to.deep.equal([
      [request, 'store is down'],
      [request, undefined],
    ]);
    for (const { ms } of runs) expect(ms).to.be.within(10, 10_000);
  });

  it('looks again after the time that the reconciler asked for', async () => {
    outcome = () => Promise.resolve(seen.length < 2 ? { requeueAfterMs: 10 } : undefined);
    controller.start();
    controller.enqueue(request);
    await eventually(() => seen.length === 2);
  });

  it('aborts what runs on stop, and does not report that as an error', async () => {
    outcome = (signal) => sleep(10_000, undefined, { signal });
    controller.start();
    controller.enqueue(request);
    await eventually(() => controller.running === 1);
    await controller.stop();
    expect(controller.running).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('runs no more at once than it may', async () => {
    const one = new Controller({
      name: 'one at a time',
      reconciler: {
        reconcile: async () => {
          most = Math.max(most, one.running);
          await sleep(5);
          return undefined;
        },
      },
      concurrency: 1,
      onDone: (run) => runs.push(run),
    });
    let most = 0;
    for (const name of ['a', 'b', 'c']) one.enqueue({ ...request, name });
    one.start();
    await eventually(() => runs.length === 3);
    await one.stop();
    expect(most).to.be.at.most(1);
  });

  it('turns a request into a key and back', () => {
    for (const each of [request, { namespace: '', name: 'node-1' }]) {
      expect(requestFromKey(requestKey(each))).to.deep.equal(each);
    }
  });
});
