import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { Admission } from '../../operator/webhook/admission.ts';
import type { AdmissionOptions } from '../../operator/webhook/admission.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import { WebhookServer } from '../../operator/webhook/server.ts';
import { eventually } from '../doubles/eventually.ts';
import { ScopeDouble } from '../support/scope.ts';
import { createCompanyAuthority } from './company-authority.ts';
import { HttpsClient } from './https-client.ts';
import { reviewOf } from './reviews.ts';

const REVIEW = JSON.stringify(reviewOf());
const NAMES = ['svc.operator.svc'];

describe('webhook server', () => {
  let authority: KeyPair;
  let server: WebhookServer;
  let client: HttpsClient;
  let decide: AdmissionOptions['decide'];
  let log: string[];
  const loaded: Date[] = [];

  beforeEach(async () => {
    decide = () => ({ kind: 'none' });
    log = [];
    loaded.length = 0;
    const scope = new ScopeDouble();
    const admission = new Admission({
      decide: (...args) => decide(...args),
      views: () => [],
      scope,
      patienceMs: 2_000,
    });
    const logger = createLogger({ level: 'debug', destination: { write: (line) => log.push(line) } });
    server = new WebhookServer({
      port: 0,
      host: '127.0.0.1',
      admission,
      logger,
      onCertificate: (end) => loaded.push(end),
    });
    await server.start();
    authority = await createAuthority(new Date());
    client = new HttpsClient(server.port, authority.cert);
  });

  afterEach(async () => {
    client.close();
    await server.stop({ drainMs: 0, limitMs: 200 });
  });

  async function useNewCertificate(): Promise<void> {
    const { cert, key } = await createServing(authority, NAMES, new Date());
    expect(server.useCertificate(cert, key)).to.be.true;
  }

  it('is ready once a certificate is loaded, and not before', async () => {
    expect(server.ready).to.be.false;
    expect(await client.post(REVIEW).catch((error: unknown) => error)).to.be.instanceOf(Error);
    await useNewCertificate();
    expect(server.ready).to.be.true;
    expect(loaded).to.have.length(1);
    const answer = await client.post(REVIEW);
    expect(answer.status).to.equal(200);
    expect(JSON.parse(answer.body)).to.have.nested.property('response.allowed', true);
  });

  it('serves a chain that the authority verifies, and no other does', async () => {
    await useNewCertificate();
    const stranger = new HttpsClient(server.port, (await createAuthority(new Date())).cert);
    const other = new HttpsClient(server.port, authority.cert, { servername: 'other.operator.svc' });
    expect((await client.post(REVIEW)).status).to.equal(200);
    expect(await stranger.post(REVIEW).catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(await other.post(REVIEW).catch((error: unknown) => error)).to.have.property(
      'code',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('serves what is between its certificate and the authority', async () => {
    const root = await createCompanyAuthority(new Date());
    const between = await createCompanyAuthority(new Date(), root);
    const { cert, key } = await createServing(between, NAMES, new Date());
    expect(server.useCertificate(cert + between.cert, key)).to.be.true;
    expect((await new HttpsClient(server.port, root.cert).post(REVIEW)).status).to.equal(200);
  });

  it('refuses TLS 1.1, also after the certificate was swapped', async () => {
    await useNewCertificate();
    await useNewCertificate();
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const error: unknown = await client.post(REVIEW, old).catch((caught: unknown) => caught);
    expect((error as Error).message).to.match(/protocol version|alert/i);
    expect((await client.post(REVIEW, { maxVersion: 'TLSv1.2' })).status).to.equal(200);
  });

  it('keeps the certificate that it has when it is given one that does not fit', async () => {
    await useNewCertificate();
    const [one, two] = await Promise.all([1, 2].map(() => createServing(authority, NAMES, new Date())));
    expect(server.useCertificate(one!.cert, two!.key)).to.be.false;
    expect(server.useCertificate(undefined, undefined)).to.be.false;
    expect(server.ready).to.be.true;
    expect((await client.post(REVIEW)).status).to.equal(200);
  });

  it('swaps certificates while requests flow, over kept and new connections, without one failure', async () => {
    await useNewCertificate();
    let running = true;
    const kept = new Set<string>();
    const fresh = new Set<string>();
    const statuses = new Set<number>();
    const flow = async (reuse: boolean): Promise<void> => {
      while (running) {
        const { status, fingerprint } = await client.post(REVIEW, { reuse });
        statuses.add(status);
        (reuse ? kept : fresh).add(fingerprint ?? '');
      }
    };
    const flows = [flow(true), flow(true), flow(false), flow(false)];
    await eventually(() => fresh.size > 0);
    for (let swap = 0; swap < 5; swap++) {
      const seen = fresh.size;
      await useNewCertificate();
      await eventually(() => fresh.size > seen);
    }
    running = false;
    await Promise.all(flows);
    expect([...statuses]).to.deep.equal([200]);
    expect(fresh.size).to.be.at.least(6);
    expect(kept.size, 'kept connections stay open').to.equal(1);
  });

  it('loads the same certificate only once', async () => {
    const { cert, key } = await createServing(authority, NAMES, new Date());
    server.useCertificate(cert, key);
    server.useCertificate(cert, key);
    expect(loaded).to.have.length(1);
  });

  const bad: Readonly<Record<string, [string, string, number, RegExp]>> = {
    'broken JSON': ['{"secret-of-pod', 'application/json', 400, /the body is no JSON/],
    'an empty body': ['', 'application/json', 400, /empty|JSON/],
    'no review': ['{}', 'application/json', 400, /no AdmissionReview/],
    'a review without request': [
      JSON.stringify(reviewOf()).replace('"request"', '"r"'),
      'application/json',
      400,
      /no request/,
    ],
    'another content type': [REVIEW, 'text/plain', 415, /Unsupported Media Type/],
    'a body of 5 MiB': [JSON.stringify(reviewOf({ x: 'y'.repeat(5 << 20) })), 'application/json', 413, /too large/],
  };
  for (const [name, [body, type, status, message]] of Object.entries(bad)) {
    it(`answers ${status} to ${name}`, async () => {
      await useNewCertificate();
      const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const answer = await client.post(body, { headers });
      expect(answer.status).to.equal(status);
      expect(answer.body).to.match(message).and.not.contain('secret-of-pod');
    });
  }

  it('takes a pod of 3 MiB', async () => {
    await useNewCertificate();
    expect((await client.post(JSON.stringify(reviewOf({ x: 'y'.repeat(3 << 20) })))).status).to.equal(200);
  });

  it('answers 404 elsewhere', async () => {
    await useNewCertificate();
    expect((await client.post(REVIEW, { path: '/' })).status).to.equal(404);
    expect((await client.post('', { method: 'GET' })).status).to.equal(404);
  });

  it('answers 500 when it cannot tell, and logs the reason but nothing of the pod', async () => {
    await useNewCertificate();
    decide = () => {
      throw new Error('informer is gone');
    };
    const answer = await client.post(REVIEW);
    expect(answer.status).to.equal(500);
    expect(answer.body).not.to.contain('informer');
    expect(log.join('')).to.contain('informer is gone').and.not.contain('the-value-of-the-pod');
  });

  it('logs nothing per pod', async () => {
    await useNewCertificate();
    const before = log.length;
    for (let i = 0; i < 5; i++) await client.post(REVIEW, { reuse: true });
    expect(log).to.have.length(before);
  });

  it('is not ready at once when it stops, answers while it drains, and finishes what is under way', async () => {
    await useNewCertificate();
    decide = () => ({ kind: 'wait', message: 'still waiting' });
    const waiting = client.post(REVIEW, { reuse: true });
    await sleep(100);
    const stopped = server.stop({ drainMs: 150, limitMs: 3000 });
    expect(server.ready).to.be.false;
    decide = (pod) =>
      pod.metadata?.labels?.['late'] === '1' ? { kind: 'none' } : { kind: 'wait', message: 'still waiting' };
    const labelled = JSON.stringify(reviewOf({ object: { metadata: { labels: { late: '1' } } } }));
    const late = await client.post(labelled, { reuse: true });
    expect(late.status).to.equal(200);
    expect(late.connection).to.equal('close');
    expect((await waiting).body).to.contain('still waiting');
    await stopped;
    expect(await client.post(REVIEW).catch((error: unknown) => error)).to.have.property('code', 'ECONNREFUSED');
  });

  it('stops within its limit also when a request hangs', async () => {
    await useNewCertificate();
    decide = () => ({ kind: 'wait', message: '' });
    const cut = client.post(REVIEW).catch((error: unknown) => error);
    await sleep(50);
    const start = performance.now();
    await server.stop({ drainMs: 0, limitMs: 150 });
    expect(performance.now() - start).to.be.lessThan(1_900);
    expect(await cut).to.be.instanceOf(Error);
  });
});
