import { expect } from 'chai';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import type { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { eventually } from '../../doubles/eventually.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { OpenBaoProxy } from '../../servers/openbao-proxy.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { put, signal, textsIn, vaultStore, withToken } from './stores.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('a vault store in outages', () => {
  /** All that a store can be asked: each must fail, and none say "not there". */
  const failures = async (store: VaultStore) => {
    const calls = {
      ping: () => store.ping(signal),
      check: () => store.check(signal),
      read: () => store.readMany([key('a'), key('none')], signal),
      write: () => store.write(key('a'), SecretValue.fromText(`${HIDDEN}-too`), { signal }),
    };
    const errors: Record<string, OperatorError> = {};
    for (const [name, call] of Object.entries(calls)) errors[name] = (await failureOf(call())) as OperatorError;
    return errors;
  };
  const expectAll = (errors: Record<string, OperatorError>, words: RegExp, hidden: readonly string[]) => {
    for (const [name, error] of Object.entries(errors)) {
      expect(error, name).to.be.instanceOf(OperatorError).and.to.include({ code: 'StoreUnreachable' });
      expect(error.message, name).to.match(words);
      for (const text of [HIDDEN, Buffer.from(HIDDEN).toString('base64'), ...hidden])
        expect(seenOf(error), name).not.to.include(text);
    }
  };

  describe('of a server in production, over TLS', () => {
    let server: OpenBao;
    let store: VaultStore;

    before(async function () {
      this.timeout(120_000);
      server = await OpenBao.start({ mode: 'raft', tls: true });
      const references = withToken(server.rootToken);
      references.secrets.set('bao/ca', server.ca ?? '');
      store = vaultStore({ endpoint: server.url, tls: { caSecretRef: { name: 'bao', key: 'ca' } } }, references);
      await put(store, 'a', HIDDEN);
    });
    after(async () => {
      await store.close();
      await server.stop();
    });

    it('says that it is sealed, and works again when it is not', async () => {
      await server.seal();
      expectAll(await failures(store), /it is sealed: unseal it/, [server.rootToken]);
      await server.unseal();
      await eventually(() => store.ping(signal));
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
    }).timeout(20_000);

    it('says that nothing listens after a crash, and works again when it is back', async () => {
      await server.kill();
      expectAll(await failures(store), /nothing listens at 127\.0\.0\.1:\d+/, [server.rootToken]);
      await server.startAgain();
      expectAll(await failures(store), /it is sealed/, [server.rootToken]);
      await server.unseal();
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
      await eventually(async () => (await store.check(signal)).ready);
    }).timeout(20_000);

    it('ends at the signal while it hangs, and works again at once when it goes on', async () => {
      server.pause();
      const reason = new Error('it took too long');
      const limit = new AbortController();
      setTimeout(() => {
        limit.abort(reason);
      }, 300);
      const reads = [store.readMany([key('a')], limit.signal), store.ping(limit.signal), store.check(limit.signal)];
      expect(await Promise.all(reads.map(failureOf))).to.deep.equal([reason, reason, reason]);
      server.resume();
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
    });

    it('logs in when it goes on, if it hung at the first login', async () => {
      const references = withToken(server.rootToken);
      references.secrets.set('bao/ca', server.ca ?? '');
      const other = vaultStore({ endpoint: server.url, tls: { caSecretRef: { name: 'bao', key: 'ca' } } }, references);
      server.pause();
      const limit = AbortSignal.timeout(200);
      expect(await failureOf(other.readMany([key('a')], limit))).to.equal(limit.reason);
      server.resume();
      expect(await textsIn(other, 'a')).to.deep.equal({ a: HIDDEN });
      await other.close();
    });

    it('tells a value that its storage does not take, and changes nothing', async () => {
      const error = await failureOf(
        store.write(key('a'), SecretValue.fromBytes(Buffer.alloc(1_048_576, 'x')), { signal }),
      );
      expect(error).to.include({ code: 'ValueTooLarge' });
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
      const largest = SecretValue.fromBytes(Buffer.alloc(1_047_552, 'x'));
      await store.write(key('b'), largest, { signal });
      expect((await store.readMany([key('b')], signal)).get(key('b')))
        .to.have.property('value')
        .that.satisfies((value: SecretValue) => value.equals(largest));
    });
  });

  describe('of what lies between', () => {
    let server: OpenBao;
    let proxy: OpenBaoProxy;
    let store: VaultStore;

    before(async function () {
      this.timeout(120_000);
      server = await OpenBao.start();
      proxy = await OpenBaoProxy.before(server.url);
    });
    after(async () => {
      await proxy.stop();
      await server.stop();
    });
    beforeEach(async () => {
      proxy.treat();
      store = vaultStore({ endpoint: proxy.url }, withToken(server.rootToken));
      await put(store, 'a', HIDDEN);
    });
    afterEach(async () => {
      await store.close();
    });

    it('waits for a slow server', async () => {
      proxy.treat({ delayMs: 1_000 });
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
    });

    for (const status of [429, 503]) {
      it(`waits when HTTP ${status} asks for a short pause, and goes on`, async () => {
        proxy.treat({ answer: { status, headers: { 'retry-after': '1' } }, times: 1 });
        const start = performance.now();
        expect(await textsIn(store, 'a', 'none')).to.deep.equal({ a: HIDDEN });
        expect(performance.now() - start).to.be.at.least(950);
      });

      it(`leaves the server alone for as long as HTTP ${status} asks`, async () => {
        proxy.treat({ answer: { status, headers: { 'retry-after': '60' } } });
        const error = await failureOf(store.readMany([key('a')], signal));
        expect(error).to.include({ code: 'StoreUnreachable', retryAfterMs: 60_000 });
        proxy.treat();
        const before = proxy.seen.length;
        expectAll(await failures(store), /left alone for a while/, [server.rootToken]);
        expect(proxy.seen.length).to.equal(before);
      });
    }

    it('says so when requests are refused for their rate and nobody says for how long', async () => {
      proxy.treat({ answer: { status: 429 } });
      const error = await failureOf(store.readMany([key('a')], signal));
      expect(error).to.include({ code: 'StoreUnreachable', retryAfterMs: 1_000 });
    });

    const answers = {
      'a gateway without a server behind it': { status: 502, words: /HTTP 502/ },
      'something that is no Vault': { status: 404, body: '<html>hunter2</html>', words: /no Vault or OpenBao/ },
      'a page instead of JSON': { status: 200, body: '<html>hunter2</html>', words: /no Vault or OpenBao/ },
      'a redirect, which is not followed': {
        status: 307,
        headers: { location: 'http://127.0.0.1:1/hunter2' },
        words: /HTTP 307.*active node/,
      },
      'a standby without an active node': {
        status: 500,
        body: JSON.stringify({ errors: ['hunter2'], initialized: true, sealed: false, standby: true }),
        words: /a standby, and no node is active/,
      },
      'a server that was never initialized': {
        status: 501,
        body: JSON.stringify({ initialized: false, sealed: true }),
        words: /not initialized/,
      },
    };
    for (const [what, { words, ...answer }] of Object.entries(answers)) {
      it(`says what answers: ${what}`, async () => {
        proxy.treat({ answer });
        const errors = await failures(store);
        for (const error of Object.values(errors)) {
          expect(error).to.include({ code: 'StoreUnreachable' });
          expect(error.message).to.match(words);
          expect(seenOf(error)).not.to.include('hunter2').and.not.include(server.rootToken.repeat(2));
        }
      });
    }

    it('reads again when the server closed a kept connection', async () => {
      await textsIn(store, 'a');
      proxy.treat({ cut: true, times: 1 });
      expect(await textsIn(store, 'a')).to.deep.equal({ a: HIDDEN });
    });

    it('says that the connection was cut', async () => {
      proxy.treat({ cut: true });
      expectAll(await failures(store), /cut the connection/, [server.rootToken.repeat(2)]);
    });

    it('asks no more when the first of many reads failed', async () => {
      proxy.treat({ answer: { status: 502 } });
      const before = proxy.seen.length;
      await failureOf(
        store.readMany(
          Array.from({ length: 500 }, (_, at) => key(`k${at}`)),
          signal,
        ),
      );
      expect(proxy.seen.length - before).to.be.at.most(20);
    });
  });
});
