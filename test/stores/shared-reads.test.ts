import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../operator/errors.ts';
import { SharedReads, type Needs, type Reading, type SharedReadsOptions } from '../../operator/stores/shared-reads.ts';
import { eventually } from '../doubles/eventually.ts';
import { group, key } from '../support/keys.ts';
import { QuietStore, StoreDouble } from '../support/store-double.ts';

describe('shared reads', () => {
  const open: SharedReads[] = [];
  let store: StoreDouble;
  let told: string[][];

  function reads(options: Partial<SharedReadsOptions> = {}, from = store): SharedReads {
    const made = new SharedReads(from, {
      refreshMs: 60_000,
      onChange: (readers) => told.push([...readers].sort()),
      ...options,
    });
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
  const allTold = () => [...new Set(told.flat())].sort();

  beforeEach(async () => {
    store = new StoreDouble();
    told = [];
    for (const where of ['a', 'b', 'g/x', 'g/y']) await store.put(where, `${where} 1`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  describe('ask the store', () => {
    it('once for each key, for a thousand readers', async () => {
      const shared = reads();
      const names = Array.from({ length: 1_000 }, (_, at) => `ns/r${at}`);
      const readings = await Promise.all(names.map((name) => shared.read(name, needs(['a', 'b', 'none']))));
      await Promise.all(names.map((name) => shared.read(name, needs(['a', 'b', 'none']))));
      expect(store.asked.flat().sort()).to.deep.equal(['a', 'b', 'none']);
      expect(texts(readings[999]!)).to.deep.equal({ a: 'a 1', b: 'b 1' });
    });

    it('at once for all keys that are wanted in one turn', async () => {
      const shared = reads();
      await Promise.all([shared.read('ns/1', needs(['a'])), shared.read('ns/2', needs(['b', 'a']))]);
      expect(store.asked).to.have.length(1);
    });

    it('not again for a key that is under way', async () => {
      const gate = Promise.withResolvers<undefined>();
      store.before = gate.promise;
      const shared = reads();
      const first = shared.read('ns/1', needs(['a']));
      await eventually(() => store.asked.length === 1);
      const second = shared.read('ns/2', needs(['a']));
      await sleep(10);
      gate.resolve(undefined);
      expect(texts(await second)).to.deep.equal(texts(await first));
      expect(store.asked).to.have.length(1);
    });

    it('once for a group, and for its keys together', async () => {
      const shared = reads();
      const readings = await Promise.all(['ns/1', 'ns/2'].map((name) => shared.read(name, needs([], ['g']))));
      expect(readings[1]!.groups.get(group('g'))).to.deep.equal(['g/x', 'g/y']);
      expect(texts(readings[1]!)).to.deep.equal({ 'g/x': 'g/x 1', 'g/y': 'g/y 1' });
      expect([store.lists, store.asked.length]).to.deep.equal([1, 1]);
    });

    it('never for a key that the reader may not have', async () => {
      const shared = reads();
      const allowed = (where: string) => where === 'g/x';
      const reading = await shared.read('ns/1', { ...needs(['a', 'g/x'], ['g']), allowed });
      expect(texts(reading)).to.deep.equal({ 'g/x': 'g/x 1' });
      expect(reading.groups.get(group('g'))).to.deep.equal(['g/x']);
      expect(store.asked.flat()).to.deep.equal(['g/x']);
      await shared.read('ns/2', needs(['a', 'g/y'], ['g']));
      expect(texts(await shared.read('ns/1', { ...needs(['a'], ['g']), allowed }))).to.deep.equal({ 'g/x': 'g/x 1' });
    });
  });

  describe('when a value changes', () => {
    it('tell the readers of that key only', async () => {
      const shared = reads();
      await shared.read('ns/a', needs(['a']));
      await shared.read('ns/b', needs(['b']));
      await shared.read('ns/g', needs([], ['g']));
      await store.put('a', 'a 2');
      await eventually(() => told.length > 0);
      await sleep(20);
      expect(allTold()).to.deep.equal(['ns/a']);
      expect(texts(await shared.read('ns/a', needs(['a'])))).to.deep.equal({ a: 'a 2' });
    });

    it('tell the readers of its group of a new key', async () => {
      const shared = reads();
      await shared.read('ns/a', needs(['a']));
      await shared.read('ns/g', needs([], ['g']));
      await store.put('g/new', 'n');
      await eventually(() => told.length > 0);
      expect(allTold()).to.deep.equal(['ns/g']);
      expect(texts(await shared.read('ns/g', needs([], ['g'])))).to.include({ 'g/new': 'n' });
    });

    it('give a reader the keys that came into its group while it waited for others of it', async () => {
      const shared = reads();
      await shared.read('ns/g', needs([], ['g']));
      const gate = Promise.withResolvers<undefined>();
      store.before = gate.promise;
      await store.put('g/z1', '1');
      await eventually(() => told.length > 0);
      const asked = store.asked.length;
      const reading = shared.read('ns/g', needs([], ['g']));
      await eventually(() => store.asked.length > asked || store.lists > 1);
      await store.put('g/z2', '2');
      await eventually(() => store.lists > 2);
      store.before = undefined;
      gate.resolve(undefined);
      const { groups, values } = await reading;
      expect(groups.get(group('g'))).to.include('g/z2');
      expect([...values.keys()].sort()).to.deep.equal(['g/x', 'g/y', 'g/z1', 'g/z2']);
    });

    it('tell those who waited for a key that it is there now, and those who had one that it is gone', async () => {
      const shared = reads();
      await shared.read('ns/1', needs(['late']));
      await store.put('late', '1');
      await eventually(() => told.length === 1);
      await store.remove(key('late'), { signal: new AbortController().signal });
      await eventually(() => told.length === 2);
      expect(texts(await shared.read('ns/1', needs(['late'])))).to.deep.equal({});
    });

    it('tell nobody when the store says the same again', async () => {
      const quiet = new QuietStore();
      await quiet.put('a', '1');
      const shared = reads({ refreshMs: 10 }, quiet);
      await shared.read('ns/1', needs(['a'], ['g']));
      await eventually(() => quiet.asked.length > 5);
      expect(told).to.deep.equal([]);
    });

    it('look by themselves at a store that does not push', async () => {
      const quiet = new QuietStore();
      await quiet.put('a', '1');
      const shared = reads({ refreshMs: 20 }, quiet);
      await shared.read('ns/1', needs(['a']));
      await quiet.put('a', '2');
      await eventually(() => told.length > 0);
      expect(texts(await shared.read('ns/1', needs(['a'])))).to.deep.equal({ a: '2' });
    });

    it('do not go back to an older value when an earlier answer comes late', async () => {
      const gate = Promise.withResolvers<undefined>();
      const shared = reads({ refreshMs: 30 });
      await shared.read('ns/1', needs(['a']));
      store.after = gate.promise;
      await eventually(() => store.asked.length === 2); // The refresh has looked, and its answer is under way.
      store.after = undefined;
      await store.put('a', 'a 2');
      await eventually(() => told.length > 0);
      gate.resolve(undefined);
      await sleep(5);
      expect(texts(await shared.read('ns/1', needs(['a'])))).to.deep.equal({ a: 'a 2' });
    });
  });

  describe('while the store fails', () => {
    const unreachable = new OperatorError('StoreUnreachable');

    it('keep the last good values, say so, and tell each reader once', async () => {
      const shared = reads({ refreshMs: 15, times: { retryMs: 15 } });
      await Promise.all(['ns/1', 'ns/2'].map((name) => shared.read(name, needs(['a', 'b'], ['g']))));
      store.failure = unreachable;
      await eventually(() => told.length > 0);
      await sleep(80);
      expect(told).to.deep.equal([['ns/1', 'ns/2']]);
      const reading = await shared.read('ns/1', needs(['a'], ['g']));
      expect(texts(reading)).to.deep.equal({ a: 'a 1', 'g/x': 'g/x 1', 'g/y': 'g/y 1' });
      expect(reading.unknown).to.deep.equal([]);
      expect(reading.failure?.error.code).to.equal('StoreUnreachable');
      expect(reading.failure?.lastGood).to.be.instanceOf(Date);
    });

    it('tell each reader once when it is over', async () => {
      const shared = reads({ refreshMs: 15, times: { retryMs: 15 } });
      await shared.read('ns/1', needs(['a']));
      store.failure = unreachable;
      await eventually(() => told.length === 1);
      store.failure = undefined;
      await eventually(() => told.length === 2);
      await sleep(60);
      expect(told).to.have.length(2);
      expect((await shared.read('ns/1', needs(['a']))).failure).to.be.undefined;
    });

    it('say of what was never read that it is unknown, and tell when it is known', async () => {
      store.failure = unreachable;
      const shared = reads({ times: { retryMs: 20 } });
      const reading = await shared.read('ns/1', needs(['a'], ['g']));
      expect(reading.unknown).to.deep.equal(['a']);
      expect(reading.groups.size).to.equal(0);
      expect(reading.failure?.lastGood).to.be.undefined;
      expect(told).to.deep.equal([]);
      store.failure = undefined;
      await eventually(() => told.length > 0);
      const after = await shared.read('ns/1', needs(['a'], ['g']));
      expect(texts(after)).to.deep.equal({ a: 'a 1', 'g/x': 'g/x 1', 'g/y': 'g/y 1' });
      expect(after.failure).to.be.undefined;
    });

    it('ask again soon, though the interval is long', async () => {
      const shared = reads({ refreshMs: 3_600_000, times: { retryMs: 20 } });
      store.failure = unreachable;
      await shared.read('ns/1', needs(['a']));
      store.failure = undefined;
      await eventually(async () => texts(await shared.read('ns/1', needs(['a'])))['a'] === 'a 1');
    });

    it('do not ask for each reader', async () => {
      store.failure = unreachable;
      const shared = reads({ times: { retryMs: 5_000 } });
      for (let at = 0; at < 100; at += 1) await shared.read(`ns/${at}`, needs(['a', `k${at}`]));
      expect(store.asked.length).to.be.at.most(1);
    });

    it('take a store that hangs for one that does not answer, in time that is bounded', async () => {
      store.before = new Promise(() => undefined);
      const shared = reads({ times: { readMs: 40 } });
      const startedAt = performance.now();
      const reading = await shared.read('ns/1', needs(['a']));
      expect(performance.now() - startedAt).to.be.at.least(30);
      expect(reading.unknown).to.deep.equal(['a']);
      expect(reading.failure?.error).to.include({ code: 'StoreUnreachable' });
    });

    it('take an error of any other kind for the same, and hide its words', async () => {
      store.before = Promise.reject(new Error('hunter2'));
      store.before.catch(() => undefined);
      const { failure } = await reads().read('ns/1', needs(['a']));
      expect(failure?.error).to.include({ code: 'StoreUnreachable' });
      expect(failure?.error.message).not.to.include('hunter2');
    });
  });

  describe('keep nothing', () => {
    it('of a reader that is forgotten', async () => {
      const quiet = new QuietStore();
      const shared = reads({ refreshMs: 15 }, quiet);
      await shared.read('ns/1', needs(['a'], ['g']));
      await eventually(() => quiet.asked.length > 1);
      shared.forget('ns/1');
      await sleep(20);
      const before = [quiet.asked.length, quiet.lists];
      await sleep(60);
      expect([quiet.asked.length, quiet.lists]).to.deep.equal(before);
      expect(told).to.deep.equal([]);
    });

    it('of a key that nobody uses any more, and everything that somebody uses', async () => {
      const quiet = new QuietStore();
      const shared = reads({ refreshMs: 20 }, quiet);
      await shared.read('ns/1', needs(['a', 'b'], ['g']));
      await shared.read('ns/2', needs(['b']));
      await shared.read('ns/1', needs(['c']));
      quiet.asked.length = 0;
      await eventually(() => quiet.asked.length > 0);
      expect([...quiet.asked[0]!].sort()).to.deep.equal(['b', 'c']);
    });

    it('running once they are closed', async () => {
      const shared = reads({ refreshMs: 10 });
      await shared.read('ns/1', needs(['a']));
      await shared.close();
      const before = store.asked.length;
      await store.put('a', 'a 2');
      await sleep(50);
      expect([store.asked.length, told]).to.deep.equal([before, []]);
      const reading = await shared.read('ns/2', needs(['b']));
      expect(reading.unknown).to.deep.equal(['b']);
      expect(reading.failure?.error.message).to.include('it was closed');
    });
  });
});
