import { expect } from 'chai';
import { RateLimit, type Rate } from '../../operator/http/rate-limit.ts';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { ordersWorld, type ApiWorld } from './api-world.ts';
import { RawClient } from './raw-client.ts';

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

  it('makes a caller wait for what they are charged afterwards, at most as long as for that', () => {
    const each = limit();
    each.charge('ada', 5);
    expect(each.wait('ada')).to.equal(2);
    now += 1_500;
    expect(each.take('ada')).to.equal(undefined);
    each.charge('ada', 0);
    expect(each.take('ada')).to.equal(1);
  });

  it('counts each caller apart, and remembers no more than 10,000', () => {
    const each = limit();
    for (let time = 0; time < 3; time += 1) each.take('ada');
    expect(each.take('bob')).to.equal(undefined);
    for (let number = 0; number < 10_000; number += 1) each.take(`caller ${number}`);
    expect(each.take('ada')).to.equal(undefined);
  });
});

const STORE = '/api/v1/namespaces/platform/stores/default';
/** As in the operator. */
const REAL = { crowd: {}, nameless: undefined };

describe('the API’s limits', () => {
  let authority: KeyPair;
  let world: ApiWorld;

  before(async () => {
    authority = await createAuthority(new Date());
  });

  afterEach(() => world.stop());

  async function open(rate: Rate): Promise<void> {
    world = await ordersWorld(authority, rate, undefined, REAL);
  }

  /** How often each status was answered to requests that come together. */
  async function flood(
    count: number,
    as: (index: number) => string,
    path = `${STORE}/keys`,
  ): Promise<Map<number, number>> {
    const statuses = new Map<number, number>();
    const all = Array.from({ length: count }, async (_, index) => {
      const { status } = await world.call(path, { as: as(index) });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    await Promise.all(all);
    return statuses;
  }

  async function statusOf(as: string): Promise<number> {
    return (await world.call(`${STORE}/keys`, { as })).status;
  }

  it('are told with a time to come back, and are no event of the audit', async () => {
    await open({ perSecond: 0.001, burst: 3 });
    const path = `${STORE}/values/ROOT`;
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await world.call(path)).status);
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
    const { json, headers } = await world.call(path);
    expect(json).to.deep.include({ status: 429, title: 'Too Many Requests', type: 'about:blank' });
    expect(Number(headers['retry-after'])).to.be.above(0);
    expect((await world.call(path, { as: 'viewer' })).status).to.equal(403);
    expect(world.audited.map(({ result }) => result)).to.deep.equal(['ok', 'ok', 'ok', 'denied']);
  });

  it('stop a flood of one caller, and of strangers, without asking the API server, and nobody else', async function () {
    this.timeout(20_000);
    await open({ perSecond: 20, burst: 60 });
    const start = performance.now();
    const known = await flood(500, () => 'viewer');
    const seconds = (performance.now() - start) / 1000;
    expect([...known.keys()].sort()).to.deep.equal([200, 429]);
    expect(known.get(200)).to.be.within(16, 61 + 20 * seconds);
    expect(world.reviews).to.be.below(20);
    expect(await statusOf('owner')).to.equal(200);
    const strangers = await flood(500, (index) => `eve-${index}`);
    expect([...strangers.keys()].sort()).to.deep.equal([401, 429]);
    expect(world.reviews).to.be.below(150);
    expect(await statusOf('owner')).to.equal(200);
    const nameless = await flood(500, () => '', '/api/v1/openapi.json');
    expect([...nameless.keys()].sort()).to.deep.equal([200, 429]);
    expect(await statusOf('owner')).to.equal(200);
  });

  it('stop a crowd of callers together, and let it in again as soon as it is smaller', async function () {
    this.timeout(20_000);
    await open({ perSecond: 20, burst: 60 });
    for (let number = 0; number < 20; number += 1) {
      world.users.set(`user-${number}`, { username: `user-${number}` });
      world.allowed.add(`user-${number} list platform/*`);
      expect(await statusOf(`user-${number}`)).to.equal(200);
    }
    const statuses = await flood(1_000, (index) => `user-${index % 20}`);
    expect([...statuses.keys()].sort()).to.deep.equal([200, 503]);
    expect(statuses.get(503)).to.be.above(100);
    await eventually(async () => (await statusOf('owner')) === 200);
  });

  it('count a large body as several requests', async () => {
    await open({ perSecond: 0.001, burst: 6 });
    const body = { value: 'x'.repeat(1_048_576) };
    expect((await world.call(`${STORE}/keys/BIG`, { method: 'PUT', body })).status).to.equal(201);
    expect([await statusOf('owner'), await statusOf('owner'), await statusOf('viewer')]).to.deep.equal([200, 429, 200]);
  });

  it('leave room in memory: of bodies on their way there are 16 MiB at most', async () => {
    await open({ perSecond: 20, burst: 60 });
    const head = [`PUT ${STORE}/keys/BIG HTTP/1.1`, 'Host: svc.operator.svc', 'Content-Type: application/json'];
    const sends = async (as: string): Promise<RawClient> => {
      const client = await RawClient.open(world.port, authority.cert);
      client.write(...head, `Authorization: Bearer ${as}`, 'Expect: 100-continue', 'Content-Length: 2097152', '', '');
      await eventually(() => client.said.statuses.length > 0);
      return client;
    };
    const clients: RawClient[] = [];
    for (let number = 0; number < 9; number += 1) clients.push(await sends(number % 2 === 0 ? 'owner' : 'editor'));
    expect(clients.map(({ said }) => said.statuses)).to.deep.equal([...Array<number[]>(8).fill([100]), [503]]);
    clients[0]?.socket.destroy();
    await eventually(async () => {
      const client = await sends('owner');
      clients.push(client);
      return client.said.statuses[0] === 100;
    });
    for (const { socket } of clients) socket.destroy();
  });
});
