import { expect } from 'chai';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../operator/errors.ts';
import { SharedReads, type Needs, type Reading, type SharedReadsOptions } from '../../operator/stores/shared-reads.ts';
import { eventually } from '../doubles/eventually.ts';
import { group, key } from '../support/keys.ts';
import { PingedStore } from '../support/store-double.ts';

const refused = new OperatorError('KeyRefused', 'policy');

describe('shared reads, key by key', () => {
  const open: SharedReads[] = [];
  let store: PingedStore;
  let told: string[];

  function reads(options: Partial<SharedReadsOptions> = {}): SharedReads {
    const made = new SharedReads(store, { refreshMs: 20, onChange: (readers) => told.push(...readers), ...options });
    open.push(made);
    return made;
  }

  const needs = (keys: readonly string[], groups: readonly string[] = []): Needs => ({
    keys: keys.map(key),
    groups: groups.map(group),
    allowed: () => true,
  });
  const texts = ({ values }: Reading) =>
    Object.fromEntries([...values].map(([where, { value }]) => [where, value.reveal().toString()]));

  beforeEach(async () => {
    store = new PingedStore();
    told = [];
    for (const where of ['a', 'b', 'g/x']) await store.put(where, `${where} 1`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  it('say of a refused key that it failed, and give the others', async () => {
    store.refused.set('a', refused);
    const reading = await reads().read('ns/1', needs(['a', 'b', 'none']));
    expect(texts(reading)).to.deep.equal({ b: 'b 1' });
    expect([...reading.failed]).to.deep.equal([['a', refused]]);
    expect([reading.unknown, reading.failure]).to.deep.equal([[], undefined]);
  });

  it('keep the last good value of a key that is refused or unreadable later, and tell its readers once', async () => {
    const shared = reads();
    await shared.read('ns/1', needs(['a', 'b']));
    await shared.read('ns/2', needs(['b']));
    for (const [at, error] of [refused, new OperatorError('ValueUnreadable')].entries()) {
      store.refused.set('a', error);
      await eventually(() => told.length === at + 1);
      await sleep(80);
      const reading = await shared.read('ns/1', needs(['a', 'b']));
      expect(texts(reading)).to.deep.equal({ a: 'a 1', b: 'b 1' });
      expect(reading.failed.get(key('a'))?.code).to.equal(error.code);
    }
    store.refused.clear();
    await eventually(() => told.length === 3);
    expect((await shared.read('ns/1', needs(['a']))).failed.size).to.equal(0);
    expect(new Set(told)).to.deep.equal(new Set(['ns/1']));
    expect(shared.failure).to.be.undefined;
  });

  it('treat a group that may not be listed in the same way', async () => {
    const shared = reads();
    store.refused.set('g/', refused);
    const first = await shared.read('ns/1', needs(['a'], ['g']));
    expect([first.groups.size, first.failedGroups.get(group('g')), first.failure]).to.deep.equal([
      0,
      refused,
      undefined,
    ]);
    store.refused.clear();
    await eventually(() => told.length > 0);
    expect(texts(await shared.read('ns/1', needs(['a'], ['g'])))).to.deep.equal({ a: 'a 1', 'g/x': 'g/x 1' });
    store.refused.set('g/', refused);
    told.length = 0;
    await eventually(() => told.length > 0);
    const last = await shared.read('ns/1', needs(['a'], ['g']));
    expect(texts(last)).to.deep.equal({ a: 'a 1', 'g/x': 'g/x 1' });
    expect([last.failedGroups.size, last.failure]).to.deep.equal([1, undefined]);
  });

  it('do not ask for a refused key at each read', async () => {
    store.refused.set('a', refused);
    const shared = reads({ refreshMs: 60_000 });
    for (let at = 0; at < 10; at += 1) await shared.read(`ns/${at}`, needs(['a']));
    expect(store.asked).to.have.length(1);
  });

  for (const where of ['a', 'g/'])
    it(`ask again for ${where} that is refused within half a minute, though the interval is long`, async () => {
      mock.timers.enable({ apis: ['setTimeout'] });
      try {
        store.refused.set(where, refused);
        await reads({ refreshMs: 3_600_000 }).read('ns/1', needs(['a'], ['g']));
        store.refused.clear();
        mock.timers.tick(30_000);
      } finally {
        mock.timers.reset();
      }
      await eventually(() => told.length > 0);
      expect(new Set(told)).to.deep.equal(new Set(['ns/1']));
    });

  it('say why a key was not read, also beside one that was', async () => {
    const shared = reads({ refreshMs: 60_000 });
    await shared.read('ns/1', needs(['a']));
    store.before = Promise.reject(new OperatorError('StoreUnreachable', '503'));
    store.before.catch(() => undefined);
    const { unknown, failure } = await shared.read('ns/1', needs(['a', 'b']));
    expect([unknown, shared.failure]).to.deep.equal([['b'], undefined]);
    expect(failure?.error.message).to.include('503');
  });

  it('read all that readers wait for once the store answers, not only what it failed last', async () => {
    const shared = reads({ refreshMs: 60_000, times: { againMs: 100 } });
    store.before = Promise.reject(new OperatorError('StoreUnreachable', '503'));
    store.before.catch(() => undefined);
    await shared.read('ns/1', needs(['a']));
    await shared.read('ns/2', needs(['b']));
    store.before = undefined;
    await eventually(() => told.includes('ns/1') && told.includes('ns/2'));
    expect(shared.failure).to.be.undefined;
  });

  it('do not ask a slow store again for what they still wait for', async () => {
    const shared = reads({ refreshMs: 10 });
    await shared.read('ns/1', needs(['a']));
    const gate = Promise.withResolvers<undefined>();
    store.before = gate.promise;
    await eventually(() => store.asked.length === 2);
    await sleep(100);
    expect(store.asked).to.have.length(2);
    gate.resolve(undefined);
  });

  it('read many keys in pieces, those of a refresh in the background', async () => {
    const names = Array.from({ length: 230 }, (_, at) => `k${at}`);
    const shared = reads({ refreshMs: 60, pieceSize: 50 });
    await shared.read('ns/1', needs(names));
    expect(store.asked.map(({ length }) => length)).to.deep.equal([50, 50, 50, 50, 30]);
    expect(store.background).to.deep.equal([false, false, false, false, false]);
    await eventually(() => store.asked.length === 10);
    expect(store.background.slice(5)).to.deep.equal([true, true, true, true, true]);
    expect(store.asked.flat().sort()).to.deep.equal([...names, ...names].sort());
  });

  it('read what a new reader waits for while a refresh is under way', async () => {
    const shared = reads({ refreshMs: 30 });
    await shared.read('ns/1', needs(['a']));
    const gate = Promise.withResolvers<undefined>();
    store.before = gate.promise;
    await eventually(() => store.asked.length === 2);
    store.before = undefined;
    expect(texts(await shared.read('ns/2', needs(['b'])))).to.deep.equal({ b: 'b 1' });
    expect(store.background.at(-1)).to.be.false;
    gate.resolve(undefined);
  });

  it('leave what was read just now for half the interval, then spread refreshes over it, each key once', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `k${at}`);
    const shared = reads({ refreshMs: 2_000 });
    await shared.read('ns/1', needs(names));
    store.asked.length = 0;
    await sleep(950);
    expect(store.asked).to.deep.equal([]);
    await eventually(() => store.asked.length === 1);
    expect(new Set(store.asked.flat()).size).to.equal(40);
    store.asked.length = 0;
    await sleep(2_150);
    expect(store.asked.map(({ length }) => length)).to.deep.equal([20, 20]);
    expect(new Set(store.asked.flat()).size).to.equal(40);
    expect(told).to.deep.equal([]);
  });

  it('tell the readers of a value within the interval, however many others there are', async () => {
    const shared = reads({ refreshMs: 100 });
    const names = Array.from({ length: 200 }, (_, at) => `k${at}`);
    for (let at = 0; at < 1_000; at += 1) await shared.read(`ns/r${at}`, needs([names[at % 200]!]));
    await store.put('k7', 'new');
    await eventually(() => told.length === 5);
    expect(told.toSorted()).to.deep.equal(['ns/r207', 'ns/r407', 'ns/r607', 'ns/r7', 'ns/r807']);
  });
});
