import { expect } from 'chai';
import { parseDynamicReference, type DynamicReference } from '../../operator/api/dynamic-reference.ts';
import type { SecretStoreConfig } from '../../operator/api/kinds.ts';
import { OperatorError } from '../../operator/errors.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import { failureOf } from '../support/failure.ts';
import { LeasingStore } from '../support/lease-double.ts';
import { GRANT_ALL, storeConfig } from '../support/objects.ts';
import { StoreDouble } from '../support/store-double.ts';

const OWNER = 'analytics/spark-secrets-orders-run-abcdefgh01';
const CONSUMER = { namespace: 'analytics', namespaceLabels: {} };
const { signal } = new AbortController();

const references = (...texts: string[]): DynamicReference[] => texts.map((text) => parseDynamicReference(text)!);
const USER = references('database/creds/ro#username');

function vaultConfig(dynamicPaths?: string[], access = GRANT_ALL, path = '/v1/secret/data/app'): SecretStoreConfig {
  const auth = { tokenSecretRef: { name: 'bao', key: 'token' } };
  const vault = { endpoint: 'http://bao', path, auth, ...(dynamicPaths && { dynamicPaths }) };
  return storeConfig({ type: 'vault', vault, access });
}

describe('leases of a store', () => {
  let store: LeasingStore | StoreDouble;
  let requests: string[];
  let cache: StoreCache;
  const config = vaultConfig(['database/creds/*']);

  beforeEach(() => {
    store = new LeasingStore();
    requests = [];
    cache = new StoreCache({
      open: () => store,
      onChange: () => undefined,
      onRequest: (_store, operation, ok) => requests.push(`${operation} ${ok ? 'success' : 'error'}`),
    });
  });
  afterEach(async () => {
    await cache.closeAll();
  });

  const ask = { ...CONSUMER, owner: OWNER, references: USER };
  const leases = () => (store as LeasingStore).leases;

  it('are made, kept and revoked, and counted as requests', async () => {
    const { handle, values } = await cache.lease(config, ask, signal);
    expect([...values].map(([field, value]) => [field, value.reveal().toString()])).to.deep.equal([
      ['username', 'user-1'],
    ]);
    expect(await cache.keep(config, { handle, owner: OWNER }, signal)).to.deep.equal({ ttlMs: 60_000 });
    await cache.revoke(config, { handle, owner: OWNER }, signal);
    expect([leases().alive.size, requests]).to.deep.equal([0, ['lease success', 'keep success', 'revoke success']]);
  });

  it('hand out no field that nobody asked for', async () => {
    const { values } = await cache.lease(
      config,
      { ...ask, references: references('database/creds/ro#password') },
      signal,
    );
    expect([...values.keys()]).to.deep.equal(['password']);
  });

  it('that fail are counted, and their error comes as it is', async () => {
    leases().failure = new OperatorError('StoreUnreachable', 'it is sealed');
    expect(await failureOf(cache.lease(config, ask, signal))).to.equal(leases().failure);
    expect(requests).to.deep.equal(['lease error']);
  });

  it('do not open the store anew when only the paths change', async () => {
    await cache.lease(config, ask, signal);
    let opened = 0;
    const before = store;
    store = new Proxy(before, { get: (target, name) => ((opened += 1), Reflect.get(target, name) as unknown) });
    await cache.lease(vaultConfig(['database/**']), ask, signal);
    expect(opened).to.equal(0);
  });

  it('are told of a store without any', async () => {
    store = new StoreDouble();
    expect(await failureOf(cache.lease(config, ask, signal))).to.include({ code: 'KeyRefused' });
  });

  it('are told why of a store that can not be opened', async () => {
    const error = new OperatorError('StoreUnreachable', 'its spec can not be used');
    const closed = new StoreCache({
      open: () => {
        throw error;
      },
      onChange: () => undefined,
    });
    const held = { handle: 'a', owner: OWNER };
    for (const asked of [
      closed.lease(config, ask, signal),
      closed.keep(config, held, signal),
      closed.revoke(config, held, signal),
    ])
      expect(await failureOf(asked)).to.include({ code: 'StoreUnreachable', message: error.message });
  });

  it('end with the caller’s signal', async () => {
    const ended = new AbortController();
    ended.abort();
    await failureOf(cache.lease(config, ask, ended.signal));
    expect(leases().made).to.equal(0);
  });

  describe('are not made, with a reason,', () => {
    const own = { ...CONSUMER, namespace: 'iomete-system' };
    const at = (path: string): DynamicReference[] => references(`${path}#username`);
    const cases: Record<string, readonly [SecretStoreConfig, typeof ask, reason: string, words: string]> = {
      'at a path that is not listed': [
        vaultConfig(['database/creds/rw']),
        ask,
        'NotLeasable',
        'does not list database/creds/ro',
      ],
      'where no path is listed, not even for the own namespace': [
        vaultConfig(),
        { ...ask, ...own },
        'NotLeasable',
        'spec.vault.dynamicPaths',
      ],
      'for a namespace without a grant': [
        vaultConfig(['**'], []),
        ask,
        'AccessDenied',
        'does not grant database/creds/ro#username to namespace analytics',
      ],
      'for a namespace with a grant of keys': [
        vaultConfig(['**'], [{ namespaces: { matchNames: ['analytics'] }, keys: ['database/creds/*'] }]),
        ask,
        'AccessDenied',
        'does not grant',
      ],
      'in the mount of the keys': [
        vaultConfig(['**']),
        { ...ask, references: at('secret/data/other') },
        'NotLeasable',
        'holds the keys of the store',
      ],
      'in the mount of keys of version 1': [
        vaultConfig(['**'], GRANT_ALL, '/v1/kv/app'),
        { ...ask, references: at('kv/other') },
        'NotLeasable',
        'holds the keys of the store',
      ],
      'by a store of another type': [
        storeConfig({ access: GRANT_ALL }),
        ask,
        'NotLeasable',
        'of type kubernetes, which makes no credentials',
      ],
    };
    for (const mount of ['sys', 'auth', 'identity', 'cubbyhole', 'SYS'])
      cases[`in ${mount}`] = [
        vaultConfig(['**', 'sys/**']),
        { ...ask, references: at(`${mount}/x`) },
        'NotLeasable',
        'belongs to the server',
      ];

    for (const [sentence, [store, request, reason, words]] of Object.entries(cases)) {
      it(sentence, async () => {
        const [problem, ...more] = cache.leaseProblems(store, request, request.references);
        expect(problem).to.have.property('reason', reason);
        expect(problem?.message).to.include(words);
        expect(more).to.deep.equal([]);
        const error = await failureOf(cache.lease(store, request, signal));
        expect(error).to.include({ code: 'KeyRefused' }).and.to.have.property('message').that.includes(words);
        expect(leases().calls).to.equal(0);
      });
    }
  });
});
