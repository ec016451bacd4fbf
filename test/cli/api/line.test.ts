import { expect } from 'chai';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { ApiProblem, NoAnswer } from '../../../cli/api/api-problem.ts';
import { Line, type LineRequest } from '../../../cli/api/line.ts';
import { failureOf } from '../../support/failure.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const GET: LineRequest = { method: 'GET', path: '/x', repeatable: true };
const CREATE: LineRequest = { method: 'PUT', path: '/x', body: '{}', repeatable: false };

const ok: Answer = (_request, response) => response.end('{}');
const refuse =
  (status: number, body: object = {}, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(JSON.stringify({ type: 'about:blank', ...body }));
const hangUp: Answer = (request) => request.socket.destroy();

describe('the line to the API', function () {
  this.timeout(20_000);
  let server: Server;
  let dispatcher: Agent;
  let answers: Answer[];
  let asked: { at: number; authorization: string | undefined; url: string | undefined }[];
  let tokens: string[];

  beforeEach(async () => {
    [answers, asked, tokens] = [[], [], []];
    dispatcher = new Agent();
    server = createServer((request, response) => {
      asked.push({ at: performance.now(), authorization: request.headers.authorization, url: request.url });
      (answers.shift() ?? ok)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function line(signal = new AbortController().signal, prefix = ''): Line {
    const { port } = server.address() as AddressInfo;
    const token = () => Promise.resolve(tokens.shift() ?? 'token');
    return new Line(
      { prefix, origin: `http://127.0.0.1:${port}`, dispatcher, token, close: () => dispatcher.close() },
      signal,
    );
  }

  const isBusy = () => Object.values(dispatcher.stats).some(({ running }) => running > 0);

  it('waits as long as it is asked to, and all requests with it', async () => {
    answers = [refuse(429, { detail: 'slower.' }, { 'retry-after': '1' })];
    const one = line();
    const first = one.send(GET);
    // Until the answer is read.
    while (asked.length === 0 || isBusy()) await new Promise(setImmediate);
    await Promise.all([first, one.send(CREATE), one.send(GET)]);
    expect(asked.slice(1).map(({ at }) => at - asked[0]!.at >= 900)).to.deep.equal([true, true, true]);
  });

  it('asks for the token each time', async () => {
    tokens = ['one', 'two'];
    await line().send(GET);
    await line().send(GET);
    expect(asked.map(({ authorization }) => authorization)).to.deep.equal(['Bearer one', 'Bearer two']);
  });

  it('asks below the path of the address', async () => {
    await line(undefined, '/secrets').send(GET);
    expect(asked.map(({ url }) => url)).to.deep.equal(['/secrets/x']);
  });

  it('sends a request again when the connection broke, if that can do no harm', async () => {
    answers = [hangUp, hangUp];
    expect(await line().send(GET)).to.equal('{}');
    answers = [hangUp];
    expect(await failureOf(line().send(CREATE))).to.be.instanceOf(NoAnswer);
    expect(asked).to.have.length(4);
    answers = [hangUp, hangUp, hangUp, hangUp];
    expect(await failureOf(line().send(GET)))
      .to.be.instanceOf(NoAnswer)
      .with.property('message')
      .match(/^the API at 127.0.0.1:\d+ does not answer \(\w+\)$/);
  });

  it('does not repeat a write that the store may have heard of', async () => {
    const unreachable = refuse(503, { detail: 'no.', code: 'StoreUnreachable' }, { 'retry-after': '0' });
    answers = [unreachable, ok];
    expect(await failureOf(line().send(CREATE))).to.include({ status: 503, code: 'StoreUnreachable' });
    expect(await line().send(CREATE)).to.equal('{}');
    answers = [unreachable, refuse(503, { detail: 'busy.' }, { 'retry-after': '0' }), ok];
    expect(await line().send(GET)).to.equal('{}');
    answers = [refuse(503, { detail: 'busy.' }, { 'retry-after': '0' }), ok];
    expect(await line().send(CREATE)).to.equal('{}');
  });

  it('is not patient for ever, and not without being asked to wait', async () => {
    answers = [refuse(429, { detail: 'tomorrow.' }, { 'retry-after': '86400' }), refuse(503, { detail: 'down.' })];
    expect(await failureOf(line().send(GET))).to.include({ message: 'tomorrow.' });
    expect(await failureOf(line().send(GET))).to.include({ message: 'down.' });
  });

  it('tells a problem in the API’s words, and of anything else its status alone', async () => {
    const table: readonly (readonly [Answer, string, number])[] = [
      [refuse(404, { detail: 'no key.', code: 'KeyNotFound' }), 'no key.', 4],
      [refuse(409, { detail: 'another version.', code: 'VersionConflict' }), 'another version.', 5],
      [refuse(404, { detail: 'no store.' }), 'no store.', 4],
      [refuse(403, { detail: 'you may not.' }), 'you may not.', 1],
      [
        (_request, response) => response.writeHead(502).end('<html>canary'),
        'the API answers 502, and not in its own words',
        1,
      ],
      [
        (_request, response) => response.writeHead(404).end('<html>canary'),
        'the API answers 404, and not in its own words: see that --server is its address',
        1,
      ],
      [
        refuse(404, { type: 'other', detail: 'canary' }),
        'the API answers 404, and not in its own words: see that --server is its address',
        1,
      ],
      [refuse(409, { type: undefined }), 'the API answers 409, and not in its own words', 1],
      [refuse(500, { detail: 7 }), 'the API answers 500, and not in its own words', 1],
    ];
    for (const [answer, message, exitCode] of table) {
      answers = [answer];
      const problem = await failureOf(line().send(GET));
      expect(problem).to.be.instanceOf(ApiProblem).and.include({ message, exitCode });
    }
  });

  it('stops waiting when it is interrupted', async () => {
    answers = [refuse(429, { detail: 'slower.' }, { 'retry-after': '60' })];
    const interrupt = new AbortController();
    const sent = failureOf(line(interrupt.signal).send(GET));
    while (asked.length === 0) await new Promise(setImmediate);
    interrupt.abort(new Error('interrupted'));
    expect(await sent).to.include({ message: 'interrupted' });
  });
});
