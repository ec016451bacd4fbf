import type { SecretKey } from '../../operator/api/secret-key.ts';
import type { SecretStore } from '../../operator/stores/store.ts';

/** What a driver's test gives the contract. */
export interface Contract {
  /** A store with nothing in it. */
  readonly open: () => Promise<SecretStore>;
  /** From now on the store does not answer. Left out with a reason: why that can't be made to happen. */
  readonly fail: ((code: 'StoreUnreachable' | 'AuthenticationFailed') => void) | Skipped;
  /** Whether it tells what changed. */
  readonly pushes: boolean;
  /** How many keys the listing of one group is tried with. */
  readonly manyKeys: number;
  /** Puts many keys into one group, each the value of itself; left out: they are written one after the other. */
  readonly fill?: (keys: readonly SecretKey[]) => Promise<void>;
  /** From now on each answer of the backend takes so many milliseconds. */
  readonly slow?: ((ms: number) => void) | Skipped;
  /** From now on the store lets the operator in, but not to this key. */
  readonly refuseKey?: ((key: SecretKey) => unknown) | Skipped;
  /** What lies under the key is from now on something that can't be read as a value. */
  readonly spoilValue?: ((key: SecretKey) => unknown) | Skipped;
  /** Whether it keeps earlier values, and those of a key that was removed. Left out: it may have no history. */
  readonly history?: { readonly keepsRemoved: boolean } | Skipped;
}

/** Why a part of the contract can't be tried with this driver. */
export interface Skipped {
  readonly skipped: string;
}
