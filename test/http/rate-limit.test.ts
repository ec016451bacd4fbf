import { expect } from 'chai';
import { RateLimit } from '../../operator/http/rate-limit.ts';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { ordersWorld } from './api-world.ts';

describe('the limit of requests', () => {
  let now = 0;
  const limit = (): RateLimit => new RateLimit({ perSecond: 2, burst: 3 }, () => now);

  it('lets a caller do a burst at once, then so many a second', () => {
    const each = limit();
    expect([1, 2, 3, 4].map(() => each.take('ada'))).to.deep.equal([undefined, undefined, undefined, 1]);
    now += 499;
    expect(each.take('ada')).to.equal(1);
    now += 1;
    expect([1, 2].map(() => each.take('ada'))).to.deep.equal([undefined, 1]);
    now += 60_000;
    expect([1, 2, 3, 4].map(() => each.take('ada'))).to.deep.equal([undefined, undefined, undefined, 1]);
  });

  it('counts each caller apart, and remembers no more than 10,000', () => {
    const each = limit();
    for (let time = 0; time < 3; time += 1) each.take('ada');
    expect(each.take('bob')).to.equal(undefined);
    for (let number = 0; number < 10_000; number += 1) each.take(`caller ${number}`);
    expect(each.take('ada')).to.equal(undefined);
  });

  it('answers 429 with a time to come back, to the one who is too fast, and audits nothing of it', async () => {
    const world = await ordersWorld(await createAuthority(new Date()), { perSecond: 1, burst: 3 });
    try {
      const path = '/api/v1/namespaces/platform/stores/default/values/ROOT';
      const statuses: number[] = [];
      for (let time = 0; time < 5; time += 1) statuses.push((await world.call(path)).status);
      expect(statuses.slice(0, 3)).to.deep.equal([200, 200, 200]);
      expect(statuses.at(-1)).to.equal(429);
      expect((await world.call(path, { as: 'viewer' })).status).to.equal(403);
      expect(world.audited.map(({ result }) => result)).not.to.include('429');
    } finally {
      await world.stop();
    }
  });
});
