import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { fuzz, schemathesis } from '../support/schemathesis.ts';
import { CANARY, ordersWorld, type ApiWorld } from './api-world.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
/** Paths are of the store that is there; the rest is made up. */
const CONFIG = '[parameters]\n"path.namespace" = "platform"\n"path.store" = "default"\n';
const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 7);

describe('the API under a fuzzer that reads its description', function () {
  this.timeout(180_000);
  let world: ApiWorld;
  let folder: string;

  before(async function () {
    this.timeout(600_000);
    await schemathesis();
    folder = await mkdtemp(join(tmpdir(), 'spark-secrets-fuzz-'));
    const authority = await createAuthority(new Date());
    world = await ordersWorld(authority, UNLIMITED, undefined, { crowd: UNLIMITED, nameless: UNLIMITED });
    world.addPod('analytics', 'etl-driver', { labels: { 'spark-role': 'driver', team: 'orders' } });
    for (const namespace of ['analytics', 'platform'])
      world.addBinding(namespace, 'orders', { envFrom: [{ group: 'orders', prefix: '' }] });
    await writeFile(join(folder, 'ca.pem'), authority.cert);
    await writeFile(join(folder, 'schemathesis.toml'), CONFIG);
  });

  after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Number of requests. */
  async function run(token: string, ...options: readonly string[]): Promise<number> {
    world.log.length = 0;
    const said = await fuzz({
      url: `https://127.0.0.1:${world.port}/api/v1/openapi.json`,
      ...{ ca: 'ca.pem', config: 'schemathesis.toml', folder, token, seed: FUZZ_SEED, options },
    });
    const [, passed] = /generated, (\d+) passed/.exec(said) ?? [];
    expect(world.log.join('')).not.to.contain(CANARY);
    expect(world.log.filter((line) => !line.includes('"audit":true'))).to.deep.equal([]);
    return Number(passed);
  }

  it('answers to who may do all as it says, whatever is sent', async () => {
    expect(await run('owner', '--max-examples', '10')).to.be.above(400);
    const answered = new Set(world.audited.map(({ operation, result }) => `${operation} ${result}`));
    // It got where something happens.
    expect([...answered]).to.include.members(['writeKey created', 'revealValue ok', 'removeKey ok']);
  });

  it('answers to who may only look as it says', async () => {
    expect(await run('viewer', '--phases', 'coverage')).to.be.above(300);
    expect(world.audited.filter(({ result }) => ['ok', 'created', 'unchanged'].includes(result))).to.deep.equal([]);
  });

  it('answers to a pod as it says', async () => {
    await world.put('orders/DB_PASSWORD', CANARY);
    expect(await run('etl-driver', '--include-path-regex', '/self/', '--max-examples', '20')).to.be.above(20);
    expect(world.audited.map(({ result }) => result)).to.include('ok');
  });
});
