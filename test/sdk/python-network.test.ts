import { expect } from 'chai';
import type { RequestListener } from 'node:http';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { CANARY } from '../http/api-world.ts';
import { Pod } from './pod.ts';
import { PythonProbe, type Told } from './python-probe.ts';
import { RudeServer } from './rude-server.ts';

const KEY = 'orders/DB_PASSWORD';
const SOON = { timeout: 0.7 };

describe('the Python SDK, on a bad day of the network', function () {
  this.timeout(20_000);
  let authority: KeyPair;
  let server: RudeServer;
  let pod: Pod;
  let python: PythonProbe;

  before(async () => {
    authority = await createAuthority(new Date());
    python = new PythonProbe();
  });
  after(() => python.end());
  beforeEach(async () => {
    server = await RudeServer.start(authority);
    pod = await Pod.make();
    pod.reach(`https://127.0.0.1:${server.port}`, authority.cert);
    await pod.useToken(CANARY);
  });
  afterEach(async () => {
    await server.stop();
    await pod.remove();
  });

  async function get(options?: Readonly<Record<string, number>>): Promise<Told> {
    await python.enter(pod, options);
    return python.get(KEY);
  }

  const good: RequestListener = (_request, response) => {
    response.end(JSON.stringify({ key: KEY, version: '1', value: CANARY, binding: 'orders' }));
  };
  const cut: RequestListener = (request) => request.socket.destroy();

  function problem(status: number, headers: Readonly<Record<string, string>> = {}, code?: string): RequestListener {
    return (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
      response.end(JSON.stringify({ type: 'about:blank', status, detail: 'not today.', code }));
    };
  }

  it('tries again after refusals, cut connections and errors', async () => {
    const gateway: RequestListener = (_request, response) => response.writeHead(502).end('<h1>Bad Gateway</h1>');
    server.answer(problem(503), cut, problem(500), gateway, good);
    expect(await get()).to.deep.equal({ value: CANARY });
    expect(server.tokens).to.deep.equal(Array(5).fill(`Bearer ${CANARY}`));
  });

  it('waits as long as it is asked to', async () => {
    server.answer(problem(429, { 'retry-after': '1' }), good);
    expect(await get()).to.deep.equal({ value: CANARY });
    const [first = 0, second = 0] = server.times;
    expect(second - first).to.be.at.least(995);
  });

  it('does not wait beyond its limit, and says for how long it was asked to', async () => {
    server.answer(problem(429, { 'retry-after': '60' }));
    const began = performance.now();
    const { error, message, holds } = await get(SOON);
    expect(performance.now() - began).to.be.below(20_000);
    expect(error).to.equal('Unavailable');
    expect(message).to.equal(`the value of ${KEY} can not be had now: not today.`);
    expect(holds).to.contain("'retry_after': 60.0");
    expect(server.tokens).to.have.length(1);
  });

  it('gives up on a server that never answers', async () => {
    server.answer(() => undefined);
    const began = performance.now();
    expect(await get(SOON)).to.include({ error: 'Unavailable' });
    expect(performance.now() - began).to.be.at.least(600);
  });

  it('does not ask again for what somebody has to repair', async () => {
    server.answer(problem(502, {}, 'AuthenticationFailed'));
    const told = await get();
    expect(told).to.include({ error: 'Unavailable', code: 'AuthenticationFailed' });
    expect(server.tokens).to.have.length(1);
  });

  it('sends its token to nobody whose certificate it does not trust', async () => {
    server.answer(good);
    const { port } = server;
    pod.reach(`https://127.0.0.1:${port}`, (await createAuthority(new Date())).cert);
    expect(await get()).to.include({ error: 'BadConfiguration' });
    pod.reach(`https://localhost:${port}`, authority.cert);
    const { error, message } = await get();
    expect(error).to.equal('BadConfiguration');
    expect(message).to.match(/^the certificate of https:[/][/]localhost:.*SPARK_SECRETS_API_CA.*localhost/);
    expect(server.tokens).to.deep.equal([]);
  });

  it('trusts each of several certificates, also one that is no authority', async () => {
    server.answer(good);
    const other = (await createAuthority(new Date())).cert;
    for (const certificate of [authority.cert, server.certificate]) {
      pod.reach(`https://127.0.0.1:${server.port}`, other, certificate);
      expect(await get()).to.deep.equal({ value: CANARY });
    }
  });

  it('goes by no proxy, and follows no redirect', async () => {
    // The probe's environment names a proxy that nobody is.
    server.answer(good, problem(302, { location: `https://127.0.0.1:${server.port}/elsewhere` }));
    await python.enter(pod);
    expect(await python.get(KEY)).to.deep.equal({ value: CANARY });
    expect(await python.get('orders/OTHER')).to.include({ error: 'BadConfiguration' });
    expect(server.tokens).to.have.length(2);
  });

  it('uses a connection again, and another when the server closed it', async () => {
    server.answer(good);
    await python.enter(pod, { cache_seconds: 0 });
    for (let count = 0; count < 3; count += 1) expect(await python.get(KEY)).to.deep.equal({ value: CANARY });
    expect(server.connections).to.equal(1);
    server.closeIdle();
    expect(await python.get(KEY)).to.deep.equal({ value: CANARY });
    expect(server.connections).to.equal(2);
  });

  it('makes a connection of its own in the child of a fork', async () => {
    server.answer(good);
    await python.enter(pod, { cache_seconds: 0 });
    expect(await python.get(KEY)).to.deep.equal({ value: CANARY });
    expect(await python.call('fork', { key: KEY })).to.deep.equal({ value: `${CANARY} ${CANARY}` });
    expect([server.tokens.length, server.connections]).to.deep.equal([3, 2]);
  });

  it('tells nothing of an answer that is cut, or that is not what it should be', async () => {
    const half =
      (headers: Readonly<Record<string, string>>): RequestListener =>
      (_request, response) => {
        response.writeHead(200, headers).write(`{"key":"${KEY}","value":"${CANARY}`);
        setImmediate(() => response.destroy());
      };
    const halves = [half({ 'content-length': '1000' }), half({ 'transfer-encoding': 'chunked' })];
    const send =
      (body: string): RequestListener =>
      (_request, response) =>
        response.end(body);
    await python.enter(pod, SOON);
    const wrong = [`{"value": "${CANARY}`, `["${CANARY}"]`, `{"valueBase64": "${CANARY}"}`].map(send);
    for (const answer of [...halves, ...wrong]) {
      server.answer(answer);
      // The probe looks for the value in all that an error holds.
      expect(await python.get(KEY)).to.include({ error: 'Unavailable' });
    }
    await python.enter(pod, { ...SOON, cache_seconds: 0 });
    for (const answer of halves) {
      server.answer(answer, good);
      expect(await python.get(KEY)).to.deep.equal({ value: CANARY });
    }
  });
});
