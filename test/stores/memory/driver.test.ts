import { OperatorError } from '../../../operator/errors.ts';
import { MemoryStore } from '../../../operator/stores/memory/driver.ts';
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
});
