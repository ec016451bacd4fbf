import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import type { OperatorError } from '../errors.ts';

/** A value and the version it was read at. */
export interface SecretVersion {
  readonly value: SecretValue;
  readonly version: string;
}

/**
 * What a store has under a key: the value, or why it can't tell of this one key though it can of others (KeyRefused,
 * ValueUnreadable). A failure of the store itself is thrown instead.
 */
export type Found = SecretVersion | OperatorError;

/** How urgent a read is. */
export interface ReadOptions {
  /** A refresh of what is known already: it waits until nothing is read that somebody waits for. */
  readonly background?: boolean;
}

/** The version that a write made. Opaque: it changes whenever the value does, and tells nothing about it. */
export interface VersionInfo {
  readonly version: string;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /**
   * Compare-and-set: write only while the key has this version, or, with `null`, only while it is not there.
   * Left out: write whatever is there. A mismatch throws VersionConflict and changes nothing.
   */
  readonly ifVersion?: string | null;
}

export interface RemoveOptions {
  readonly signal: AbortSignal;
  /** As for a write. A key that is already gone is never a conflict. */
  readonly ifVersion?: string;
}

/** One line of a group's listing: a key in it, or a group below it. */
export type SecretEntry = { readonly key: SecretKey } | { readonly group: SecretGroup };

/** What a store says of itself. A store that does not answer throws instead. */
export interface StoreHealth {
  /** False: it answers, but what it should hold is not there yet. */
  readonly ready: boolean;
  /** For the reader of a condition: what is so, and what to do when it is not ready. */
  readonly message: string;
  /** How many keys it holds; absent when it may not list. */
  readonly keys?: number;
}

/**
 * Where secret values live. "Not there" is a value; "cannot tell" is thrown: mixing the two is how secrets get deleted.
 *
 * Every method throws StoreUnreachable when the store does not answer and AuthenticationFailed when it refuses the
 * operator; none puts a value, or what a backend answered, into an error. Aborting a signal rejects with its reason.
 * The contract suite (test/stores/contract.ts) says when a driver is done.
 */
export interface SecretStore {
  /** The present values. A key that is absent from the map is not there. */
  readMany(
    keys: readonly SecretKey[],
    signal: AbortSignal,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<SecretKey, Found>>;
  /** Creates or changes a key. Throws VersionConflict, or ValueTooLarge before the backend is asked. */
  write(key: SecretKey, value: SecretValue, options: WriteOptions): Promise<VersionInfo>;
  /** Removes a key; one that is not there is fine. Throws VersionConflict. */
  remove(key: SecretKey, options: RemoveOptions): Promise<void>;
  /**
   * What lies directly in a group, keys and groups in order of name. A group that is not there is empty. Throws
   * KeyRefused when this group may not be listed, though others may.
   */
  list(group: SecretGroup, signal: AbortSignal): AsyncIterable<SecretEntry>;
  /**
   * Only stores that push. Tells which keys may have changed (also those that came or went), until the signal is
   * aborted; resolves once it listens. After it lost touch it tells every key that changed meanwhile.
   */
  watch?(onChange: (keys: readonly SecretKey[]) => void, signal: AbortSignal): Promise<void>;
  /**
   * Only stores that can be asked cheaply whether they answer at all: many times a minute, also between reads. Throws
   * what any method throws.
   */
  ping?(signal: AbortSignal): Promise<void>;
  /** Whether it works, in words for its condition. Looks anew at the Secrets that the store's spec names. */
  check(signal: AbortSignal): Promise<StoreHealth>;
  /** Lets go of connections. Safe to call twice; nothing else may be called afterwards. */
  close(): Promise<void>;
  /** Only stores with credentials that are made for one consumer and end with it. */
  readonly leases?: Leases;
  /** Only stores that keep earlier values of a key. */
  readonly history?: History;
}

/** One of the versions of a key that a store keeps. */
export interface PastVersion {
  /** As `SecretVersion.version` was when it was the present one. */
  readonly version: string;
  /** When it was written, where the store tells. */
  readonly createdAt?: Date;
  /** Whether the key has it now. */
  readonly current: boolean;
}

/** Earlier values of keys. Methods throw what the store's throw; KeyRefused and ValueUnreadable too, as they ask for one key. */
export interface History {
  /** What is kept of a key, newest first; empty for a key that never was. */
  versions(key: SecretKey, signal: AbortSignal): Promise<readonly PastVersion[]>;
  /** The value that a key had; undefined: it is not kept, or was a removal. */
  readVersion(key: SecretKey, version: string, signal: AbortSignal): Promise<SecretVersion | undefined>;
}

/** Credentials that a store made for one consumer. */
export interface Lease {
  /** By which it is renewed and revoked, of printable characters. No secret, and useless to those who can't log in. */
  readonly handle: string;
  /** What was made, by field: `username`, `password`. */
  readonly values: ReadonlyMap<string, SecretValue>;
  /** How long it lasts unless it is renewed, in milliseconds. */
  readonly ttlMs: number;
}

/** A lease of before. */
export interface HeldLease {
  readonly handle: string;
  /** For whom it was made. A handle that was made for somebody else counts as gone: nobody ends another's credentials. */
  readonly owner: string;
}

/** Credentials on lease. Methods throw what the store's throw. */
export interface Leases {
  /**
   * Makes credentials at a path of the store (`database/creds/readonly`). If the caller never gets to note the handle,
   * they end by themselves within a minute: `keep` confirms them. Throws KeyRefused when there are none to be had there.
   */
  lease(path: SecretKey, owner: string, signal: AbortSignal): Promise<Lease>;
  /** Confirms or renews: they last for `ttlMs` again, which may be less than before. Throws KeyRefused when they are gone. */
  keep(held: HeldLease, signal: AbortSignal): Promise<{ readonly ttlMs: number }>;
  /** Ends them at once; those that are gone are fine. */
  revoke(held: HeldLease, signal: AbortSignal): Promise<void>;
}
