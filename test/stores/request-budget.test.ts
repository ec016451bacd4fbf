import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestBudget } from '../../operator/stores/request-budget.ts';
import { eventually } from '../doubles/eventually.ts';
import { failureOf } from '../support/failure.ts';

describe('the budget of requests', () => {
  const { signal } = new AbortController();
  let now: number;
  let out: string[];

  const clock = () => now;
  const take = (budget: RequestBudget, name: string, background = false, until = signal) =>
    budget.take(until, background).then(() => {
      out.push(name);
    });

  beforeEach(() => {
    now = 1_000;
    out = [];
  });

  it('lets a burst go at once, and no more', async () => {
    const budget = new RequestBudget({ perSecond: 1, burst: 3 }, clock);
    const all = ['1', '2', '3', '4'].map((name) => take(budget, name));
    await Promise.all(all.slice(0, 3));
    await sleep(5);
    expect(out).to.deep.equal(['1', '2', '3']);
  });

  it('lets as many go as the seconds that passed earned, never more than a burst', async () => {
    const budget = new RequestBudget({ perSecond: 2, burst: 4 }, clock);
    for (const name of ['1', '2', '3', '4']) await take(budget, name);
    now += 1_000;
    const late = ['5', '6', '7'].map((name) => take(budget, name));
    await Promise.all(late.slice(0, 2));
    await sleep(5);
    expect(out).to.have.length(6);
    now += 3_600_000;
    const more = Array.from({ length: 6 }, (_, at) => take(budget, `m${at}`));
    await Promise.all(more.slice(0, 3));
    await sleep(5);
    // One of the four went to the one that waited.
    expect(out).to.have.length(10);
  });

  it('keeps the rate by the real clock', async () => {
    const budget = new RequestBudget({ perSecond: 100, burst: 1 });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 21 }, (_, at) => take(budget, String(at))));
    expect(performance.now() - startedAt).to.be.at.least(180);
  });

  it('lets those that somebody waits for go first, each kind in order', async () => {
    const budget = new RequestBudget({ perSecond: 200, burst: 1 });
    const all = [
      take(budget, 'first'),
      take(budget, 'refresh 1', true),
      take(budget, 'refresh 2', true),
      take(budget, 'new 1'),
      take(budget, 'new 2'),
    ];
    await Promise.all(all);
    expect(out).to.deep.equal(['first', 'new 1', 'new 2', 'refresh 1', 'refresh 2']);
  });

  it('lets nothing go while the backend asks for a pause; of two pauses the longer one holds', async () => {
    const budget = new RequestBudget({ perSecond: 1_000, burst: 10 });
    budget.pause(80);
    budget.pause(10);
    const startedAt = performance.now();
    await take(budget, '1');
    expect(performance.now() - startedAt).to.be.at.least(75);
  });

  it('heeds a pause that is asked for while others wait', async () => {
    const budget = new RequestBudget({ perSecond: 100, burst: 1 });
    await take(budget, '1');
    const startedAt = performance.now();
    const second = take(budget, '2');
    budget.pause(60);
    await second;
    expect(performance.now() - startedAt).to.be.at.least(55);
  });

  it('rejects with the reason of a signal that is aborted before or meanwhile, and spends nothing on it', async () => {
    const budget = new RequestBudget({ perSecond: 20, burst: 1 });
    const gone = new Error('gone');
    expect(await failureOf(budget.take(AbortSignal.abort(gone)))).to.equal(gone);
    await take(budget, '1');
    const abort = new AbortController();
    const given = Array.from({ length: 50 }, () => failureOf(budget.take(abort.signal)));
    const startedAt = performance.now();
    const waits = take(budget, '2');
    abort.abort(gone);
    expect(new Set(await Promise.all(given))).to.deep.equal(new Set([gone]));
    await waits;
    expect(performance.now() - startedAt).to.be.below(2_000);
  });

  it('counts what it let go', async () => {
    const budget = new RequestBudget({ perSecond: 1_000, burst: 10 });
    await Promise.all(['1', '2', '3'].map((name) => take(budget, name)));
    await failureOf(budget.take(AbortSignal.abort(new Error('gone'))));
    expect(budget.taken).to.equal(3);
    await eventually(() => out.length === 3);
  });
});
