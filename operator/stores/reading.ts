import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import type { OperatorError } from '../errors.ts';
import type { SecretVersion } from './store.ts';

/** What a reader wants of a store. */
export interface Needs {
  readonly keys: readonly SecretKey[];
  readonly groups: readonly SecretGroup[];
  /** Which keys the reader may have: no other is handed out, nor told of. */
  readonly allowed: (key: SecretKey) => boolean;
}

/** Why a store can't tell at present, and since when values may be old. The same for as long as the outage lasts. */
export interface StoreFailure {
  readonly error: OperatorError;
  /** When the store last answered before it failed; undefined: not since it was opened. */
  readonly lastGood: Date | undefined;
}

/**
 * What is known of the wanted keys. Neither in `values`, `unknown` nor `failed`: the key is not in the store. A key in
 * `values` and in `failed` has its last good value.
 */
export interface Reading {
  readonly values: ReadonlyMap<SecretKey, SecretVersion>;
  /** Never read, because the store can't tell. */
  readonly unknown: readonly SecretKey[];
  /** Why the store can't tell of this one key (KeyRefused, ValueUnreadable), though it can of others. */
  readonly failed: ReadonlyMap<SecretKey, OperatorError>;
  /** The keys directly in each wanted group that the reader may have; absent while the group was never listed. */
  readonly groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>;
  /** Why this one group can't be listed at present. */
  readonly failedGroups: ReadonlyMap<SecretGroup, OperatorError>;
  readonly failure: StoreFailure | undefined;
}
