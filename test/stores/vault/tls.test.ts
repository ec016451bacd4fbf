import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VaultSpec } from '../../../operator/stores/vault/connection.ts';
import type { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { CERTIFIED_NAMES, writeCertificates } from '../../servers/openbao-config.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { put, signal, textsIn, vaultStore, withToken, type MemoryReferences } from './stores.ts';

const WITH_CA = { caSecretRef: { name: 'bao', key: 'ca' } };

describe('the TLS of a vault store', () => {
  let server: OpenBao;
  let anotherCa: string;
  let references: MemoryReferences;
  let store: VaultStore | undefined;

  const open = (spec: Partial<VaultSpec>) => (store = vaultStore({ endpoint: server.url, ...spec }, references));
  const refusal = async (spec: Partial<VaultSpec>) => {
    const error = (await failureOf(open(spec).readMany([key('a')], signal))) as Error;
    expect(error).to.include({ code: 'StoreUnreachable' });
    expect(seenOf(error)).not.to.include(server.rootToken).and.not.include('BEGIN CERTIFICATE');
    await store?.close();
    return error.message;
  };

  before(async function () {
    this.timeout(120_000);
    server = await OpenBao.start({ mode: 'raft', tls: true });
    const folder = await mkdtemp(join(tmpdir(), 'another-ca-'));
    anotherCa = await readFile(await writeCertificates(folder), 'utf8');
    await rm(folder, { recursive: true });
  });
  after(async () => {
    await server.stop();
  });
  beforeEach(() => {
    references = withToken(server.rootToken);
    references.secrets.set('bao/ca', server.ca ?? '');
    references.secrets.set('another/ca', anotherCa);
  });
  afterEach(async () => {
    await store?.close();
  });

  it('trusts the CA that the Secret holds, and only that', async () => {
    await put(open({ tls: WITH_CA }), 'a', '1');
    expect(await refusal({ tls: { caSecretRef: { name: 'another', key: 'ca' } } })).to.match(
      /not signed by the CA in Secret another, key ca/,
    );
    expect(await refusal({})).to.match(/set tls\.caSecretRef/);
  });

  it('takes several CAs in one Secret', async () => {
    references.secrets.set('bao/ca', `${anotherCa}\n${server.ca ?? ''}`);
    await put(open({ tls: WITH_CA }), 'a', '1');
    expect(await textsIn(store!, 'a')).to.deep.equal({ a: '1' });
  });

  it('checks the name that the spec expects', async () => {
    await put(open({ tls: { ...WITH_CA, serverName: CERTIFIED_NAMES[0]! } }), 'a', '1');
    expect(await refusal({ tls: { ...WITH_CA, serverName: 'else.test' } })).to.match(
      /for other names than else\.test: set tls\.serverName/,
    );
    expect(await refusal({ tls: WITH_CA, endpoint: server.url.replace('127.0.0.1', 'localhost') })).to.match(
      /for other names than localhost:\d+/,
    );
  });

  it('takes a CA that changed, at the next check', async () => {
    references.secrets.set('bao/ca', anotherCa);
    const first = open({ tls: WITH_CA });
    expect(await failureOf(first.check(signal)))
      .to.have.property('message')
      .that.matches(/not signed by the CA/);
    references.secrets.set('bao/ca', server.ca ?? '');
    expect((await first.check(signal)).ready).to.be.true;
    references.secrets.set('bao/ca', anotherCa);
    expect(await failureOf(first.check(signal)))
      .to.have.property('message')
      .that.matches(/not signed by the CA/);
  });

  it('says that a Secret holds no CA', async () => {
    references.secrets.set('bao/ca', 'hunter2');
    expect(await refusal({ tls: WITH_CA }))
      .to.match(/CA in Secret bao, key ca/)
      .and.not.include('hunter2');
    references.secrets.delete('bao/ca');
    expect(await failureOf(open({ tls: WITH_CA }).check(signal))).to.include({ code: 'CredentialsMissing' });
  });

  it('tells http from https', async () => {
    expect(await refusal({ endpoint: server.url.replace('https', 'http') })).to.match(/no Vault or OpenBao|not HTTP/);
    const plain = await OpenBao.start();
    try {
      expect(await refusal({ endpoint: plain.url.replace('http', 'https'), tls: WITH_CA })).to.match(
        /does not speak TLS/,
      );
    } finally {
      await plain.stop();
    }
  });
});
