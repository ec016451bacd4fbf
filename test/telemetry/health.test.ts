import { expect } from 'chai';
import { HealthServer } from '../../operator/telemetry/health.ts';
import { Metrics } from '../../operator/telemetry/metrics.ts';

describe('health server', () => {
  let health: HealthServer;

  beforeEach(async () => {
    health = new HealthServer({ port: 0, host: '127.0.0.1', metrics: new Metrics() });
    await health.start();
  });

  afterEach(() => health.stop());

  async function get(path: string): Promise<[number, string]> {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return [answer.status, await answer.text()];
  }

  it('is healthy until it is shut down', async () => {
    expect(await get('/healthz')).to.deep.equal([200, 'ok\n']);
    health.shutDown();
    expect(await get('/healthz')).to.deep.equal([503, 'shutting down\n']);
    expect(await get('/readyz')).to.deep.equal([503, 'shutting down\n']);
  });

  it('is ready when every check holds, and names those that do not', async () => {
    let synced = false;
    health.addCheck('watch secrets', () => synced);
    health.addCheck('webhook', () => true);
    health.addCheck('broken', () => {
      throw new Error('no');
    });
    expect(await get('/readyz')).to.deep.equal([503, 'not ready: watch secrets\nnot ready: broken\n']);
    synced = true;
    health.addCheck('broken', () => true);
    expect(await get('/readyz?verbose')).to.deep.equal([200, 'ok\n']);
  });

  it('stays healthy while it is not ready', async () => {
    health.addCheck('never', () => false);
    expect((await get('/healthz'))[0]).to.equal(200);
  });

  it('shows the metrics', async () => {
    const [status, body] = await get('/metrics');
    expect(status).to.equal(200);
    expect(body).to.contain('# TYPE spark_secrets_leader gauge');
  });

  it('answers 404 elsewhere', async () => {
    expect((await get('/'))[0]).to.equal(404);
  });

  it('says when its port is taken', async () => {
    const second = new HealthServer({ port: health.port, host: '127.0.0.1', metrics: new Metrics() });
    const error: unknown = await second.start().catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'EADDRINUSE');
  });
});
