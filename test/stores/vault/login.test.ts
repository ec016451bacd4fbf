import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VaultSpec } from '../../../operator/stores/vault/connection.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { writeCertificates } from '../../servers/openbao-config.ts';
import { TokenReviewDouble } from '../../servers/openbao-token-review.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { JwtIssuer } from './jwt.ts';
import { MemoryReferences, signal, textsIn, vaultStore, withToken } from './stores.ts';

const OPERATOR = 'system:serviceaccount:spark-secrets:operator';
const READER = 'path "secret/data/app/*" { capabilities = ["read"] }';

describe('the login of a vault store', () => {
  const issuer = new JwtIssuer();
  const accountToken = issuer.token(OPERATOR);
  let server: OpenBao;
  let reviews: TokenReviewDouble;
  let references: MemoryReferences;
  const stores: { close(): Promise<void> }[] = [];

  const open = (auth: VaultSpec['auth']) => {
    const store = vaultStore({ endpoint: server.url, auth }, references);
    stores.push(store);
    return store;
  };
  const logins = async (path: string) => (await server.audited()).filter(({ request }) => request.path === path).length;
  const appRole = async (name: string, settings: object): Promise<VaultSpec['auth']> => {
    await server.must('POST', `auth/approle/role/${name}`, { token_policies: ['reader'], ...settings });
    const role = await server.must('GET', `auth/approle/role/${name}/role-id`);
    const secret = await server.must('POST', `auth/approle/role/${name}/secret-id`, {});
    references.secrets.set('role/secret-id', (secret['data'] as { secret_id: string }).secret_id);
    const { role_id: roleId } = role['data'] as { role_id: string };
    return { appRole: { roleId, secretIdSecretRef: { name: 'role', key: 'secret-id' } } };
  };
  /** A token that the root made. */
  const token = async (settings: object) => {
    const body = await server.must('POST', 'auth/token/create', { policies: ['reader'], ...settings });
    return (body['auth'] as { client_token: string }).client_token;
  };

  before(async function () {
    this.timeout(120_000);
    server = await OpenBao.start();
    reviews = await TokenReviewDouble.start(new Map([[accountToken, OPERATOR]]));
    await server.must('PUT', 'sys/policies/acl/reader', { policy: READER });
    await server.must('POST', 'secret/data/app/a', { data: { value: '1' } });
    for (const type of ['approle', 'kubernetes', 'jwt']) await server.must('POST', `sys/auth/${type}`, { type });
    await server.must('POST', 'auth/kubernetes/config', {
      kubernetes_host: reviews.url,
      token_reviewer_jwt: accountToken,
      disable_local_ca_jwt: true,
      kubernetes_ca_cert: await readFile(await writeCertificates(server.folder), 'utf8'),
    });
    const account = { bound_service_account_names: ['operator'], bound_service_account_namespaces: ['spark-secrets'] };
    await server.must('POST', 'auth/kubernetes/role/spark', { ...account, token_policies: ['reader'] });
    await server.must('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [issuer.publicKey] });
    const subject = { role_type: 'jwt', user_claim: 'sub', bound_subject: OPERATOR, bound_audiences: ['openbao'] };
    await server.must('POST', 'auth/jwt/role/spark', { ...subject, token_policies: ['reader'] });
  });
  after(async () => {
    await reviews.stop();
    await server.stop();
  });
  beforeEach(() => {
    references = withToken(server.rootToken);
    references.identify = (audience) => (audience === 'another' ? issuer.token(OPERATOR, audience) : accountToken);
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  describe('with each of its methods', () => {
    const methods: Record<string, () => Promise<VaultSpec['auth']>> = {
      'a token in a Secret': async () => {
        // As `kubectl create secret --from-file` leaves it.
        references.secrets.set('bao/token', `${await token({})}\n`);
        return { tokenSecretRef: { name: 'bao', key: 'token' } };
      },
      'an AppRole': () => appRole('spark', {}),
      'its ServiceAccount, at kubernetes': () => Promise.resolve({ kubernetes: { role: 'spark' } }),
      'its ServiceAccount, at jwt': () => Promise.resolve({ jwt: { role: 'spark', audience: 'openbao' } }),
    };
    for (const [name, auth] of Object.entries(methods)) {
      it(`reads with ${name}`, async () => {
        const store = open(await auth());
        expect(await textsIn(store, 'a', 'none')).to.deep.equal({ a: '1' });
        const { ready, message, keys } = await store.check(signal);
        expect({ ready, keys }).to.deep.equal({ ready: true, keys: undefined });
        expect(message).to.include('policies default, reader').and.to.include('not counted');
      });
    }
  });

  it('is one, however many reads wait for it', async () => {
    const before = await logins('auth/approle/login');
    const store = open(await appRole('spark', {}));
    const reads = Array.from({ length: 50 }, (_, at) => store.readMany([key('a'), key(`none-${at}`)], signal));
    await Promise.all(reads);
    expect(await logins('auth/approle/login')).to.equal(before + 1);
  });

  it('is refused with words that say what to look at, and without what it was made with', async () => {
    const wrongRole = { kubernetes: { role: 'nobody' } };
    const wrongAudience = { jwt: { role: 'spark', audience: 'another' } };
    const notMounted = { kubernetes: { role: 'spark', mount: 'elsewhere' } };
    const badSecret = await appRole('spark', {});
    references.secrets.set('role/secret-id', 'hunter2-is-no-secret-id');
    for (const auth of [wrongRole, wrongAudience, notMounted, badSecret]) {
      const error = await failureOf(open(auth).check(signal));
      expect(error).to.include({ code: 'AuthenticationFailed' });
      expect((error as Error).message).to.match(/refused the login by .* look at/);
      expect(seenOf(error)).not.to.include(accountToken).and.not.include('hunter2').and.not.include('eyJ');
    }
  });

  it('is not tried again at once with a credential that was refused, but at once with another', async () => {
    const auth = await appRole('spark', {});
    const good = references.secrets.get('role/secret-id') ?? '';
    references.secrets.set('role/secret-id', 'wrong');
    const store = open(auth);
    const before = await logins('auth/approle/login');
    for (let tries = 0; tries < 5; tries += 1) await failureOf(store.readMany([key('a')], signal));
    expect(await logins('auth/approle/login')).to.equal(before + 1);
    references.secrets.set('role/secret-id', good);
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
  });

  it('says which Secret is missing', async () => {
    references.secrets.clear();
    const error = await failureOf(open({ tokenSecretRef: { name: 'bao', key: 'token' } }).check(signal));
    expect(error).to.include({ code: 'CredentialsMissing' });
  });

  it('says that a Secret holds no token, without showing it', async () => {
    references.secrets.set('bao/token', 'hunter2 is\r\nX-Evil: no token');
    const error = await failureOf(open({ tokenSecretRef: { name: 'bao', key: 'token' } }).check(signal));
    expect(error).to.include({ code: 'AuthenticationFailed' });
    expect(seenOf(error)).not.to.include('hunter2');
  });

  it('is made again when the server revoked the token', async () => {
    const store = open(await appRole('spark', {}));
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
    await revokeAll('auth/approle/login');
    expect(await textsIn(store, 'a', 'none')).to.deep.equal({ a: '1' });
  });

  it('is made again also when the token is revoked a moment after it was found good', async () => {
    const auth = await appRole('spark', {});
    await server.must('POST', 'secret/data/elsewhere', { data: { value: 'theirs' } });
    const store = vaultStore({ endpoint: server.url, path: '/v1/secret/data', auth }, references);
    stores.push(store);
    expect(await textsIn(store, 'app/a', 'elsewhere')).to.deep.equal({ 'app/a': '1', elsewhere: 'KeyRefused' });
    await revokeAll('auth/approle/login');
    expect(await textsIn(store, 'app/a')).to.deep.equal({ 'app/a': '1' });
  });

  it('takes the token of a Secret that changed, at the next check', async () => {
    const [old, next] = [await token({}), await token({ meta: { number: '2' } })];
    references.secrets.set('bao/token', old);
    const store = open({ tokenSecretRef: { name: 'bao', key: 'token' } });
    await store.check(signal);
    references.secrets.set('bao/token', next);
    await store.check(signal);
    await server.must('POST', 'auth/token/revoke', { token: old });
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
  });

  it('fails while the token of its Secret is revoked, and works with a new one', async () => {
    const old = await token({});
    references.secrets.set('bao/token', old);
    const store = open({ tokenSecretRef: { name: 'bao', key: 'token' } });
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
    await server.must('POST', 'auth/token/revoke', { token: old });
    const error = await failureOf(store.readMany([key('a')], signal));
    expect(error).to.include({ code: 'AuthenticationFailed' });
    expect((error as Error).message).to.include('put a new one there');
    expect(seenOf(error)).not.to.include(old);
    references.secrets.set('bao/token', await token({}));
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
  });

  it('tells refused keys from a token that is gone, also for a token that may not look at itself', async () => {
    references.secrets.set('bao/token', await token({ no_default_policy: true }));
    await server.must('POST', 'secret/data/elsewhere', { data: { value: 'theirs' } });
    const store = vaultStore({ endpoint: server.url, path: '/v1/secret/data' }, references);
    stores.push(store);
    expect(await textsIn(store, 'app/a', 'elsewhere')).to.deep.equal({ 'app/a': '1', elsewhere: 'KeyRefused' });
  });

  it('renews a token before it ends', async () => {
    const store = open(await appRole('short', { token_ttl: '2s', token_max_ttl: '1h' }));
    const before = [await logins('auth/approle/login'), await logins('auth/token/renew-self')] as const;
    await textsIn(store, 'a');
    await sleep(3500);
    expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
    expect(await logins('auth/approle/login')).to.equal(before[0] + 1);
    expect(await logins('auth/token/renew-self')).to.be.within(before[1] + 2, before[1] + 3);
  }).timeout(10_000);

  it('gets another token before one ends that can be renewed no further', async () => {
    const store = open(await appRole('capped', { token_ttl: '2s', token_max_ttl: '3s' }));
    await textsIn(store, 'a');
    const before = await logins('auth/approle/login');
    for (let reads = 0; reads < 40; reads += 1) {
      expect(await textsIn(store, 'a')).to.deep.equal({ a: '1' });
      await sleep(100);
    }
    expect(await logins('auth/approle/login')).to.be.within(before + 1, before + 3);
    expect((await server.audited()).filter(({ request }) => request.path === 'sys/internal/ui/mounts')).not.to.be.empty;
  }).timeout(10_000);

  it('says when a token ends that nobody can renew', async () => {
    references.secrets.set('bao/token', await token({ ttl: '1h', renewable: false }));
    const { message } = await open({ tokenSecretRef: { name: 'bao', key: 'token' } }).check(signal);
    expect(message).to.match(/ends at 20\d\d-.*replace it before/);
  });

  /** Ends all tokens that an auth method made. */
  async function revokeAll(prefix: string): Promise<void> {
    await server.must('POST', `sys/leases/revoke-prefix/${prefix}`, {});
  }
});
