import { OperatorError } from '../../../operator/errors.ts';
import { MemoryStore } from '../../../operator/stores/memory/driver.ts';
import { PingedStore } from '../../support/store-double.ts';
import { storeContract } from '../contract.ts';

let store: MemoryStore;

storeContract('the store in memory', {
  open: () => {
    store = new MemoryStore();
    return Promise.resolve(store);
  },
  fail: (code) => {
    store.failure = new OperatorError(code);
  },
  pushes: true,
  manyKeys: 10_000,
  history: { keepsRemoved: true },
});

let double: PingedStore;

storeContract('the double of a store that is asked whether it answers', {
  open: () => {
    double = new PingedStore();
    return Promise.resolve(double);
  },
  fail: (code) => {
    double.failure = new OperatorError(code);
  },
  refuseKey: (where) => double.refused.set(where, new OperatorError('KeyRefused', where)),
  spoilValue: (where) => double.refused.set(where, new OperatorError('ValueUnreadable', where)),
  slow: { skipped: 'its delay heeds no signal: shared reads must end without' },
  pushes: false,
  manyKeys: 10_000,
  history: { keepsRemoved: true },
});
