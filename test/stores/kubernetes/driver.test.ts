import { expect } from 'chai';
import type { SecretKey } from '../../../operator/api/secret-key.ts';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { FollowedSecrets } from '../../../operator/followed-secrets.ts';
import { HttpKubeClient } from '../../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import { KubernetesStore } from '../../../operator/stores/kubernetes/driver.ts';
import { ApiServer } from '../../doubles/api-server.ts';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { group, key } from '../../support/keys.ts';
import { storeContract } from '../contract.ts';

const SECRETS = '/api/v1/secrets';
const STORE_LABEL = 'secrets.iomete.com/store';

let api: ApiServer;
const connections: KubeConnection[] = [];

async function startServer(): Promise<void> {
  api = new ApiServer();
  api.store.honoursSelectors = true;
  await api.start();
}

async function stopServer(): Promise<void> {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await api.stop();
}

function open(): KubernetesStore {
  const connection = new KubeConnection(api.kubeConfig());
  connections.push(connection);
  const client = new HttpKubeClient(connection, 500);
  const namespace = 'iomete-system';
  return new KubernetesStore(new FollowedSecrets({ connection, client, namespace, secretName: 'keep' }), 'keep');
}

function put(name: string, data: Record<string, string>, labels?: Record<string, string>): void {
  const encoded = Object.entries(data).map(([at, value]) => [at, Buffer.from(value).toString('base64')]);
  const metadata = { name, namespace: 'iomete-system', ...(labels === undefined ? {} : { labels }) };
  api.store.put(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  });
}

describe('the store in Kubernetes Secrets', () => {
  beforeEach(startServer);
  afterEach(stopServer);

  storeContract('the store in Kubernetes Secrets', {
    open: () => Promise.resolve(open()),
    fail: (code) => {
      api.faults.push(code === 'StoreUnreachable' ? { act: 'reset' } : { code: 403 });
    },
    pushes: true,
    manyKeys: 150,
  });

  describe('its Secrets', () => {
    const { signal } = new AbortController();
    let store: KubernetesStore;

    const read = async (...wanted: string[]) => {
      const found = await store.readMany(wanted.map(key), signal);
      return Object.fromEntries([...found].map(([where, { value }]) => [where, value.reveal().toString()]));
    };
    const write = (where: string, value: string, by = store) =>
      by.write(key(where), SecretValue.fromText(value), { signal });
    const list = async (where: string) =>
      (await Array.fromAsync(store.list(group(where), signal))).map((entry) =>
        'key' in entry ? entry.key : entry.group,
      );
    const secret = (name: string) =>
      api.store.get(SECRETS, 'iomete-system', name) as { data?: object; metadata: { labels?: object } } | undefined;

    beforeEach(() => {
      store = open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('may be made by hand, without any label', async () => {
      put('keep', { LICENSE: 'l' });
      expect(await read('LICENSE')).to.deep.equal({ LICENSE: 'l' });
      put('keep', { LICENSE: 'm' });
      await eventually(async () => {
        expect(await read('LICENSE')).to.deep.equal({ LICENSE: 'm' });
      }, 1_000);
    });

    it('hold one group each', async () => {
      await write('LICENSE', 'l');
      await write('orders/s3/KEY', 'k');
      expect(secret('keep')?.data).to.deep.equal({ LICENSE: 'bA==' });
      expect(secret('keep.orders.s3')?.data).to.deep.equal({ KEY: 'aw==' });
      expect(secret('keep.orders.s3')?.metadata.labels).to.include({ [STORE_LABEL]: 'keep' });
      expect(secret('keep.orders')).to.be.undefined;
    });

    it('keep what others wrote on them', async () => {
      put('keep.orders', { A: '1' }, { [STORE_LABEL]: 'keep', team: 'orders' });
      await write('orders/B', '2');
      expect(secret('keep.orders')?.metadata.labels).to.deep.equal({ [STORE_LABEL]: 'keep', team: 'orders' });
      expect(await read('orders/A', 'orders/B')).to.deep.equal({ 'orders/A': '1', 'orders/B': '2' });
    });

    it('are read for a group also without the label', async () => {
      put('keep.orders', { A: '1' });
      expect(await read('orders/A', 'orders/B')).to.deep.equal({ 'orders/A': '1' });
      expect(await list('orders')).to.deep.equal(['orders/A']);
    });

    it('of another store are not its own', async () => {
      put('keeper', { A: 'of keeper' });
      put('keep.orders', { A: 'of another namespace' }, { [STORE_LABEL]: 'keep' });
      api.store.delete(SECRETS, 'iomete-system', 'keep.orders');
      put('other', { A: 'labelled by mistake' }, { [STORE_LABEL]: 'keep' });
      expect(await list('')).to.deep.equal([]);
      expect(await read('A', 'orders/A', 'keeper/A')).to.deep.equal({});
    });

    it('cost no request once they are followed', async () => {
      put('keep', { A: '1' });
      put('keep.orders', { B: '2' }, { [STORE_LABEL]: 'keep' });
      await read('A');
      const before = api.requests.length;
      for (let i = 0; i < 100; i += 1) await read('A', 'orders/B', 'orders/none');
      expect(api.requests.length).to.equal(before);
    });

    it('refuse keys that no Secret can hold, and have none of them', async () => {
      for (const where of ['Orders/A', 'a_b/A', 'a.b/A', '-a/A', `${'a'.repeat(260)}/A`, 'orders/..A', '..A']) {
        expect(await failureOf(write(where, '1')), where).to.include({ code: 'InvalidKey' });
        expect(await read(where), where).to.deep.equal({});
      }
      expect(api.count(/POST|PUT/)).to.equal(0);
    });

    it('take names of 253 characters', async () => {
      for (const where of ['K'.repeat(253), `orders/${'K'.repeat(253)}`]) {
        await write(where, '1');
        expect(await read(where)).to.deep.equal({ [where]: '1' });
      }
      expect(await failureOf(write(`orders/${'K'.repeat(254)}`, '1'))).to.include({ code: 'InvalidKey' });
    });

    it('carry 1 MiB a group, told before anything is sent', async () => {
      await write('orders/A', 'x'.repeat(600_000));
      const before = api.count(/POST|PUT/);
      expect(await failureOf(write('orders/B', 'x'.repeat(600_000)))).to.include({ code: 'ValueTooLarge' });
      expect(await failureOf(write('orders/C', 'x'.repeat(1_048_577)))).to.include({ code: 'ValueTooLarge' });
      expect(api.count(/POST|PUT/)).to.equal(before);
      await write('stock/B', 'x'.repeat(600_000));
    });

    it('lose nothing when many write to one at a time', async () => {
      const other = open();
      const names = Array.from({ length: 20 }, (_, at) => `orders/K${at}`);
      await Promise.all(names.map((where, at) => write(where, where, at % 2 === 0 ? store : other)));
      expect(Object.keys(await read(...names))).to.have.length(20);
      await other.close();
    });

    it('are not made anew by a removal that comes late', async () => {
      put('keep', { A: '1' });
      await read('A');
      api.store.delete(SECRETS, 'iomete-system', 'keep');
      await store.remove(key('A'), { signal });
      expect(secret('keep')).to.be.undefined;
    });

    it('give the same versions after a restart', async () => {
      await write('orders/A', '1');
      const version = async (by: KubernetesStore) =>
        (await by.readMany([key('orders/A')], signal)).get(key('orders/A'))?.version;
      const again = open();
      expect(await version(again)).to.equal(await version(store));
      await again.close();
    });

    it('are watched beyond a lost watch: what changed meanwhile is told', async () => {
      put('keep', { A: '1', B: '1' });
      put('keep.orders', { C: '1' }, { [STORE_LABEL]: 'keep' });
      const told = new Set<SecretKey>();
      await store.watch((keys) => {
        for (const each of keys) told.add(each);
      }, signal);
      await eventually(() => api.watchers === 2);
      told.clear();
      api.faults.push({ path: /watch=true/, code: 500, times: 2 });
      api.dropWatches('reset');
      put('keep', { A: '2', B: '1' });
      api.store.delete(SECRETS, 'iomete-system', 'keep.orders');
      api.store.compact();
      await eventually(() => told.size === 2);
      expect([...told].sort()).to.deep.equal(['A', 'orders/C']);
      expect(await read('A', 'orders/C')).to.deep.equal({ A: '2' });
    });
  });

  describe('when it may not read', () => {
    const { signal } = new AbortController();

    it('says so, and recovers by itself', async () => {
      put('keep', { A: '1' });
      api.faults.push({ code: 403 });
      const store = open();
      expect(await failureOf(store.readMany([key('A')], signal))).to.include({ code: 'AuthenticationFailed' });
      expect(await failureOf(store.check(signal))).to.include({ code: 'AuthenticationFailed' });
      api.faults.length = 0;
      expect((await store.readMany([key('A')], signal)).size).to.equal(1);
      await store.close();
      await eventually(() => api.watchers === 0);
    });

    it('tells a change once, however often its watch failed before', async () => {
      put('keep', { A: '1' });
      api.faults.push({ code: 403 });
      const store = open();
      let calls = 0;
      for (let i = 0; i < 5; i += 1) await failureOf(store.watch(() => calls++, signal));
      api.faults.length = 0;
      await store.watch(() => calls++, signal);
      calls = 0;
      put('keep', { A: '2' });
      await eventually(() => calls > 0);
      expect(calls).to.equal(1);
      await store.close();
    });

    it('forgets what went while nobody could follow', async () => {
      put('keep', { A: '1' });
      api.faults.push({ path: /labelSelector/, code: 403 });
      const store = open();
      await failureOf(store.readMany([key('A')], signal));
      api.store.delete(SECRETS, 'iomete-system', 'keep');
      api.faults.length = 0;
      expect((await store.readMany([key('A')], signal)).size).to.equal(0);
      await store.close();
    });

    it('does not outlive its store', async () => {
      const store = open();
      const reading = failureOf(store.readMany([key('A')], signal));
      await store.close();
      await reading;
      await eventually(() => api.watchers === 0);
      await store.close();
    });

    it('does not wait for a server that hangs once the caller gave up', async () => {
      api.faults.push({ act: 'hang' });
      const store = open();
      const error = await failureOf(store.readMany([key('A')], AbortSignal.timeout(50)));
      expect(error).to.have.property('name', 'TimeoutError');
      await store.close();
    });

    it('repeats nothing that the server answered', async () => {
      put('keep', { A: 'hunter2' });
      const store = open();
      await store.check(signal);
      const body = { kind: 'Status', reason: 'Invalid', message: 'Invalid value: "hunter2"', code: 422 };
      api.faults.push({ method: 'PUT', code: 422, body });
      const error = await failureOf(store.write(key('A'), SecretValue.fromText('hunter2-new'), { signal }));
      expect(error).to.include({ code: 'StoreUnreachable' });
      expect(seenOf(error)).not.to.include('hunter2');
      await store.close();
    });
  });

  it('says to create its Secret while there is none, and is content with an empty one', async () => {
    const { signal } = new AbortController();
    const store = open();
    expect(await store.check(signal)).to.deep.include({ ready: false, keys: 0 });
    put('keep', {});
    expect(await store.check(signal)).to.deep.include({ ready: true, keys: 0 });
    await store.close();
  });
});
