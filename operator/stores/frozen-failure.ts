import type { OperatorError } from '../errors.ts';
import type { StoreFailure } from './reading.ts';

/** So often in a row a failure must be another one before it is told. */
const TIMES_IN_A_ROW = 3;

/**
 * What is wrong with a store, in words that stay the same from retry to retry, because each change is written into the
 * status of every binding: when it last answered is as of the outage's beginning, and another error takes the place of the
 * first only once it is the last word several times in a row.
 */
export class FrozenFailure {
  #current: StoreFailure | undefined;
  #next: { readonly message: string; readonly times: number } | undefined;

  get current(): StoreFailure | undefined {
    return this.#current;
  }

  /** Takes in a failure; `lastGood` counts for the first one only. Returns whether there is something new to tell. */
  note(error: OperatorError, lastGood: Date | undefined): boolean {
    const { message } = error;
    if (this.#current === undefined) {
      this.#current = { error, lastGood };
      return true;
    }
    if (message === this.#current.error.message) {
      this.#next = undefined;
      return false;
    }
    const times = this.#next?.message === message ? this.#next.times + 1 : 1;
    this.#next = { message, times };
    if (times < TIMES_IN_A_ROW) return false;
    this.#next = undefined;
    this.#current = { error, lastGood: this.#current.lastGood };
    return true;
  }

  end(): void {
    this.#current = undefined;
    this.#next = undefined;
  }
}
