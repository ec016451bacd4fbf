import { OpenBao } from '../../servers/openbao.ts';
import { OpenBaoProxy } from '../../servers/openbao-proxy.ts';
import { storeContract } from '../contract.ts';
import { vaultStore, withToken, type MemoryReferences } from './stores.ts';

describe('the driver of vault stores', () => {
  let server: OpenBao;
  let proxy: OpenBaoProxy;
  let references: MemoryReferences;
  let stores = 0;

  before(async function () {
    this.timeout(120_000);
    server = await OpenBao.start();
    await server.must('POST', 'sys/mounts/one', { type: 'kv', options: { version: '1' } });
    proxy = await OpenBaoProxy.before(server.url);
  });

  after(async () => {
    await proxy.stop();
    await server.stop();
  });

  /** Each store has a prefix of its own, so that nothing is in it. */
  function open(mount: string) {
    proxy.treat();
    references = withToken(server.rootToken);
    stores += 1;
    return Promise.resolve(vaultStore({ endpoint: proxy.url, path: `/v1/${mount}/store-${stores}` }, references));
  }

  function fail(code: 'StoreUnreachable' | 'AuthenticationFailed') {
    if (code === 'StoreUnreachable') proxy.treat({ cut: true });
    else references.secrets.set('bao/token', 'a-token-of-nobody');
  }

  const mounts = {
    'KV version 2': ['secret/data', { keepsRemoved: false }],
    'KV version 1': ['one', { skipped: 'the server keeps no versions' }],
  } as const;
  for (const [name, [mount, history]] of Object.entries(mounts)) {
    const common = { fail, pushes: false, manyKeys: 500, history };
    storeContract(`the store in OpenBao, ${name},`, { open: () => open(mount), ...common });
  }
});
