import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../operator/errors.ts';
import { SharedReads, type Needs, type Reading, type SharedReadsOptions } from '../../operator/stores/shared-reads.ts';
import { eventually } from '../doubles/eventually.ts';
import { key } from '../support/keys.ts';
import { PingedStore } from '../support/store-double.ts';

/** A hundredth of the real ones. */
const TIMES = {
  probeMs: 20,
  lateMs: 35,
  promptMs: 20,
  againMs: 5,
  retryMs: 10,
  readMs: 80,
  requestMs: 300,
  unsteadyMs: 300,
};
const HOUR = 3_600_000;

describe('shared reads of a store that can be asked whether it answers', () => {
  const open: SharedReads[] = [];
  let store: PingedStore;
  let told: string[][];

  function reads(options: Partial<SharedReadsOptions> = {}): SharedReads {
    const made = new SharedReads(store, {
      refreshMs: HOUR,
      onChange: (readers) => told.push([...readers].sort()),
      times: TIMES,
      ...options,
    });
    open.push(made);
    return made;
  }

  const needs = (...keys: string[]): Needs => ({ keys: keys.map(key), groups: [], allowed: () => true });
  const texts = ({ values }: Reading) =>
    Object.fromEntries([...values].map(([where, { value }]) => [where, value.reveal().toString()]));
  const hang = () => {
    store.before = new Promise(() => undefined);
    store.pingAfter = () => new Promise(() => undefined);
  };
  const slow = (ms: number) => {
    store.delayMs = ms;
  };
  const mend = () => {
    store.failure = undefined;
    store.before = undefined;
    store.pingAfter = undefined;
    store.delayMs = 0;
  };

  beforeEach(async () => {
    store = new PingedStore();
    told = [];
    for (const where of ['a', 'b', 'c']) await store.put(where, `${where} 1`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  for (const [what, breaks] of [
    ['hangs', hang],
    ['fails', () => (store.failure = new OperatorError('StoreUnreachable', 'refused'))],
  ] as const)
    it(`find out that it ${what} though nothing is due for hours, and tell every reader once`, async () => {
      const shared = reads();
      const names = Array.from({ length: 1_000 }, (_, at) => `ns/r${at}`);
      await Promise.all(names.map((name) => shared.read(name, needs('a', 'b'))));
      const reads_ = store.asked.length;
      breaks();
      await eventually(() => told.length > 0);
      await sleep(150);
      expect(told.map((readers) => readers.length)).to.deep.equal([1_000]);
      const reading = await shared.read('ns/r7', needs('a', 'b'));
      expect(texts(reading)).to.deep.equal({ a: 'a 1', b: 'b 1' });
      expect(reading.failure?.error.code).to.equal('StoreUnreachable');
      expect(reading.failure?.lastGood?.getTime()).to.be.within(Date.now() - 1_000, Date.now() - 100);
      expect(store.asked.length - reads_).to.be.at.most(1);
    });

  it('say the same through the whole outage', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    hang();
    await eventually(() => told.length === 1);
    const { failure } = await shared.read('ns/1', needs('a'));
    await sleep(150);
    expect((await shared.read('ns/1', needs('a'))).failure).to.equal(failure);
    expect(told).to.have.length(1);
  });

  it('tell of another failure once it is the last word, not of each', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    store.failure = new OperatorError('StoreUnreachable', 'refused');
    await eventually(() => told.length === 1);
    for (let at = 0; at < 10; at += 1) {
      store.failure = new OperatorError('StoreUnreachable', at % 2 ? 'refused' : 'reset');
      await sleep(12);
    }
    expect(told).to.have.length(1);
    store.failure = new OperatorError('StoreUnreachable', 'sealed');
    await eventually(() => told.length === 2);
    const { failure } = await shared.read('ns/1', needs('a'));
    expect(failure?.error.message).to.include('sealed');
  });

  it('refresh everything as soon as it is back, and tell the readers', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    hang();
    await eventually(() => told.length === 1);
    await store.put('a', 'a 2');
    mend();
    await eventually(async () => texts(await shared.read('ns/1', needs('a')))['a'] === 'a 2');
    expect((await shared.read('ns/1', needs('a'))).failure).to.be.undefined;
    await eventually(() => told.length >= 2);
    expect(told.length).to.be.within(2, 3);
  });

  it('answer a new reader at once meanwhile, ask nothing for it, and tell it later', async () => {
    const shared = reads();
    hang();
    await shared.read('ns/1', needs('a'));
    const before = store.asked.length;
    const answers = Promise.all([2, 3, 4].map((at) => shared.read(`ns/${at}`, needs('b', 'c'))));
    const readings = await Promise.race([answers, sleep(1, [])]);
    expect(readings[0]!.unknown).to.deep.equal(['b', 'c']);
    expect(readings[0]!.failure?.error.code).to.equal('StoreUnreachable');
    expect(store.asked.length - before).to.be.at.most(1);
    mend();
    await eventually(() => told.flat().includes('ns/4'));
    await eventually(async () => texts(await shared.read('ns/4', needs('b')))['b'] === 'b 1');
  });

  it('let go of a reader that waits when the store begins to hang', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    hang();
    const { unknown, failure } = await shared.read('ns/2', needs('b'));
    expect(unknown).to.deep.equal(['b']);
    expect(failure?.error.message).to.include('no answer in time');
  });

  it('tell nobody of one request that failed', async () => {
    const shared = reads({ refreshMs: 20 });
    await shared.read('ns/1', needs('a'));
    for (let at = 0; at < 5; at += 1) {
      store.failure = new OperatorError('StoreUnreachable', '503');
      const before = store.asked.length + store.pings;
      await eventually(() => store.asked.length + store.pings > before);
      store.failure = undefined;
      await sleep(30);
    }
    expect(told).to.deep.equal([]);
    expect((await shared.read('ns/1', needs('a'))).failure).to.be.undefined;
  });

  it('take what a slow store says, late as it is, and do not come and go', async () => {
    const shared = reads({ refreshMs: 100 });
    await shared.read('ns/1', needs('a'));
    slow(50);
    await eventually(() => told.length === 1);
    await store.put('a', 'a 2');
    await eventually(async () => texts(await shared.read('ns/1', needs('a')))['a'] === 'a 2');
    await shared.read('ns/2', needs('b'));
    await eventually(async () => texts(await shared.read('ns/2', needs('b')))['b'] === 'b 1');
    const { failure } = await shared.read('ns/1', needs('a'));
    expect(failure?.error.message).to.include('no answer in time');
    await sleep(300);
    const again = await shared.read('ns/1', needs('a'));
    expect(again.failure).to.equal(failure);
    expect(told.length).to.be.at.most(3);
    mend();
    await eventually(async () => (await shared.read('ns/1', needs('a'))).failure === undefined);
  });

  it('do not take a store for well that answers but reads nothing', async () => {
    const shared = reads({ refreshMs: 30 });
    await shared.read('ns/1', needs('a'));
    store.before = Promise.reject(new OperatorError('StoreUnreachable', 'no storage'));
    store.before.catch(() => undefined);
    await eventually(() => told.length === 1);
    await sleep(150);
    expect(told).to.have.length(1);
    expect((await shared.read('ns/1', needs('a'))).failure?.error.message).to.include('no storage');
  });

  it('want the more answers in a row of a store, the more often it comes and goes', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    for (let at = 0; at < 40; at += 1) {
      store.failure = at % 2 ? undefined : new OperatorError('StoreUnreachable', '503');
      await sleep(17);
    }
    expect(told.length).to.be.at.most(7);
  });

  it('leave it alone for as long as it asks', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    store.failure = new OperatorError('StoreUnreachable', '429', { retryAfterMs: 150 });
    await eventually(() => told.length === 1);
    const before = store.pings + store.asked.length;
    await sleep(100);
    expect(store.pings + store.asked.length).to.equal(before);
    store.failure = undefined;
    await eventually(() => told.length === 2);
  });

  it('send no ping while reads succeed', async () => {
    const shared = reads({ refreshMs: 15 });
    await shared.read('ns/1', needs('a'));
    await sleep(30);
    const before = store.pings;
    await sleep(200);
    expect(store.pings - before).to.be.at.most(2);
  });

  it('ask at most once at a time how it is, and do not wait for it while it hangs', async () => {
    let checks = 0;
    const check = store.check.bind(store);
    store.check = async (signal) => {
      checks += 1;
      await store.before;
      return check(signal);
    };
    const shared = reads();
    hang();
    store.pingAfter = () => new Promise(() => undefined);
    const errors = await Promise.allSettled([shared.check(), shared.check()]);
    expect(errors.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(checks).to.equal(1);
    mend();
    store.check = check;
    await eventually(() => shared.failure === undefined);
    await sleep(300);
    expect((await shared.check()).ready).to.be.true;
  });

  it('have news when the store begins to fail, and when that is over', async () => {
    let news = 0;
    const shared = reads({ onNews: () => (news += 1) });
    await shared.read('ns/1', needs('a'));
    store.failure = new OperatorError('StoreUnreachable', '503');
    await eventually(() => shared.failure !== undefined);
    expect(news).to.equal(1);
    store.failure = undefined;
    await eventually(() => shared.failure === undefined);
    expect(news).to.equal(2);
  });

  it('is not failing because its check is: a Secret that its spec names is missing', async () => {
    const shared = reads();
    await shared.read('ns/1', needs('a'));
    store.check = () => Promise.reject(new OperatorError('CredentialsMissing', 'create Secret token'));
    store.ping = () => Promise.resolve();
    const error = await shared.check().catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'CredentialsMissing' });
    await sleep(60);
    expect([told, (await shared.read('ns/1', needs('a'))).failure]).to.deep.equal([[], undefined]);
  });
});
