import { expect } from 'chai';
import { Agent } from 'node:http';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import type { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { sendRequest } from '../../servers/openbao-request.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { group, key } from '../../support/keys.ts';
import { put, signal, textsIn, vaultStore, withToken } from './stores.ts';

const HIDDEN = 'hunter2-is-hidden';
const MANY = 10_000;

describe('a vault store on a real OpenBao', () => {
  let server: OpenBao;
  let prefixes = 0;
  const stores: VaultStore[] = [];

  const at = (path: string, token = server.rootToken) => {
    const store = vaultStore({ endpoint: server.url, path }, withToken(token));
    stores.push(store);
    return store;
  };
  /** A store with a prefix of its own, and the paths of its keys. */
  const fresh = (mount: 'secret' | 'one') => {
    prefixes += 1;
    const own = `${mount}/${mount === 'secret' ? 'data/' : ''}p${prefixes}`;
    return { store: at(`/v1/${own}`), path: own, metadata: own.replace('/data/', '/metadata/') };
  };
  const tokenWith = async (policy: string) => {
    prefixes += 1;
    await server.must('PUT', `sys/policies/acl/p${prefixes}`, { policy });
    const body = await server.must('POST', 'auth/token/create', { policies: [`p${prefixes}`] });
    return (body['auth'] as { client_token: string }).client_token;
  };
  const listed = async (store: VaultStore, where: string) =>
    (await Array.fromAsync(store.list(group(where), signal))).map((entry) =>
      'key' in entry ? entry.key : `${entry.group}/`,
    );
  const versionOf = async (store: VaultStore, name: string) => {
    const found = (await store.readMany([key(name)], signal)).get(key(name));
    return found instanceof OperatorError ? found.code : found?.version;
  };

  before(async function () {
    this.timeout(120_000);
    server = await OpenBao.start();
    await server.must('POST', 'sys/mounts/one', { type: 'kv', options: { version: '1' } });
    await server.must('POST', 'sys/mounts/transit', { type: 'transit' });
  });
  after(async () => {
    await server.stop();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  for (const [version, mount] of [
    [2, 'secret'],
    [1, 'one'],
  ] as const) {
    const wrapped = (data: object) => (version === 2 ? { data } : data);

    describe(`KV version ${version}`, () => {
      it('reads what people write there, and they read what it writes', async () => {
        const { store, path } = fresh(mount);
        await server.must('POST', `${path}/DB_PASSWORD`, wrapped({ value: HIDDEN, note: 'beside it' }));
        expect(await textsIn(store, 'DB_PASSWORD')).to.deep.equal({ DB_PASSWORD: HIDDEN });
        await put(store, 'text', 'line 1\nline 2\t→');
        await store.write(key('bytes'), SecretValue.fromBytes(Uint8Array.of(0, 255)), { signal });
        const dataOf = async (name: string) => {
          const { data } = (await server.must('GET', `${path}/${name}`)) as { data: { data: unknown } };
          return version === 2 ? data.data : data;
        };
        expect(await dataOf('text')).to.deep.equal({ value: 'line 1\nline 2\t→' });
        expect(await dataOf('bytes')).to.deep.equal({ value: 'AP8=', encoding: 'base64' });
      });

      it('says of a key that it can not read it, and gives the others', async () => {
        const { store, path } = fresh(mount);
        const odd = {
          'no-value': { password: HIDDEN },
          number: { value: 5 },
          nested: { value: { password: HIDDEN } },
          'no-base64': { value: `${HIDDEN}!`, encoding: 'base64' },
          'odd-encoding': { value: HIDDEN, encoding: 'rot13' },
        };
        for (const [name, data] of Object.entries(odd)) await server.must('POST', `${path}/${name}`, wrapped(data));
        await put(store, 'good', '1');
        const found = await store.readMany([...Object.keys(odd), 'good'].map(key), signal);
        for (const name of Object.keys(odd)) {
          expect(found.get(key(name)), name)
            .to.be.instanceOf(OperatorError)
            .and.to.include({ code: 'ValueUnreadable' });
          expect(seenOf(found.get(key(name))), name).not.to.include(HIDDEN);
        }
        expect(found.get(key('good'))).to.have.property('value');
        await put(store, 'no-value', 'now it has one');
        expect(await textsIn(store, 'no-value')).to.deep.equal({ 'no-value': 'now it has one' });
      });

      it('says of a key that it is refused, and gives the others', async () => {
        const { store, path } = fresh(mount);
        for (const name of ['a', 'b']) await put(store, name, HIDDEN);
        const limited = at(`/v1/${path}`, await tokenWith(`path "${path}/a" { capabilities = ["read"] }`));
        const found = await limited.readMany(['a', 'b', 'none'].map(key), signal);
        expect(found.get(key('a'))).to.have.property('value');
        expect(found.get(key('b')))
          .to.be.instanceOf(OperatorError)
          .and.to.have.property('message')
          .that.includes(`b: give the operator a policy with "read" on ${path}/b`);
        expect(found.get(key('none'))).to.include({ code: 'KeyRefused' });
        for (const call of [
          () => Array.fromAsync(limited.list(group(''), signal)),
          () => limited.write(key('a'), SecretValue.fromText('2'), { signal }),
          () => limited.remove(key('a'), { signal }),
        ])
          expect(await failureOf(call())).to.include({ code: 'KeyRefused' });
        const { ready, keys } = await limited.check(signal);
        expect({ ready, keys }).to.deep.equal({ ready: true, keys: undefined });
      });

      it('never leaves its prefix', async () => {
        const { store, path } = fresh(mount);
        const neighbour = at(`/v1/${path}-2`);
        await put(neighbour, 'a', HIDDEN);
        await put(store, 'a', 'own');
        for (const name of ['...', '..a', '-2', '.../a', '..-2/a'])
          expect(await textsIn(store, name)).to.deep.equal({});
        expect(await listed(store, '')).to.deep.equal(['a']);
        expect(await listed(store, '...')).to.deep.equal([]);
      });

      it('passes over names that are no key', async () => {
        const { store, path } = fresh(mount);
        for (const name of ['a%20b', 'good', 'x%40y/z'])
          await server.must('POST', `${path}/${name}`, wrapped({ value: '1' }));
        expect(await listed(store, '')).to.deep.equal(['good']);
      });
    });
  }

  describe('with versions of the server', () => {
    // Of the other version, too, a list is one answer.
    it(`lists ${MANY} keys of one folder`, async () => {
      const { store, path } = fresh('secret');
      const names = Array.from({ length: MANY }, (_, number) => `K${String(number).padStart(5, '0')}`);
      const queue = names.values();
      const agent = new Agent({ keepAlive: true });
      const seed = async () => {
        for (const name of queue) {
          const url = `${server.url}/v1/${path}/many/${name}`;
          const json = { data: { value: name } };
          await sendRequest({ url, method: 'POST', json, token: server.rootToken, agent });
        }
      };
      await Promise.all(Array.from({ length: 8 }, seed));
      agent.destroy();
      expect(await listed(store, 'many')).to.deep.equal(names.map((name) => `many/${name}`));
      expect((await store.check(signal)).keys).to.equal(MANY);
    }).timeout(60_000);

    it('does not see what was deleted or destroyed, and writes it anew', async () => {
      const { store, path } = fresh('secret');
      await put(store, 'deleted', '1');
      await server.must('DELETE', `${path}/deleted`);
      await put(store, 'destroyed', '1');
      await server.must('PUT', `${path.replace('/data/', '/destroy/')}/destroyed`, { versions: [1] });
      expect(await textsIn(store, 'deleted', 'destroyed')).to.deep.equal({});
      await store.write(key('deleted'), SecretValue.fromText('2'), { signal, ifVersion: null });
      await put(store, 'destroyed', '2');
      expect(await textsIn(store, 'deleted', 'destroyed')).to.deep.equal({ deleted: '2', destroyed: '2' });
    });

    it('no longer lists what it saw deleted, until it comes back', async () => {
      const { store, path } = fresh('secret');
      for (const name of ['g/a', 'g/b']) await put(store, name, '1');
      await server.must('DELETE', `${path}/g/a`);
      expect(await textsIn(store, 'g/a', 'g/b')).to.deep.equal({ 'g/b': '1' });
      expect(await listed(store, 'g')).to.deep.equal(['g/b']);
      await server.must('PUT', `${path.replace('/data/', '/undelete/')}/g/a`, { versions: [1] });
      expect(await listed(store, 'g')).to.deep.equal(['g/a', 'g/b']);
    });

    it('sees an older version come back', async () => {
      const { store, path } = fresh('secret');
      const version = await put(store, 'a', '1');
      await server.must('DELETE', `${path}/a`);
      expect(await textsIn(store, 'a')).to.deep.equal({});
      await server.must('PUT', `${path.replace('/data/', '/undelete/')}/a`, { versions: [1] });
      expect(await versionOf(store, 'a')).to.equal(version);
    });

    it('tells a key that was made again from the one before', async () => {
      const { store } = fresh('secret');
      const first = await put(store, 'a', '1');
      await store.remove(key('a'), { signal });
      expect(await put(store, 'a', '1')).not.to.equal(first);
    });

    it('removes what was deleted already, so that its group is gone', async () => {
      const { store, path } = fresh('secret');
      await put(store, 'g/a', '1');
      await server.must('DELETE', `${path}/g/a`);
      await store.remove(key('g/a'), { signal });
      expect(await listed(store, '')).to.deep.equal([]);
    });

    it('writes where the server demands compare-and-set', async () => {
      const { store, metadata } = fresh('secret');
      await server.must('POST', `${metadata}/a`, { cas_required: true });
      await put(store, 'a', '1');
      await put(store, 'a', '2');
      expect(await textsIn(store, 'a')).to.deep.equal({ a: '2' });
    });

    it('lets writes without a condition through, however many come at once', async () => {
      const { store } = fresh('secret');
      await Promise.all(['1', '2', '3'].map((text) => put(store, 'a', text)));
      expect(await versionOf(store, 'a')).to.match(/^3@/);
    });
  });

  describe('with a path that is wrong', () => {
    const wrong = {
      'a mount of version 1, as if it were 2': ['/v1/one/data/app', 'one/ is KV version 1.*write it as /v1/one/app'],
      'a mount of version 2, as if it were 1': ['/v1/secret/app', 'secret/ is KV version 2.*as /v1/secret/data/app'],
      'a mount that is not there': ['/v1/none/data/app', 'no secrets engine is mounted for none/data/app'],
      'a mount of another kind': ['/v1/transit/app', 'type transit, not kv'],
    } as const;
    for (const [what, [path, words]] of Object.entries(wrong)) {
      it(`says so of ${what}, and never "not there"`, async () => {
        const store = at(path);
        for (const call of [
          () => store.readMany([key('a')], signal),
          () => Array.fromAsync(store.list(group(''), signal)),
          () => store.check(signal),
        ]) {
          const error = (await failureOf(call())) as OperatorError;
          expect(error).to.include({ code: 'StoreUnreachable' });

          expect(error.message).to.match(new RegExp(words));
        }
      });
    }
  });

  describe('with namespaces of the server', () => {
    it('reads the one that its spec names, and says when there is none', async () => {
      await server.must('POST', 'sys/namespaces/team', {});
      await server.must('POST', 'team/sys/mounts/secret', { type: 'kv', options: { version: '2' } });
      await server.must('POST', 'team/secret/data/app/a', { data: { value: 'of the team' } });
      await server.must('POST', 'secret/data/app/a', { data: { value: 'of the root' } });
      for (const [namespace, text] of [
        ['team', 'of the team'],
        [undefined, 'of the root'],
      ] as const) {
        const spec = { endpoint: server.url, ...(namespace !== undefined && { namespace }) };
        const store = vaultStore(spec, withToken(server.rootToken));
        stores.push(store);
        expect(await textsIn(store, 'a')).to.deep.equal({ a: text });
        expect((await store.check(signal)).keys).to.equal(1);
      }
      const nowhere = vaultStore({ endpoint: server.url, namespace: 'nobody' }, withToken(server.rootToken));
      stores.push(nowhere);

      const error = (await failureOf(nowhere.readMany([key('a')], signal))) as OperatorError;
      expect(error).to.include({ code: 'StoreUnreachable' });
      expect(error.message).to.include('no such namespace');
    });
  });

  it('costs one request a key in the audit log, a check none, and shows no value there', async () => {
    const { store, path } = fresh('secret');
    const names = Array.from({ length: 50 }, (_, number) => `k${number}`);
    for (const name of names) await put(store, name, HIDDEN);
    await store.check(signal);
    const before = (await server.audited()).length;
    await store.readMany(names.map(key), signal);
    await store.check(signal);
    await store.ping(signal);
    const reads = (await server.audited()).slice(before);
    expect(reads.map(({ request }) => request.path).sort()).to.deep.equal(
      names.map((name) => `${path}/${name}`).sort(),
    );
    expect(JSON.stringify(await server.audited())).not.to.include(HIDDEN);
  });
});
