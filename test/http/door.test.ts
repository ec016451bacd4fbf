import { expect } from 'chai';
import type { Caller } from '../../operator/http/callers.ts';
import { Door } from '../../operator/http/door.ts';
import { HttpProblem } from '../../operator/http/problem.ts';

const { signal } = new AbortController();

describe('the door of the API', () => {
  let good: Set<string>;
  let asked: number;
  let door: Door;

  beforeEach(() => {
    good = new Set(['ada', 'bob']);
    asked = 0;
    door = new Door({
      callers: {
        authenticate: (header = '') => {
          asked += 1;
          return good.has(header)
            ? Promise.resolve({ username: header })
            : Promise.reject(new HttpProblem(401, 'unknown'));
        },
      },
      rate: { perSecond: 0.001, burst: 3 },
    });
  });

  /** Who is let in, or the status of the refusal. */
  async function knock(header: string | undefined, address = '10.0.0.1'): Promise<string | number> {
    const limitBy = ({ username }: Caller): string => `of ${username}`;
    try {
      const visitor = door.knock({ header, address, limitBy });
      return (await door.enter(visitor, () => undefined, signal)).username;
    } catch (error) {
      if (error instanceof HttpProblem) return error.status;
      throw error;
    }
  }

  it('asks anew each time whether a token is good', async () => {
    expect(await knock('ada')).to.equal('ada');
    good.delete('ada');
    expect(await knock('ada')).to.equal(401);
    expect(asked).to.equal(2);
  });

  it('sends away who comes too often without asking the API server', async () => {
    for (let time = 0; time < 3; time += 1) expect(await knock('ada')).to.equal('ada');
    expect(await knock('ada')).to.equal(429);
    expect(asked).to.equal(3);
    expect(await knock('bob')).to.equal('bob');
  });

  it('asks about strangers of one address only so often, and lets in who was let in before', async () => {
    await knock('ada');
    let refused = 0;
    for (let number = 0; number < 200; number += 1) if ((await knock(`eve-${number}`)) === 429) refused += 1;
    expect(refused).to.be.within(140, 150);
    expect(await knock('ada')).to.equal('ada');
    expect(await knock('bob')).to.equal(429);
    expect(await knock('bob', '10.0.0.2')).to.equal('bob');
  });

  it('does not hold it against an address that somebody comes without a token', async () => {
    for (let number = 0; number < 200; number += 1) expect(await knock(undefined)).to.equal(401);
    expect(await knock('bob')).to.equal('bob');
  });
});
