import { expect } from 'chai';
import type { SecretKey } from '../../../operator/api/secret-key.ts';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import type { KubernetesStore } from '../../../operator/stores/kubernetes/driver.ts';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { group, key } from '../../support/keys.ts';
import { storeContract } from '../contract.ts';
import { SECRETS, SecretsWorld, STORE_LABEL } from './world.ts';

const world = new SecretsWorld();

describe('the store in Kubernetes Secrets', () => {
  beforeEach(() => world.start());
  afterEach(() => world.stop());

  storeContract('the store in Kubernetes Secrets', {
    open: () => Promise.resolve(world.open()),
    fail: (code) => {
      world.api.faults.push(code === 'StoreUnreachable' ? { act: 'reset' } : { code: 403 });
    },
    pushes: true,
    manyKeys: 10_000,
    fill: (keys) => {
      const entries = keys.map((each) => [each.slice('many/'.length), each] as const);
      world.put('keep.many', Object.fromEntries(entries), { [STORE_LABEL]: 'keep' });
      return Promise.resolve();
    },
    slow: (ms) => {
      world.api.faults.length = 0;
      if (ms > 0) world.api.faults.push({ delayMs: ms });
    },
    refuseKey: { skipped: 'RBAC gives Secrets of a namespace, not single keys' },
    history: { skipped: 'a Secret has no earlier values' },
    spoilValue: { skipped: 'what a Secret holds is a value, whatever it is' },
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
      world.api.store.get(SECRETS, 'iomete-system', name) as
        { data?: object; metadata: { labels?: object } } | undefined;

    beforeEach(() => {
      store = world.open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('may be made by hand, without any label', async () => {
      world.put('keep', { LICENSE: 'l' });
      expect(await read('LICENSE')).to.deep.equal({ LICENSE: 'l' });
      world.put('keep', { LICENSE: 'm' });
      await eventually(async () => {
        expect(await read('LICENSE')).to.deep.equal({ LICENSE: 'm' });
      }, 1_000);
    });

    it('are not written for a value that is there already', async () => {
      await write('orders/KEY', 'k');
      const before = secret('keep.orders')?.metadata;
      await write('orders/KEY', 'k');
      expect(secret('keep.orders')?.metadata).to.deep.equal(before);
      await write('orders/KEY', 'l');
      expect(secret('keep.orders')?.metadata).not.to.deep.equal(before);
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
      world.put('keep.orders', { A: '1' }, { [STORE_LABEL]: 'keep', team: 'orders' });
      await write('orders/B', '2');
      expect(secret('keep.orders')?.metadata.labels).to.deep.equal({ [STORE_LABEL]: 'keep', team: 'orders' });
      expect(await read('orders/A', 'orders/B')).to.deep.equal({ 'orders/A': '1', 'orders/B': '2' });
    });

    it('are read for a group also without the label', async () => {
      world.put('keep.orders', { A: '1' });
      expect(await read('orders/A', 'orders/B')).to.deep.equal({ 'orders/A': '1' });
      expect(await list('orders')).to.deep.equal(['orders/A']);
    });

    it('are read together where many groups have no label', async () => {
      const groups = Array.from({ length: 20 }, (_, at) => `g${at}`);
      for (const each of groups) world.put(`keep.${each}`, { A: each });
      await read('A');
      world.api.faults.push({ method: 'GET', path: /keep[.]g/, delayMs: 250 });
      const startedAt = performance.now();
      const found = await read(...groups.map((each) => `${each}/A`));
      expect(performance.now() - startedAt).to.be.below(4_500);
      expect(Object.values(found)).to.deep.equal(groups);
    });

    it('made by kubectl are read as they stand, values with and without a line end', async () => {
      const data = { DB_PASSWORD: 'aHVudGVyMg==', 'tls.crt': 'LS0tCg==', _x: '', 'a-b.c_D': '/w==' };
      const metadata = {
        name: 'keep',
        namespace: 'iomete-system',
        annotations: { 'kubectl.kubernetes.io/last': '{}' },
      };
      world.api.store.put(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data });
      const found = await store.readMany(Object.keys(data).map(key), signal);
      const bytes = [...found].map(([where, { value }]) => [where, value.reveal().toString('base64')]);
      expect(Object.fromEntries(bytes)).to.deep.equal(data);
      expect(await store.check(signal)).to.deep.include({ ready: true, keys: 4 });
      await write('DB_PASSWORD', 'new');
      expect(secret('keep')?.data).to.deep.equal({ ...data, DB_PASSWORD: 'bmV3' });
      expect(secret('keep')?.metadata).to.deep.include({ annotations: metadata.annotations });
    });

    it("that say they are the store's and are none of its groups are named", async () => {
      world.put('keep', { A: '1' });
      world.put('other', { B: '2' }, { [STORE_LABEL]: 'keep' });
      const { message, keys } = await store.check(signal);
      expect(message).to.match(/Ignored, because their names are not keep[.]GROUP: other/);
      expect(keys).to.equal(1);
    });

    it('change under a write of somebody else: the write starts again from what is there then', async () => {
      world.put('keep', { A: '1' });
      const { version } = (await store.readMany([key('A')], signal)).get(key('A'))!;
      world.put('keep', { A: '1', B: 'of kubectl' });
      await store.write(key('A'), SecretValue.fromText('2'), { signal, ifVersion: version });
      expect(await read('A', 'B')).to.deep.equal({ A: '2', B: 'of kubectl' });
    });

    it('are none of other types, which are somebody’s for a purpose of their own, unless labelled', async () => {
      world.put('keep', {});
      world.put('keep.tls', { 'tls.key': 'private' }, undefined, 'kubernetes.io/tls');
      expect(await read('tls/tls.key')).to.deep.equal({});
      expect(await list('tls')).to.deep.equal([]);
      const refused = await failureOf(write('tls/tls.key', 'mine'));
      expect(refused).to.include({ code: 'InvalidKey' });
      expect(String(refused)).to.include('kubernetes.io/tls').and.not.include('private');
      world.put('keep.tls', { 'tls.key': 'private' }, { [STORE_LABEL]: 'keep' }, 'kubernetes.io/tls');
      await eventually(async () => {
        expect(await read('tls/tls.key')).to.deep.equal({ 'tls/tls.key': 'private' });
      }, 1_000);
      expect(await failureOf(write('tls/tls.key', 'mine'))).to.include({ code: 'InvalidKey' });
    });

    it('of another store are not its own', async () => {
      world.put('keeper', { A: 'of keeper' });
      world.put('keep.orders', { A: 'of another namespace' }, { [STORE_LABEL]: 'keep' });
      world.api.store.delete(SECRETS, 'iomete-system', 'keep.orders');
      world.put('other', { A: 'labelled by mistake' }, { [STORE_LABEL]: 'keep' });
      expect(await list('')).to.deep.equal([]);
      expect(await read('A', 'orders/A', 'keeper/A')).to.deep.equal({});
    });

    it('cost no request once they are followed', async () => {
      world.put('keep', { A: '1' });
      world.put('keep.orders', { B: '2' }, { [STORE_LABEL]: 'keep' });
      await read('A');
      const before = world.api.requests.length;
      for (let i = 0; i < 100; i += 1) await read('A', 'orders/B', 'orders/none');
      expect(world.api.requests.length).to.equal(before);
    });

    it('refuse keys that no Secret can hold, and have none of them', async () => {
      for (const where of ['Orders/A', 'a_b/A', 'a.b/A', '-a/A', `${'a'.repeat(260)}/A`, 'orders/..A', '..A']) {
        expect(await failureOf(write(where, '1')), where).to.include({ code: 'InvalidKey' });
        expect(await read(where), where).to.deep.equal({});
      }
      expect(world.api.count(/POST|PUT/)).to.equal(0);
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
      const before = world.api.count(/POST|PUT/);
      expect(await failureOf(write('orders/B', 'x'.repeat(600_000)))).to.include({ code: 'ValueTooLarge' });
      expect(await failureOf(write('orders/C', 'x'.repeat(1_048_577)))).to.include({ code: 'ValueTooLarge' });
      expect(world.api.count(/POST|PUT/)).to.equal(before);
      await write('stock/B', 'x'.repeat(600_000));
    });

    it('lose nothing when many write to one at a time', async () => {
      const other = world.open();
      const names = Array.from({ length: 20 }, (_, at) => `orders/K${at}`);
      await Promise.all(names.map((where, at) => write(where, where, at % 2 === 0 ? store : other)));
      expect(Object.keys(await read(...names))).to.have.length(20);
      await other.close();
    });

    it('are not made anew by a removal that comes late', async () => {
      world.put('keep', { A: '1' });
      await read('A');
      world.api.store.delete(SECRETS, 'iomete-system', 'keep');
      await store.remove(key('A'), { signal });
      expect(secret('keep')).to.be.undefined;
    });

    it('give the same versions after a restart', async () => {
      await write('orders/A', '1');
      const version = async (by: KubernetesStore) =>
        (await by.readMany([key('orders/A')], signal)).get(key('orders/A'))?.version;
      const again = world.open();
      expect(await version(again)).to.equal(await version(store));
      await again.close();
    });

    it('are watched beyond a lost watch: what changed meanwhile is told', async () => {
      world.put('keep', { A: '1', B: '1' });
      world.put('keep.orders', { C: '1' }, { [STORE_LABEL]: 'keep' });
      const told = new Set<SecretKey>();
      await store.watch((keys) => {
        for (const each of keys) told.add(each);
      }, signal);
      await eventually(() => world.api.watchers === 2);
      told.clear();
      world.api.faults.push({ path: /watch=true/, code: 500, times: 2 });
      world.api.dropWatches('reset');
      world.put('keep', { A: '2', B: '1' });
      world.api.store.delete(SECRETS, 'iomete-system', 'keep.orders');
      world.api.store.compact();
      await eventually(() => told.size === 2);
      expect([...told].sort()).to.deep.equal(['A', 'orders/C']);
      expect(await read('A', 'orders/C')).to.deep.equal({ A: '2' });
    });
  });

  it('has nothing of a Secret that it made and somebody deleted while no watch came through', async () => {
    const { signal } = new AbortController();
    const store = world.open();
    await store.watch(() => undefined, signal);
    await eventually(() => world.api.watchers === 2);
    world.api.faults.push({ path: /watch=true/, code: 500, times: 2 });
    world.api.dropWatches('reset');
    await store.write(key('orders/A'), SecretValue.fromText('1'), { signal });
    const has = async () => (await store.readMany([key('orders/A')], signal)).has(key('orders/A'));
    expect(await has()).to.equal(true);
    world.api.store.delete(SECRETS, 'iomete-system', 'keep.orders');
    world.api.store.compact();
    await eventually(async () => !(await has()));
    await store.close();
  });

  it('says to create its Secret while there is none, and is content with an empty one', async () => {
    const { signal } = new AbortController();
    const store = world.open();
    expect(await store.check(signal)).to.deep.include({ ready: false, keys: 0 });
    world.put('keep', {});
    expect(await store.check(signal)).to.deep.include({ ready: true, keys: 0 });
    await store.close();
  });
});
