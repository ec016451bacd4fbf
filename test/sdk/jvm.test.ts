import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../deploy/local/run.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { CANARY, eachInOrdersWorld, type ApiWorld } from '../http/api-world.ts';
import { key } from '../support/keys.ts';
import { Pod } from './pod.ts';
import { RudeServer } from './rude-server.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'jvm', 'SparkSecrets.java');
const CALLER = join(import.meta.dirname, 'ReadSecrets.java');
const KEY = 'orders/DB_PASSWORD';
/** What JSON escapes, what Java holds in two, and lines. */
const NASTY = 'a"b\\c/\b\f\n\r\t\u0001 ключ 🔑 \\u0041 "value":"x"';

describe('the example for the JVM', function () {
  this.timeout(60_000);
  let classes: string;
  let world: ApiWorld;
  let authority: KeyPair;
  let pod: Pod;

  before(async () => {
    classes = await mkdtemp(join(tmpdir(), 'spark-secrets-jvm-'));
    // 11 is the oldest Java of Spark's images.
    await run('javac', ['--release', '11', '-Xlint:all', '-Werror', '-d', classes, EXAMPLE, CALLER]);
  });
  after(() => rm(classes, { recursive: true }));
  eachInOrdersWorld((made, signer) => {
    world = made;
    authority = signer;
    world.addPod('analytics', 'etl-driver', { labels: { 'spark-role': 'driver', team: 'orders' } });
    world.addBinding('analytics', 'orders', { references: [{ group: 'orders' }] });
  });
  beforeEach(async () => {
    pod = await Pod.make();
    pod.reach(`https://127.0.0.1:${world.port}`, (await createAuthority(new Date())).cert, authority.cert);
    await pod.useToken('etl-driver');
  });
  afterEach(() => pod.remove());

  /** What a JVM in the pod reads of each key: its bytes as text, or `error` and why. */
  async function read(...keys: readonly string[]): Promise<readonly string[]> {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', ...pod.environ };
    // No proxy is to be used for a server inside of the cluster.
    const options = [
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Dhttps.proxyHost=127.0.0.1',
      '-Dhttps.proxyPort=9',
      '-cp',
      classes,
    ];
    const output = await run('java', [...options, 'ReadSecrets', ...keys], { env, timeoutMs: 60_000 });
    const lines = output.trimEnd().split('\n');
    for (const line of lines) if (line.startsWith('error')) expect(line).not.to.contain(CANARY);
    return lines.map((line) => {
      const [what, base64 = '', isText] = line.split(' ');
      return what === 'value'
        ? `${isText === 'true' ? '' : 'bytes '}${Buffer.from(base64, 'base64').toString()}`
        : line;
    });
  }

  async function put(where: string, value: SecretValue): Promise<void> {
    await world.values.write(key(where), value, { signal: new AbortController().signal });
  }

  it('reads a file before a variable before the API, which it also asks when two bindings differ', async () => {
    await put('orders/NASTY', SecretValue.fromText(NASTY));
    await put('orders/LONG', SecretValue.fromText(`"${'\n'.repeat(200_000)}`));
    await put('orders/BINARY', SecretValue.fromBytes(Buffer.from('ff00', 'hex')));
    await put('orders/NOT_ASCII', SecretValue.fromText('ключ'));
    const path = await pod.file('password', 'in a file');
    pod.give('orders', 'orders/A env A', `orders/A file ${path}`, 'orders/B env B', `orders/B file ${path}-not-there`);
    pod.give('other', 'orders/NOT_ASCII env NOT_ASCII', 'orders/A env A2', `orders/B env B`, `${KEY} env NOT_HERE`);
    Object.assign(pod.environ, { A: 'in a variable', A2: 'in a file', B: 'in a variable', NOT_ASCII: 'ключ' });
    pod.give('third', 'orders/LONG env A', 'orders/BINARY env NOT_HERE');
    pod.give('fourth', 'orders/LONG env A2');
    const keys = ['orders/A', 'orders/B', KEY, 'orders/NASTY', 'orders/LONG', 'orders/BINARY', 'orders/NOT_ASCII'];
    const [a, b, password, nasty, long, binary, notAscii] = await read(...keys);
    expect([a, b, password, nasty]).to.deep.equal(['in a file', 'in a variable', `${CANARY}-1`, NASTY]);
    expect(long).to.have.length(200_001);
    expect([binary?.startsWith('bytes '), notAscii]).to.deep.equal([true, 'ключ']);
  });

  it('says what is missing, as the API does', async () => {
    const [other, bad, leased] = await read('sales/TOKEN', `no key !`, 'database/creds/x#y');
    expect(other).to.match(
      /^error sales[/]TOKEN: pod etl-driver is selected by orders, which does not cover sales[/]TOKEN/,
    );
    expect([bad, leased]).to.deep.equal(Array(2).fill('error the API has no key of this form.'));
    await pod.useToken('unknown');
    expect((await read(KEY))[0]).to.match(/^error .*the cluster does not know this token/);
  });

  it('asks again after a broken connection and what a gateway says, but not for what somebody has to repair', async () => {
    const server = await RudeServer.start(authority);
    try {
      const say =
        (status: number, body: string): RequestListener =>
        (_request, response) =>
          response.writeHead(status).end(body);
      const cut: RequestListener = (request) => request.socket.destroy();
      const half: RequestListener = (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"value": "');
        setImmediate(() => response.destroy());
      };
      const good = say(200, JSON.stringify({ value: CANARY }));
      pod.reach(`https://127.0.0.1:${server.port}`, authority.cert);
      server.answer(cut, half, say(502, '<h1>Bad Gateway</h1>'), good);
      expect(await read(KEY)).to.deep.equal([CANARY]);
      const asked = server.tokens.length;
      server.answer(say(502, '{"detail": "the store refuses.", "code": "AuthenticationFailed"}'), say(404, 'none'));
      expect(await read(KEY, KEY)).to.deep.equal([
        `error ${KEY}: the store refuses.`,
        `error ${KEY}: the answer has status 404.`,
      ]);
      expect(server.tokens).to.have.length(asked + 2);
      await rm(join(pod.folder, 'token'));
      expect((await read(KEY))[0]).to.match(/^error orders[/]DB_PASSWORD can not be read: .*NoSuchFileException/);
    } finally {
      await server.stop();
    }
  });

  it('waits when it is told to, and sends its token to nobody whom it does not trust', async () => {
    const server = await RudeServer.start(authority);
    try {
      server.answer(
        (_request, response) => response.writeHead(429, { 'retry-after': '1' }).end('{"detail": "slower."}'),
        (_request, response) => response.end(JSON.stringify({ value: CANARY })),
      );
      pod.reach(`https://127.0.0.1:${server.port}`, authority.cert);
      expect(await read(KEY)).to.deep.equal([CANARY]);
      expect(server.times[1]! - server.times[0]!).to.be.above(995);
      const asked = server.tokens.length;
      pod.reach(`https://localhost:${server.port}`, authority.cert);
      expect((await read(KEY))[0]).to.match(/^error .*SSL/);
      pod.reach(`https://127.0.0.1:${server.port}`, (await createAuthority(new Date())).cert);
      expect((await read(KEY))[0]).to.match(/^error .*SSL/);
      expect(server.tokens).to.have.length(asked);
    } finally {
      await server.stop();
    }
  });
});
