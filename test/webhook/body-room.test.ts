import { expect } from 'chai';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { Admission } from '../../operator/webhook/admission.ts';
import { BodyRoom } from '../../operator/webhook/body-room.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import { WebhookServer } from '../../operator/webhook/server.ts';
import { ScopeDouble } from '../support/scope.ts';
import { HttpsClient } from './https-client.ts';
import { reviewOf } from './reviews.ts';

describe('room for the bodies of admission reviews', () => {
  it('is not all for one address, and no more than there is for all', () => {
    const room = new BodyRoom({ all: 100, ofOne: 60 });
    const leave = room.take('a', 50);
    expect(leave).to.be.a('function');
    expect(room.take('a', 20)).to.equal(undefined);
    expect(room.take('b', 50)).to.be.a('function');
    expect(room.take('c', 1)).to.equal(undefined);
    leave?.();
    leave?.();
    expect(room.take('a', 51)).to.equal(undefined);
    expect(room.take('a', 50)).to.be.a('function');
  });

  it('is given back with each answer, and what has none is refused before it is read', async () => {
    const review = JSON.stringify(reviewOf());
    const admission = new Admission({ decide: () => ({ kind: 'none' }), views: () => [], scope: new ScopeDouble() });
    const server = new WebhookServer({
      port: 0,
      host: '127.0.0.1',
      admission,
      logger: createLogger({ level: 'fatal' }),
      room: { ofOne: review.length + 10 },
    });
    await server.start();
    try {
      const authority = await createAuthority(new Date());
      const { cert, key } = await createServing(authority, ['svc.operator.svc'], new Date());
      server.useCertificate(cert, key);
      const client = new HttpsClient(server.port, authority.cert);
      for (let times = 0; times < 5; times += 1) expect((await client.post(review)).status).to.equal(200);
      expect((await client.post(review + ' '.repeat(20))).status).to.equal(503);
      // One that does not say how long it is may be as long as any.
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      expect((await client.post(review, { headers })).status).to.equal(503);
      expect((await client.post(review)).status).to.equal(200);
      client.close();
    } finally {
      await server.stop({ drainMs: 0, limitMs: 200 });
    }
  });
});
