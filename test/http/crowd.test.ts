import { expect } from 'chai';
import { AtMost } from '../../operator/http/at-most.ts';
import { Crowd } from '../../operator/http/crowd.ts';
import { HttpProblem } from '../../operator/http/problem.ts';
import { Turns } from '../../operator/http/turns.ts';

describe('the crowd before the API', () => {
  let now = 0;
  const crowd = (): Crowd => {
    const limits = { atOnce: 4, atOnceOfOne: 3, perSecond: 1, burst: 20, bodyBytes: 100 };
    return new Crowd(limits, () => now);
  };

  /** The status that it is refused with, 0: it is not. */
  function statusOf(work: () => unknown): number {
    try {
      work();
      return 0;
    } catch (error) {
      expect(error).to.be.instanceOf(HttpProblem);
      const { status, headers } = error as HttpProblem;
      expect(headers).to.deep.equal({ 'retry-after': '1' });
      return status;
    }
  }

  it('has room for so many, and for fewer of one', () => {
    const all = crowd();
    const places = ['ada', 'ada', 'ada'].map((who) => all.enter(who));
    expect(statusOf(() => all.enter('ada'))).to.equal(429);
    expect(statusOf(() => all.enter('bob'))).to.equal(0);
    expect(statusOf(() => all.enter('bob'))).to.equal(503);
    places[0]?.leave();
    places[0]?.leave();
    expect(statusOf(() => all.enter('ada'))).to.equal(0);
    expect(statusOf(() => all.enter('bob'))).to.equal(503);
  });

  it('counts who it is as soon as that is known', () => {
    const all = crowd();
    const places = ['10.0.0.1', '10.0.0.1', '10.0.0.2'].map((who) => all.enter(who));
    for (const place of places) place.belongTo('ada');
    expect(statusOf(() => all.enter('ada'))).to.equal(429);
    const another = all.enter('10.0.0.1');
    expect(
      statusOf(() => {
        another.belongTo('ada');
      }),
    ).to.equal(429);
    for (const place of [...places, another]) place.leave();
    for (const who of ['ada', '10.0.0.1', 'ada', 'ada']) expect(statusOf(() => all.enter(who))).to.equal(0);
  });

  it('takes so many a second, of all together', () => {
    const all = crowd();
    const enter = (who: string): number =>
      statusOf(() => {
        all.enter(who).leave();
      });
    const names = Array.from({ length: 21 }, (_, number) => `name ${number}`);
    expect(names.map(enter)).to.deep.equal([...Array<number>(20).fill(0), 503]);
    now += 1000;
    expect(['a', 'b'].map(enter)).to.deep.equal([0, 503]);
  });

  it('has room for so many bytes of bodies, until those who sent them leave', () => {
    const all = crowd();
    const [one, other] = [all.enter('ada'), all.enter('bob')];
    one.makeRoom(60);
    expect(
      statusOf(() => {
        other.makeRoom(60);
      }),
    ).to.equal(503);
    other.makeRoom(40);
    one.leave();
    other.makeRoom(60);
    expect(
      statusOf(() => {
        other.makeRoom(1);
      }),
    ).to.equal(503);
  });
});

describe('turns', () => {
  it('are one for each turn of the event loop, in order', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const done = Promise.withResolvers<undefined>();
    const look = (): void => {
      seen.push('loop');
      if (seen.filter((each) => each !== 'loop').length < 3) setImmediate(look);
      else done.resolve(undefined);
    };
    for (const name of ['a', 'b', 'c']) turns.do(() => seen.push(name));
    setImmediate(look);
    await done.promise;
    expect(seen).to.deep.equal(['a', 'loop', 'b', 'loop', 'c', 'loop']);
  });
});

describe('at most so much work', () => {
  it('runs at once; the rest begins in order, as soon as there is room, whatever became of the one before', async () => {
    const atMost = new AtMost(2);
    const gates = new Map(['a', 'b', 'c', 'd'].map((name) => [name, Promise.withResolvers<undefined>()]));
    const begun: string[] = [];
    const { signal } = new AbortController();
    const all = [...gates].map(([name, gate]) =>
      atMost.do(async () => {
        begun.push(name);
        await gate.promise;
        return name;
      }, signal),
    );
    const settled = Promise.allSettled(all);
    expect(begun).to.deep.equal(['a', 'b']);
    gates.get('b')?.reject(new Error('no'));
    await all[1]?.catch(() => undefined);
    await Promise.resolve();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    for (const gate of gates.values()) gate.resolve(undefined);
    expect((await settled).map(({ status }) => status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('forgets who gives up while they wait', async () => {
    const atMost = new AtMost(1);
    const gate = Promise.withResolvers<undefined>();
    const here = new AbortController();
    const first = atMost.do(() => gate.promise, here.signal);
    const gone = new AbortController();
    let ran = false;
    const second = atMost.do(() => Promise.resolve((ran = true)), gone.signal).catch((error: unknown) => error);
    gone.abort(new Error('gone'));
    expect(await second).to.include({ message: 'gone' });
    gate.resolve(undefined);
    await first;
    expect(await atMost.do(() => Promise.resolve(7), here.signal)).to.equal(7);
    expect(ran).to.equal(false);
  });
});
