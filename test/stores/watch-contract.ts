import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { SecretStore } from '../../operator/stores/store.ts';
import { eventually } from '../doubles/eventually.ts';
import { key } from '../support/keys.ts';

/** The part of the contract for stores that push; `current` is the store of the running test. */
export function watchContract(current: () => SecretStore): void {
  describe('watching', () => {
    const { signal } = new AbortController();
    let store: SecretStore;
    const write = (where: string, text: string) => store.write(key(where), SecretValue.fromText(text), { signal });
    const watch = async (onChange: (keys: readonly SecretKey[]) => void, until = signal) => {
      if (store.watch === undefined) throw new Error('this store does not push: say so in its contract');
      await store.watch(onChange, until);
    };

    beforeEach(() => {
      store = current();
    });

    it('tells which keys changed, came and went, and no other', async () => {
      for (const where of ['a', 'orders/b', 'orders/c', 'quiet']) await write(where, '1');
      const told = new Set<SecretKey>();
      await watch((keys) => {
        for (const each of keys) told.add(each);
      }, signal);
      told.clear();
      await write('a', '2');
      await write('orders/new', '1');
      await store.remove(key('orders/b'), { signal });
      await write('orders/c', '1');
      await eventually(() => told.size === 3);
      expect([...told].sort()).to.deep.equal(['a', 'orders/b', 'orders/new']);
    });

    it('is silent once its signal is aborted', async () => {
      const abort = new AbortController();
      const told: SecretKey[] = [];
      await watch((keys) => told.push(...keys), abort.signal);
      abort.abort();
      await write('a', '1');
      await sleep(100);
      expect(told).to.deep.equal([]);
    });

    it('goes on for one listener when another one ends', async () => {
      const abort = new AbortController();
      const told: SecretKey[] = [];
      await watch(() => undefined, abort.signal);
      await watch((keys) => told.push(...keys), signal);
      abort.abort();
      await write('a', '1');
      await eventually(() => told.includes(key('a')));
    });
  });
}
