import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretKey } from '../../../operator/api/secret-key.ts';
import { OperatorError } from '../../../operator/errors.ts';
import type { Lease } from '../../../operator/stores/store.ts';
import type { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { eventually } from '../../doubles/eventually.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { enableDatabase, leasesAt, LEASE_POLICY, readers } from '../../servers/openbao-database.ts';
import { PostgresServer } from '../../servers/postgres.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { signal, vaultStore, withToken } from './stores.ts';

const OWNER = 'analytics/spark-secrets-orders-run-abcdefgh01';
const PATH = key('database/creds/readonly');

describe('credentials on lease in OpenBao, of users in PostgreSQL', function () {
  this.timeout(60_000);
  let bao: OpenBao;
  let postgres: PostgresServer;
  const stores: VaultStore[] = [];

  before(async () => {
    [bao, postgres] = await Promise.all([OpenBao.start(), PostgresServer.start()]);
    await enableDatabase(bao, postgres, {
      readonly: { default_ttl: '3s', max_ttl: '8s' },
      short: { default_ttl: '3s', max_ttl: '4s' },
      hourly: { default_ttl: '1h' },
    });
    await bao.must('PUT', 'sys/policies/acl/operator', { policy: LEASE_POLICY });
  });

  after(async () => {
    await Promise.all([bao.stop(), postgres.remove()]);
  });

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await bao.must('PUT', 'sys/leases/revoke-prefix/database/creds');
  });

  /** A store with a token of these policies. */
  async function open(policy = LEASE_POLICY): Promise<{ store: VaultStore; token: string }> {
    await bao.must('PUT', 'sys/policies/acl/test', { policy });
    const body = await bao.must('POST', 'auth/token/create', {
      policies: ['test'],
      no_default_policy: true,
      ttl: '1h',
    });
    const { client_token: token } = body['auth'] as { client_token: string };
    const store = vaultStore({ endpoint: bao.url }, withToken(token));
    stores.push(store);
    return { store, token };
  }

  const loginOf = ({ values }: Lease): { user: string; password: string; database: string } => ({
    user: values.get('username')?.reveal().toString() ?? '',
    password: values.get('password')?.reveal().toString() ?? '',
    database: 'postgres',
  });

  const works = async (lease: Lease): Promise<boolean> =>
    postgres.query('SELECT 1', [], postgres.url(loginOf(lease))).then(
      () => true,
      () => false,
    );

  it('work, last longer than their first time when they are renewed, and end at once when they are revoked', async () => {
    const { store } = await open();
    const lease = await store.leases.lease(PATH, OWNER, signal);
    expect(await works(lease)).to.be.true;
    const held = { handle: lease.handle, owner: OWNER };
    for (let at = 0; at < 3; at += 1) {
      const { ttlMs } = await store.leases.keep(held, signal);
      expect(ttlMs).to.be.within(1_000, 3_000);
      await sleep(1_500);
    }
    expect(await works(lease)).to.be.true;
    await store.leases.revoke(held, signal);
    await eventually(async () => {
      expect(await leasesAt(bao, PATH)).to.deep.equal([]);
      expect(await readers(postgres)).to.deep.equal([]);
    });
    expect(await works(lease)).to.be.false;
    await store.leases.revoke(held, signal);
    expect(await failureOf(store.leases.keep(held, signal))).to.include({ code: 'KeyRefused' });
  });

  it('do not outlive their longest time, and that is told', async () => {
    const { store } = await open();
    const { handle } = await store.leases.lease(key('database/creds/short'), OWNER, signal);
    const times: number[] = [];
    const held = { handle, owner: OWNER };
    const error = await (async () => {
      for (;;) {
        try {
          times.push((await store.leases.keep(held, signal)).ttlMs);
        } catch (failure) {
          return failure;
        }
        await sleep(1_000);
      }
    })();
    expect(error).to.be.instanceOf(OperatorError).and.to.include({ code: 'KeyRefused' });
    expect(times.at(-1)).to.be.lessThan(2_000);
  });

  it('that nobody confirms are for a minute at most: their token says so', async () => {
    const { store } = await open();
    const lease = await store.leases.lease(key('database/creds/hourly'), OWNER, signal);
    expect(lease.ttlMs).to.equal(45_000);
    const [accessor = ''] = lease.handle.split(' ');
    const lookup = async (): Promise<Record<string, unknown>> =>
      (await bao.must('POST', 'auth/token/lookup-accessor', { accessor }))['data'] as Record<string, unknown>;
    expect((await lookup())['ttl']).to.be.within(30, 45);
    await store.leases.keep({ handle: lease.handle, owner: OWNER }, signal);
    expect((await lookup())['ttl']).to.be.within(3_500, 3_600);
  });

  it('end with that token, whatever time the role gives them', async () => {
    const { store } = await open();
    const lease = await store.leases.lease(key('database/creds/hourly'), OWNER, signal);
    const [accessor = ''] = lease.handle.split(' ');
    await bao.must('POST', 'auth/token/renew-accessor', { accessor, increment: '1s' });
    await eventually(async () => {
      expect(await readers(postgres)).to.deep.equal([]);
    });
  });

  it('outlive the token of the operator', async () => {
    const { store, token } = await open();
    const lease = await store.leases.lease(key('database/creds/hourly'), OWNER, signal);
    await bao.must('POST', 'auth/token/revoke', { token });
    expect(await works(lease)).to.be.true;
  });

  it('are children of a token that a person made, where orphans are not allowed', async () => {
    const { store } = await open(LEASE_POLICY.replace('create-orphan', 'create'));
    const lease = await store.leases.lease(PATH, OWNER, signal);
    expect(await works(lease)).to.be.true;
  });

  it('are kept and ended only for whom they were made', async () => {
    const { store } = await open();
    const lease = await store.leases.lease(key('database/creds/hourly'), OWNER, signal);
    const stolen = { handle: lease.handle, owner: 'b/spark-secrets-orders-run-abcdefgh01' };
    expect(await failureOf(store.leases.keep(stolen, signal))).to.include({ code: 'KeyRefused' });
    await store.leases.revoke(stolen, signal);
    const tokenOfRoot = { handle: `${await accessorOfRoot()} database/creds/x/y`, owner: OWNER };
    await store.leases.revoke(tokenOfRoot, signal);
    expect((await bao.request('GET', 'auth/token/lookup-self')).status).to.equal(200);
    expect(await works(lease)).to.be.true;
  });

  async function accessorOfRoot(): Promise<string> {
    const { data } = (await bao.must('GET', 'auth/token/lookup-self')) as { data?: { accessor?: string } };
    return data?.accessor ?? '';
  }

  describe('are not made, and nothing stays behind,', () => {
    const refusals: Record<string, readonly [path: string, code: string, words: string, without?: string]> = {
      'where there is no role': ['database/creds/none', 'KeyRefused', 'has no role there'],
      'out of a value that is on no lease': ['secret/data/tests/probe', 'KeyRefused', 'nothing on lease'],
      'where the policy does not let the operator read': [
        'database/creds/readonly',
        'KeyRefused',
        '"read" on database/creds/readonly',
        'database/creds/',
      ],
      'where the operator may make no token': [
        'database/creds/readonly',
        'AuthenticationFailed',
        '"update" on auth/token/create-orphan',
        'auth/token/create-orphan',
      ],
    };
    for (const [sentence, [path, code, words, without = 'nothing']] of Object.entries(refusals)) {
      it(sentence, async () => {
        const { store } = await open(LEASE_POLICY.replace(without, 'elsewhere/'));
        await bao.must('POST', 'secret/data/tests/probe', { data: { value: 'hunter2' } });
        const error = await failureOf(store.leases.lease(path as SecretKey, OWNER, signal));
        expect(error).to.include({ code }).and.to.have.property('message').that.includes(words);
        expect(seenOf(error)).not.to.include('hunter2');
        expect(await readers(postgres)).to.deep.equal([]);
      });
    }

    it('while the database is away', async () => {
      const { store } = await open();
      await postgres.stop();
      try {
        expect(await failureOf(store.leases.lease(PATH, OWNER, signal))).to.include({ code: 'StoreUnreachable' });
      } finally {
        await postgres.restart();
      }
      expect(await readers(postgres)).to.deep.equal([]);
    });
  });

  it('say that a batch token can not do it', async () => {
    const made = await bao.must('POST', 'auth/token/create', { policies: ['operator'], type: 'batch', ttl: '1h' });
    const { client_token: token } = made['auth'] as { client_token: string };
    const store = vaultStore({ endpoint: bao.url }, withToken(token));
    stores.push(store);
    const error = await failureOf(store.leases.lease(PATH, OWNER, signal));
    expect(error).to.include({ code: 'AuthenticationFailed' }).and.to.have.property('message').that.includes('batch');
  });

  for (const path of [
    'auth/token/renew-accessor',
    'auth/token/lookup-accessor',
    'auth/token/revoke-accessor',
    'sys/leases/renew',
  ]) {
    it(`say which policy is missing without ${path}`, async () => {
      const { store } = await open(LEASE_POLICY.replace(path, 'elsewhere'));
      const { handle } = await store.leases.lease(PATH, OWNER, signal);
      const held = { handle, owner: OWNER };
      const work = path.includes('renew') ? store.leases.keep(held, signal) : store.leases.revoke(held, signal);
      const error = await failureOf(work);
      expect(error).to.include({ code: 'AuthenticationFailed' }).and.to.have.property('message').that.includes(path);
    });
  }
});
