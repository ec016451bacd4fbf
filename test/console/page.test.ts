import { expect } from 'chai';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { buildConsole } from '../../deploy/image/console.ts';
import { createPage } from '../../operator/console/page.ts';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { ordersWorld } from '../http/api-world.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const BUDGET = 100_000;

describe('what serves the page', () => {
  let folder: string;
  let built: string;
  let server: Server;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-'));
    built = join(folder, 'console');
    await buildConsole(built);
  });

  after(() => rm(folder, { recursive: true }));

  beforeEach(() => listen(built));

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function listen(from: string): Promise<void> {
    server = createServer(createPage(from));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { port } = server.address() as AddressInfo;
    const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    sent.on('error', reject).end();
    return promise;
  }

  async function named(pattern: RegExp): Promise<string> {
    const name = (await readdir(built)).find((each) => pattern.test(each));
    return `/${name ?? ''}`;
  }

  it('gives one page, one script, one style sheet and an icon, all in all below the budget', async () => {
    const { status, headers, body } = await ask('/');
    expect([status, headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const text = body.toString();
    // Beside the page, so that a proxy may have all of it below a path of its own.
    const linked = [...text.matchAll(/(?:src|href)="([^"/]+)"/g)].map(([, name]) => `/${name ?? ''}`);
    expect(linked.map((path) => path.replace(/-[A-Z0-9]{8}/, ''))).to.have.members([
      '/main.js',
      '/style.css',
      '/icon.svg',
    ]);
    expect(text).not.to.match(/<style|style=|<script(?! type="module" src=)|javascript:|onload/);
    for (const encoding of ['br', 'gzip']) {
      const all = await Promise.all(['/', ...linked].map((path) => ask(path, { 'accept-encoding': encoding })));
      expect(all.map((each) => each.status)).to.deep.equal([200, 200, 200, 200]);
      expect(all.reduce((sum, each) => sum + each.body.length, 0)).to.be.below(BUDGET);
    }
  });

  it('takes nothing from elsewhere: no address of another host is in any of it', async () => {
    for (const name of ['main.js', 'style.css'].map((each) => each.replace('.', '-[A-Z0-9]{8}[.]'))) {
      const text = (await ask(await named(new RegExp(`^${name}$`)))).body.toString();
      const hosts = [...text.matchAll(/\w+:\/\/[^\s"'`)]+/g)].map(([address]) => address);
      // Names of XML, which nobody fetches, and what an empty field shows as an example.
      expect(hosts.filter((address) => !/^http:\/\/www[.]w3[.]org|^postgresql:\/\/db\//.test(address))).to.deep.equal(
        [],
      );
      expect(text).not.to.match(/\beval\(|new Function|document[.]write|sourceMappingURL/);
    }
  });

  it('sends what the browser takes: brotli, gzip or plain', async () => {
    const script = await named(/^main-.*[.]js$/);
    const plain = await ask(script);
    expect(plain.headers).not.to.have.property('content-encoding');
    const expected: Readonly<Record<string, string | undefined>> = {
      'gzip, deflate, br': 'br',
      'gzip;q=1.0, br;q=0': 'gzip',
      'BR;q=0.5': 'br',
      'br;q=0.0, gzip;q=0': undefined,
      deflate: undefined,
      identity: undefined,
    };
    for (const [accept, encoding] of Object.entries(expected)) {
      const { headers, body } = await ask(script, { 'accept-encoding': accept });
      expect(headers['content-encoding'], accept).to.equal(encoding);
      expect(headers['vary']).to.equal('accept-encoding');
      expect(Number(headers['content-length'])).to.equal(body.length);
      const text = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body;
      expect(text.equals(plain.body), accept).to.be.true;
    }
  });

  it('lets browsers keep what never changes, and ask for the rest', async () => {
    const script = await named(/^main-.*[.]js$/);
    expect((await ask(script)).headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    const first = await ask('/', { 'accept-encoding': 'br' });
    expect(first.headers['cache-control']).to.equal('no-cache');
    const etag = first.headers.etag ?? '';
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const again = await ask('/', { 'accept-encoding': 'br', 'if-none-match': header });
      expect([again.status, again.body.length, again.headers.etag]).to.deep.equal([304, 0, etag]);
    }
    expect((await ask('/', { 'accept-encoding': 'gzip', 'if-none-match': etag })).status).to.equal(200);
    const head = await ask('/', { 'accept-encoding': 'br' }, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).to.deep.equal([
      ...[200, 0, first.headers['content-length']],
    ]);
  });

  it('forbids the browser everything that the page does not need, in every answer', async () => {
    const answers = [
      ...['/', '/index.html', await named(/[.]css$/), await named(/[.]svg$/), '/LICENSES.txt', '/nothing'].map((path) =>
        ask(path),
      ),
      ask('/', {}, 'POST'),
      ask('/', { 'if-none-match': (await ask('/')).headers.etag ?? '' }),
    ];
    for (const { headers } of await Promise.all(answers)) {
      const policy = String(headers['content-security-policy']);
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        expect(policy.split('; ')).to.include(part);
      expect(policy).not.to.match(/unsafe|data:|[*]/);
      expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers).to.include({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).not.to.have.any.keys('access-control-allow-origin', 'set-cookie');
    }
  });

  it('has nothing else, whatever is asked for', async () => {
    await writeFile(join(folder, 'secret.txt'), 'a secret');
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '//secret.txt',
      '/console/',
      '/main.tsx',
      '/%00',
      '/index.html/',
    ];
    for (const path of [...paths, '/constructor', '/__proto__', `/${await named(/[.]br$/)}`]) {
      const { status, body } = await ask(path);
      expect([path, status]).to.deep.equal([path, 404]);
      expect(body.toString()).to.match(/nothing at this path/);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask('/', {}, method);
      expect([method, status, headers['allow']]).to.deep.equal([method, 405, 'GET, HEAD']);
    }
    expect((await ask('/?anything=1')).status).to.equal(200);
  });

  it('says what to do where the page is not built, and serves it as soon as it is', async () => {
    server.close();
    const later = join(folder, 'later');
    await listen(later);
    const early = await ask('/');
    expect([early.status, early.headers['cache-control']]).to.deep.equal([503, 'no-store']);
    expect(early.body.toString()).to.match(/not built: node deploy\/image\/console[.]ts/);
    expect((await ask('/x')).status).to.equal(404);
    await mkdir(later);
    await writeFile(join(later, 'index.html'), '<!doctype html>');
    await writeFile(join(later, 'page.ts'), 'source');
    expect((await ask('/')).body.toString()).to.equal('<!doctype html>');
    expect((await ask('/page.ts')).status).to.equal(404);
  });

  it('is beside the API, which keeps its own paths and its own errors', async () => {
    const world = await ordersWorld(await createAuthority(new Date()), undefined, createPage(built));
    try {
      expect((await world.call('/api/v1/whoami', { as: 'nobody' })).json).to.deep.equal({ name: 'nobody' });
      for (const path of ['/api', '/api/', '/api/v2', '/api?x=1']) {
        const { status, json } = await world.call(path);
        expect([path, status, json['status']]).to.deep.equal([path, 404, 404]);
      }
    } finally {
      await world.stop();
    }
  });

  it('names the licences of what it is made of', async () => {
    expect(await readFile(join(built, 'LICENSES.txt'), 'utf8')).to.match(/^preact [0-9.]+: "MIT"/m);
  });
});
