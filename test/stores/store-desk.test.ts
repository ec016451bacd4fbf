import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import { StoreCache, type KeyAccess, type Who } from '../../operator/stores/cache.ts';
import { failureOf, seenOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import { storeConfig } from '../support/objects.ts';
import { QuietStore } from '../support/store-double.ts';

const HIDDEN = 'hunter2-is-hidden';
const { signal } = new AbortController();
const text = (value: string) => SecretValue.fromText(value);

describe('single keys for people and programs', () => {
  const config = storeConfig({ access: [{ namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] }] });
  const as = (who: Who): KeyAccess => ({ config, who });
  const owner = as('owner');
  const analytics = as({ namespace: 'analytics', namespaceLabels: {} });
  let store: QuietStore;
  let requests: string[];
  let cache: StoreCache;

  beforeEach(() => {
    store = new QuietStore();
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

  const follow = (where: string) =>
    cache.read(config, {
      reader: 'iomete-system/x',
      namespace: 'iomete-system',
      namespaceLabels: {},
      keys: [key(where)],
      groups: [],
    });
  const textOf = async (where: string, access = owner) =>
    (await cache.desk.read(access, key(where), signal))?.value.reveal().toString();

  describe('are read', () => {
    it('from the store itself, though the cache knows an older value', async () => {
      await store.put('a', 'old');
      await follow('a');
      await store.put('a', 'new');
      expect((await follow('a')).values.get(key('a'))?.value.equals(text('old'))).to.be.true;
      expect(await textOf('a')).to.equal('new');
    });

    it('with their version, or as not there', async () => {
      await store.put('a', '1');
      const version = await cache.desk.version(owner, key('a'), signal);
      expect(version).to.equal((await cache.desk.read(owner, key('a'), signal))?.version).and.not.be.undefined;
      expect(await cache.desk.version(owner, key('none'), signal)).to.be.undefined;
      expect(await cache.desk.read(owner, key('none'), signal)).to.be.undefined;
    });

    it('or told why not, of that one key', async () => {
      store.refused.set('a', new OperatorError('ValueUnreadable', 'a'));
      expect(await failureOf(cache.desk.read(owner, key('a'), signal))).to.include({ code: 'ValueUnreadable' });
    });
  });

  describe('are written', () => {
    it('when they are new, changed or the same, and it says which', async () => {
      const made = await cache.desk.write(owner, key('a'), text('1'), { signal });
      const changed = await cache.desk.write(owner, key('a'), text('2'), { signal });
      const same = await cache.desk.write(owner, key('a'), text('2'), { signal });
      expect(made).to.deep.include({ created: true, unchanged: false });
      expect(changed).to.deep.include({ created: false, unchanged: false });
      expect(same).to.deep.equal({ version: changed.version, created: false, unchanged: true });
      expect(await cache.desk.history(owner, key('a'), signal)).to.have.length(2);
      expect(await cache.desk.version(owner, key('a'), signal)).to.equal(changed.version);
    });

    it('only at the version that the caller knows', async () => {
      const { version } = await cache.desk.write(owner, key('a'), text('1'), { signal, ifVersion: null });
      await cache.desk.write(owner, key('a'), text('2'), { signal, ifVersion: version });
      for (const ifVersion of [version, null])
        for (const value of ['2', HIDDEN]) {
          const error = await failureOf(cache.desk.write(owner, key('a'), text(value), { signal, ifVersion }));
          expect(error).to.include({ code: 'VersionConflict', status: 409 });
          expect(seenOf(error)).not.to.include(HIDDEN);
        }
      expect(await textOf('a')).to.equal('2');
    });

    it('over one that can not be read', async () => {
      store.refused.set('a', new OperatorError('ValueUnreadable', 'a'));
      const written = await cache.desk.write(owner, key('a'), text('1'), { signal });
      expect(written).to.deep.include({ created: false, unchanged: false });
      store.refused.clear();
      expect(await textOf('a')).to.equal('1');
    });

    it('but not over one that the store refuses', async () => {
      store.refused.set('a', new OperatorError('KeyRefused', 'a'));
      const error = await failureOf(cache.desk.write(owner, key('a'), text(HIDDEN), { signal }));
      expect(error).to.include({ code: 'KeyRefused' });
      expect(seenOf(error)).not.to.include(HIDDEN);
      store.refused.clear();
      expect(await textOf('a')).to.be.undefined;
    });

    it('but not when they are too large, which shows nothing of the value', async () => {
      const error = await failureOf(cache.desk.write(owner, key('a'), text(HIDDEN.repeat(100_000)), { signal }));
      expect(error).to.include({ code: 'ValueTooLarge', status: 413 });
      expect(seenOf(error)).not.to.include(HIDDEN);
    });
  });

  describe('are removed', () => {
    it('also when they are gone, but not at another version', async () => {
      const { version } = await cache.desk.write(owner, key('a'), text('1'), { signal });
      await cache.desk.write(owner, key('a'), text('2'), { signal });
      expect(await failureOf(cache.desk.remove(owner, key('a'), { signal, ifVersion: version }))).to.include({
        code: 'VersionConflict',
      });
      await cache.desk.remove(owner, key('a'), { signal });
      await cache.desk.remove(owner, key('a'), { signal });
      expect(await textOf('a')).to.be.undefined;
    });
  });

  describe('have earlier values', () => {
    it('that are listed and brought back as new ones', async () => {
      const first = await cache.desk.write(owner, key('a'), text('1'), { signal });
      const second = await cache.desk.write(owner, key('a'), text('2'), { signal });
      const back = await cache.desk.rollback(owner, key('a'), first.version, { signal, ifVersion: second.version });
      expect(back).to.deep.include({ created: false, unchanged: false });
      expect(await textOf('a')).to.equal('1');
      const versions = await cache.desk.history(owner, key('a'), signal);
      expect(versions.map(({ version, current }) => [version, current])).to.deep.equal([
        [back.version, true],
        [second.version, false],
        [first.version, false],
      ]);
      expect(await cache.desk.rollback(owner, key('a'), first.version, { signal })).to.include({ unchanged: true });
    });

    it('that are not brought back over a change of somebody else, nor from a version that is not kept', async () => {
      const first = await cache.desk.write(owner, key('a'), text(HIDDEN), { signal });
      await cache.desk.write(owner, key('a'), text('2'), { signal });
      const options = { signal, ifVersion: first.version };
      const errors = [
        await failureOf(cache.desk.rollback(owner, key('a'), first.version, options)),
        await failureOf(cache.desk.rollback(owner, key('a'), 'of-old', { signal })),
      ];
      expect(errors.map((error) => (error as OperatorError).code)).to.deep.equal(['VersionConflict', 'VersionNotKept']);
      expect((errors[1] as OperatorError).status).to.equal(404);
      for (const error of errors) expect(seenOf(error)).not.to.include(HIDDEN);
      expect(await textOf('a')).to.equal('2');
    });

    it('also when they were removed', async () => {
      const { version } = await cache.desk.write(owner, key('a'), text('1'), { signal });
      await cache.desk.remove(owner, key('a'), { signal });
      expect(await cache.desk.rollback(owner, key('a'), version, { signal })).to.include({ created: true });
      expect(await textOf('a')).to.equal('1');
    });

    it('or none, in a store that keeps none', async () => {
      Object.defineProperty(store, 'history', { value: undefined });
      for (const call of [
        cache.desk.history(owner, key('a'), signal),
        cache.desk.rollback(owner, key('a'), '1', { signal }),
      ])
        expect(await failureOf(call)).to.include({ code: 'NoHistory', status: 501 });
    });
  });

  describe('that are not granted', () => {
    const calls: Readonly<Record<string, (access: KeyAccess, where: string) => Promise<unknown>>> = {
      'are not read': (access, where) => cache.desk.read(access, key(where), signal),
      'do not tell their version': (access, where) => cache.desk.version(access, key(where), signal),
      'are not written': (access, where) => cache.desk.write(access, key(where), text(HIDDEN), { signal }),
      'are not removed': (access, where) => cache.desk.remove(access, key(where), { signal }),
      'do not tell their history': (access, where) => cache.desk.history(access, key(where), signal),
      'are not rolled back': (access, where) => cache.desk.rollback(access, key(where), '1', { signal }),
    };
    for (const [sentence, call] of Object.entries(calls)) {
      it(`${sentence}, whether they are there or not, and the store is not asked`, async () => {
        await store.put('orders/a', '1');
        await store.put('secret', HIDDEN);
        const errors = [
          await failureOf(call(analytics, 'secret')),
          await failureOf(call(analytics, 'orders/deep/x')),
          await failureOf(call(as({ namespace: 'other', namespaceLabels: {} }), 'orders/a')),
        ];
        for (const error of errors) {
          expect(error).to.include({ code: 'KeyNotGranted', status: 403 });
          expect(seenOf(error)).not.to.include(HIDDEN);
        }
        expect(requests).to.deep.equal([]);
        expect([await textOf('secret'), await textOf('orders/a')]).to.deep.equal([HIDDEN, '1']);
        await call(analytics, 'orders/a');
      });
    }

    it('are the owner’s nevertheless, and those of the store’s own namespace', async () => {
      await store.put('secret', '1');
      expect(await textOf('secret', as({ namespace: 'iomete-system', namespaceLabels: {} }))).to.equal('1');
      expect(await textOf('secret')).to.equal('1');
    });

    it('are told of by the grants of the moment', async () => {
      await store.put('orders/a', '1');
      expect(await textOf('orders/a', analytics)).to.equal('1');
      const less = { ...analytics, config: storeConfig({ access: [] }) };
      expect(await failureOf(cache.desk.read(less, key('orders/a'), signal))).to.include({ code: 'KeyNotGranted' });
    });
  });

  describe('in the line of the store', () => {
    it('count as requests by the name of the driver’s method', async () => {
      const { version } = await cache.desk.write(owner, key('a'), text('1'), { signal });
      await cache.desk.history(owner, key('a'), signal);
      await cache.desk.rollback(owner, key('a'), version, { signal });
      await cache.desk.remove(owner, key('a'), { signal });
      await Array.fromAsync(cache.desk.list(owner, { group: group('') }, signal));
      expect([...new Set(requests)]).to.deep.equal(
        ['readMany', 'write', 'versions', 'readVersion', 'remove', 'list'].map((operation) => `${operation} success`),
      );
    });

    it('fail at once while the store does, without asking it', async () => {
      await store.put('a', HIDDEN);
      await follow('a');
      store.failure = new OperatorError('StoreUnreachable', 'it is sealed');
      await failureOf(cache.check(config));
      requests.length = 0;
      for (const call of [
        cache.desk.read(owner, key('a'), signal),
        cache.desk.write(owner, key('a'), text(HIDDEN), { signal }),
        cache.desk.remove(owner, key('a'), { signal }),
        cache.desk.history(owner, key('a'), signal),
        cache.desk.rollback(owner, key('a'), '1', { signal }),
        Array.fromAsync(cache.desk.list(owner, { group: group('') }, signal)),
      ]) {
        const error = await failureOf(call);
        expect(error).to.include({ code: 'StoreUnreachable', status: 503 });
        expect(seenOf(error)).not.to.include(HIDDEN);
      }
      expect(requests).to.deep.equal([]);
    });

    it('are given up after the time of a request', async () => {
      const impatient = new StoreCache({ open: () => store, onChange: () => undefined, times: { readMs: 30 } });
      store.before = new Promise(() => undefined);
      expect(await failureOf(impatient.desk.read(owner, key('a'), signal))).to.include({ code: 'StoreUnreachable' });
      await impatient.closeAll();
    });

    it('end with the reason of the caller’s signal', async () => {
      const leaving = new AbortController();
      store.before = new Promise((resolve) => setTimeout(resolve, 20));
      const read = cache.desk.read(owner, key('a'), leaving.signal);
      leaving.abort(new Error('the caller left'));
      expect(await failureOf(read)).to.have.property('message', 'the caller left');
      const removal = cache.desk.remove(owner, key('a'), { signal: leaving.signal });
      expect(await failureOf(removal)).to.have.property('message', 'the caller left');
    });
  });
});
