import type { SecretKey } from '../api/secret-key.ts';
import type { StoreLine } from './store-line.ts';
import type { SecretStore } from './store.ts';

/** Listens to a store that pushes, and begins anew where that failed. */
export class StoreWatch {
  readonly #store: SecretStore;
  readonly #line: StoreLine;
  readonly #onChange: (keys: readonly SecretKey[]) => void;
  #isWatching = false;

  constructor(store: SecretStore, line: StoreLine, onChange: (keys: readonly SecretKey[]) => void) {
    this.#store = store;
    this.#line = line;
    this.#onChange = onChange;
  }

  /** Begins to listen, unless it does already or the store fails. When that fails, the next call tries again. */
  ensure(): void {
    const [store, line] = [this.#store, this.#line];
    if (this.#isWatching || line.isClosed || line.failure || store.watch === undefined) return;
    this.#isWatching = true;
    // One that failed or came too late must not go on listening beside the next.
    const attempt = new AbortController();
    const signal = AbortSignal.any([line.closed, attempt.signal]);
    const begin = async (): Promise<void> => store.watch?.(this.#onChange, signal);
    line.other('watch', begin).catch(() => {
      attempt.abort();
      this.#isWatching = false;
    });
  }
}
