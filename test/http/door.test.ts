import { expect } from 'chai';
import type { Caller } from '../../operator/http/callers.ts';
import { Door } from '../../operator/http/door.ts';
import { HttpProblem } from '../../operator/http/problem.ts';

const { signal } = new AbortController();
const POD = { 'authentication.kubernetes.io/pod-name': ['etl'] };

describe('the door of the API', () => {
  let good: Map<string, Caller>;
  let asked: number;
  let now: number;
  let door: Door;

  beforeEach(() => {
    good = new Map(['ada', 'bob'].map((name) => [name, { username: name }]));
    asked = 0;
    now = 0;
    door = new Door({
      callers: {
        authenticate: (header = '') => {
          asked += 1;
          const caller = good.get(header);
          return caller ? Promise.resolve(caller) : Promise.reject(new HttpProblem(401, 'unknown'));
        },
      },
      rate: { perSecond: 0.001, burst: 3 },
      nameless: { perSecond: 0.001, burst: 100 },
      now: () => now,
    });
  });

  /** Who is let in, or the status of the refusal. */
  async function knock(header: string | undefined, address = '10.0.0.1'): Promise<string | number> {
    try {
      return (await door.enter(door.knock({ header, address }), () => undefined, signal)).username;
    } catch (error) {
      if (error instanceof HttpProblem) return error.status;
      throw error;
    }
  }

  it('believes for 5 seconds that a token is good, and then asks anew', async () => {
    expect([await knock('ada'), await knock('ada')]).to.deep.equal(['ada', 'ada']);
    expect(asked).to.equal(1);
    good.delete('ada');
    now += 4_999;
    expect(await knock('ada')).to.equal('ada');
    good.set('bob', { username: 'bob' });
    await knock('bob');
    good.delete('bob');
    now += 5_000;
    expect(await knock('bob')).to.equal(401);
    expect(asked).to.equal(3);
  });

  it('knows a token again, however its header is written', async () => {
    good.set('Bearer good.token', { username: 'ada' });
    for (const header of ['Bearer good.token', 'bearer good.token', 'BEARER    good.token'])
      expect(await knock(header)).to.equal('ada');
    expect(asked).to.equal(1);
    expect(await knock('Bearer good.token')).to.equal(429);
  });

  it('never believes that a token is not good', async () => {
    expect(await knock('eve')).to.equal(401);
    good.set('eve', { username: 'eve' });
    expect(await knock('eve')).to.equal('eve');
  });

  it('sends away who comes too often without asking the API server, and nobody else', async () => {
    for (let time = 0; time < 3; time += 1) expect(await knock('ada')).to.equal('ada');
    now += 6_000;
    expect(await knock('ada')).to.equal(429);
    expect(asked).to.equal(1);
    expect(await knock('bob')).to.equal('bob');
  });

  it('counts each pod by itself, though all are one user', async () => {
    const pod = (uid: string): Caller => {
      const extra = { ...POD, 'authentication.kubernetes.io/pod-uid': [uid] };
      return { username: 'system:serviceaccount:analytics:spark', extra };
    };
    good.set('one', pod('1')).set('two', pod('2'));
    for (let time = 0; time < 3; time += 1) await knock('one');
    expect([await knock('one'), await knock('two')]).to.deep.equal([429, good.get('two')?.username]);
  });

  it('counts a user’s tokens together', async () => {
    good.set('another of ada', { username: 'ada' });
    for (const token of ['ada', 'another of ada', 'ada']) expect(await knock(token)).to.equal('ada');
    expect([await knock('another of ada'), await knock('ada')]).to.deep.equal([429, 429]);
  });

  it('makes who sent much wait for it afterwards', async () => {
    await knock('ada');
    door.charge({ username: 'ada' }, 10);
    expect(await knock('ada')).to.equal(429);
    now += 8_000_000;
    expect(await knock('ada')).to.equal(429);
    now += 2_000_000;
    expect(await knock('ada')).to.equal('ada');
  });

  it('asks about strangers of one address only so often, and lets in who was let in before', async () => {
    await knock('ada');
    let refused = 0;
    for (let number = 0; number < 200; number += 1) if ((await knock(`eve-${number}`)) === 429) refused += 1;
    expect(refused).to.equal(150);
    expect(await knock('ada')).to.equal('ada');
    expect(await knock('bob')).to.equal(429);
    expect(await knock('bob', '10.0.0.2')).to.equal('bob');
  });

  it('counts a token that is no longer good among the strangers', async () => {
    await knock('ada');
    good.delete('ada');
    now += 5_000;
    const statuses = new Set<string | number>();
    for (let number = 0; number < 60; number += 1) statuses.add(await knock('ada'));
    expect([...statuses]).to.deep.equal([401, 429]);
  });

  it('counts who has no token by the address, and holds it against nobody else there', async () => {
    const statuses: (string | number)[] = [];
    for (let number = 0; number < 101; number += 1) statuses.push(await knock(undefined));
    expect(statuses.indexOf(429)).to.equal(100);
    expect(await knock(undefined, '10.0.0.2')).to.equal(401);
    expect(await knock('bob')).to.equal('bob');
  });
});
