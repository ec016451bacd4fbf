import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import type { SecretStore } from '../../operator/stores/store.ts';
import { seenOf } from '../support/failure.ts';
import { key } from '../support/keys.ts';
import type { Contract } from './contract-options.ts';

const HIDDEN = 'hunter2-is-hidden';

/** The part of the contract for a key that the store can not tell of though it can of others. */
export function singleKeyContract({ refuseKey, spoilValue }: Contract, current: () => SecretStore): void {
  const { signal } = new AbortController();

  for (const [code, harm] of [
    ['KeyRefused', refuseKey],
    ['ValueUnreadable', spoilValue],
  ] as const) {
    if (typeof harm !== 'function') continue;
    it(`says ${code} of that one key, gives the others, and is well`, async () => {
      const store = current();
      for (const where of ['orders/a', 'orders/b', 'c'])
        await store.write(key(where), SecretValue.fromText(HIDDEN), { signal });
      await harm(key('orders/a'));
      const found = await store.readMany(['orders/a', 'orders/b', 'c', 'none'].map(key), signal);
      expect([...found.keys()].sort()).to.deep.equal(['c', 'orders/a', 'orders/b']);
      const error = found.get(key('orders/a'));
      expect(error).to.be.instanceOf(OperatorError).and.to.include({ code });
      expect(seenOf(error)).not.to.include(HIDDEN).and.not.include(Buffer.from(HIDDEN).toString('base64'));
      expect(found.get(key('orders/b'))).not.to.be.instanceOf(OperatorError);
      expect((await store.check(signal)).ready).to.be.true;
    });

    it(`says ${code} also when it is asked for that key alone`, async () => {
      const store = current();
      await store.write(key('orders/a'), SecretValue.fromText(HIDDEN), { signal });
      await harm(key('orders/a'));
      const found = await store.readMany([key('orders/a')], signal);
      expect(found.get(key('orders/a')))
        .to.be.instanceOf(OperatorError)
        .and.to.include({ code });
    });
  }
}
