import type { SecretValue } from '../../api/secret-value.ts';

/** A Secret of the store: its values wrapped as they arrive. */
export interface StoredSecret {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly values: ReadonlyMap<string, SecretValue>;
}

/** What to write. */
export interface SecretDraft {
  readonly name: string;
  /** Of the Secret that this one replaces; left out, the Secret is created. */
  readonly resourceVersion?: string;
  readonly values: ReadonlyMap<string, SecretValue>;
}

/**
 * The Secrets of one store of type kubernetes. Compose builds it over runtime/; the driver knows no more of Kubernetes
 * than this.
 *
 * Throws StoreUnreachable and AuthenticationFailed, and VersionConflict when a Secret changed meanwhile.
 */
export interface SecretAccess {
  /**
   * Begins to follow the store's Secrets; resolves when all are known. `onChange` gets a Secret as it was and as it is.
   * Losing touch is no end: it catches up, and tells what changed meanwhile.
   */
  follow(
    onChange: (before: StoredSecret | undefined, after: StoredSecret | undefined) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** The Secrets that are followed, by name: the one of the root, and those labelled as the store's. */
  followed(): ReadonlyMap<string, StoredSecret>;
  /** One Secret, asked of the API server. */
  get(name: string, signal: AbortSignal): Promise<StoredSecret | undefined>;
  /** Creates or replaces a Secret. */
  put(draft: SecretDraft, signal: AbortSignal): Promise<StoredSecret>;
  close(): Promise<void>;
}
