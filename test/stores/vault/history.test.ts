import { expect } from 'chai';
import { ROOT_GROUP } from '../../../operator/api/secret-key.ts';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { StoreCache } from '../../../operator/stores/cache.ts';
import type { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { storeConfig } from '../../support/objects.ts';
import { put, signal, vaultStore, withToken } from './stores.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('earlier values in a vault store, on a real OpenBao', () => {
  let server: OpenBao;
  let prefixes = 0;
  const stores: VaultStore[] = [];

  const at = (path: string, token = server.rootToken) => {
    const store = vaultStore({ endpoint: server.url, path: `/v1/secret/data/${path}` }, withToken(token));
    stores.push(store);
    return store;
  };
  const fresh = () => {
    prefixes += 1;
    const prefix = `h${prefixes}`;
    return { store: at(prefix), prefix };
  };
  const listed = async (store: VaultStore, where: string) =>
    (await store.history!.versions(key(where), signal)).map(({ version, current }) =>
      current ? `${numberOf(version)}*` : numberOf(version),
    );
  const textAt = async (store: VaultStore, where: string, version: string) =>
    (await store.history!.readVersion(key(where), version, signal))?.value.reveal().toString();
  const numberOf = (version: string) => version.replace(/@.*/, '');

  before(async function () {
    this.timeout(120_000);
    server = await OpenBao.start();
  });
  after(async () => {
    await server.stop();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  it('are those that the server keeps: ten, or as many as the key says', async () => {
    const { store, prefix } = fresh();
    await server.must('POST', `secret/metadata/${prefix}/few`, { max_versions: 3 });
    const versions: string[] = [];
    for (let nth = 1; nth <= 12; nth += 1) versions.push(await put(store, 'many', String(nth)));
    for (let nth = 1; nth <= 5; nth += 1) await put(store, 'few', String(nth));
    expect(await listed(store, 'many')).to.deep.equal(['12*', '11', '10', '9', '8', '7', '6', '5', '4', '3']);
    expect(await listed(store, 'few')).to.deep.equal(['5*', '4', '3']);
    expect(await textAt(store, 'many', versions[2]!)).to.equal('3');
    expect(await textAt(store, 'many', versions[1]!)).to.be.undefined;
  });

  it('leave out what was deleted or destroyed', async () => {
    const { store, prefix } = fresh();
    const versions: string[] = [];
    for (const value of ['1', '2', '3', '4']) versions.push(await put(store, 'a', value));
    await server.must('PUT', `secret/destroy/${prefix}/a`, { versions: [2] });
    await server.must('PUT', `secret/delete/${prefix}/a`, { versions: [3] });
    expect(await listed(store, 'a')).to.deep.equal(['4*', '1']);
    for (const nth of [1, 2]) expect(await textAt(store, 'a', versions[nth]!), String(nth)).to.be.undefined;
    await server.must('PUT', `secret/undelete/${prefix}/a`, { versions: [3] });
    expect(await textAt(store, 'a', versions[2]!)).to.equal('3');
    await server.must('DELETE', `secret/data/${prefix}/a`);
    expect(await listed(store, 'a')).to.deep.equal(['3', '1']);
  });

  it('tell those that are to be deleted later, for as long as they can be read', async () => {
    const { store, prefix } = fresh();
    await server.must('POST', `secret/metadata/${prefix}/a`, { delete_version_after: '1h' });
    const version = await put(store, 'a', '1');
    expect(await listed(store, 'a')).to.deep.equal(['1*']);
    expect(await textAt(store, 'a', version)).to.equal('1');
  });

  it('of a key that was made again are not those of the one before', async () => {
    const { store } = fresh();
    const before = await put(store, 'a', 'of before');
    await store.remove(key('a'), { signal });
    await put(store, 'a', 'of now');
    expect(await textAt(store, 'a', before)).to.be.undefined;
  });

  it('are refused for that key where the policy does not give them, with the path to be given', async () => {
    const { store, prefix } = fresh();
    const version = await put(store, 'a', HIDDEN);
    const policy = `path "secret/data/${prefix}/b" { capabilities = ["read"] }`;
    await server.must('PUT', `sys/policies/acl/${prefix}`, { policy });
    const { auth } = await server.must('POST', 'auth/token/create', { policies: [prefix] });
    const limited = at(prefix, (auth as { client_token: string }).client_token).history!;
    const errors = [
      await failureOf(limited.versions(key('a'), signal)),
      await failureOf(limited.readVersion(key('a'), version, signal)),
    ];
    for (const [nth, path] of [`secret/metadata/${prefix}/a`, `secret/data/${prefix}/a`].entries()) {
      expect(errors[nth])
        .to.include({ code: 'KeyRefused' })
        .and.to.have.property('message')
        .that.includes(`"read" on ${path}`);
      expect(seenOf(errors[nth])).not.to.include(HIDDEN);
    }
  });

  it('that hold no value of ours are told as unreadable', async () => {
    const { store, prefix } = fresh();
    await server.must('POST', `secret/data/${prefix}/a`, { data: { password: HIDDEN } });
    const [odd] = await store.history!.versions(key('a'), signal);
    await put(store, 'a', 'good');
    const error = await failureOf(store.history!.readVersion(key('a'), odd!.version, signal));
    expect(error).to.include({ code: 'ValueUnreadable' });
    expect(seenOf(error)).not.to.include(HIDDEN);
  });

  it('are never said to be none where the mount is not there', async () => {
    const store = vaultStore({ endpoint: server.url, path: '/v1/none/data/app' }, withToken(server.rootToken));
    stores.push(store);
    for (const call of [
      store.history!.versions(key('a'), signal),
      store.history!.readVersion(key('a'), '1@2026-01-01T00:00:00Z', signal),
    ])
      expect(await failureOf(call)).to.include({ code: 'StoreUnreachable' });
  });

  it('are brought back for people, through the cache of stores', async () => {
    const { store } = fresh();
    const cache = new StoreCache({ open: () => store, onChange: () => undefined });
    const owner = { config: storeConfig(), who: 'owner' } as const;
    const options = { signal };
    const first = await cache.desk.write(owner, key('orders/a'), SecretValue.fromText('1'), options);
    const second = await cache.desk.write(owner, key('orders/a'), SecretValue.fromText('2'), options);
    expect(await cache.desk.write(owner, key('orders/a'), SecretValue.fromText('2'), options)).to.deep.equal({
      version: second.version,
      created: false,
      unchanged: true,
    });
    const back = await cache.desk.rollback(owner, key('orders/a'), first.version, {
      ...options,
      ifVersion: second.version,
    });
    expect(back).to.deep.include({ created: false, unchanged: false });
    expect(await listed(store, 'orders/a')).to.deep.equal(['3*', '2', '1']);
    const found = await cache.desk.read(owner, key('orders/a'), signal);
    expect([found?.version, found?.value.reveal().toString()]).to.deep.equal([back.version, '1']);
    const keys = await Array.fromAsync(cache.desk.search(owner, { group: ROOT_GROUP, text: 'ORDERS' }, signal));
    expect(keys).to.deep.equal([{ key: 'orders/a' }]);
    await cache.closeAll();
  });
});
