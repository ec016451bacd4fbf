import { API_VERSION, ANNOTATIONS } from '../api/group.ts';
import { SECRET_STORE_CONFIG, type SecretStoreConfig } from '../api/kinds.ts';
import type { KubeClient } from '../runtime/kube-client.ts';

export interface RefreshNoteOptions {
  readonly client: Pick<KubeClient, 'apply'>;
  /** Whether this replica leads: then its own reads have learnt of the write already. */
  readonly isLeading: () => boolean;
  readonly onError: (error: unknown) => void;
  readonly now?: () => Date;
}

/** Who owns the annotation: apart from those who write the object. */
const FIELD_MANAGER = 'spark-secrets-operator-api';
/** Writes that follow each other this closely are one note. Milliseconds. */
const TOGETHER_MS = 200;
const PATIENCE_MS = 10_000;

/**
 * Tells the replica that leads that a key was written here, by an annotation on the store's object: only for stores that
 * don't tell by themselves. Should it not get through, the leader reads anew within the store's refreshInterval.
 */
export class RefreshNote {
  readonly #options: RefreshNoteOptions;
  readonly #waiting = new Set<string>();

  constructor(options: RefreshNoteOptions) {
    this.#options = options;
  }

  /** A key of the store was written by this replica. */
  wrote({ metadata, spec }: SecretStoreConfig): void {
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    if (pushes(spec) || this.#options.isLeading() || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    setTimeout(() => {
      this.#waiting.delete(key);
      this.#note(metadata).catch(this.#options.onError);
    }, TOGETHER_MS).unref();
  }

  async #note({ namespace = '', name, uid = '' }: SecretStoreConfig['metadata']): Promise<void> {
    const { client, now = () => new Date() } = this.#options;
    const annotations = { [ANNOTATIONS.refresh]: now().toISOString() };
    const { kind } = SECRET_STORE_CONFIG;
    // With the uid it never makes anew what somebody has just removed.
    const body = { apiVersion: API_VERSION, kind, metadata: { namespace, name, uid, annotations } };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await client.apply(SECRET_STORE_CONFIG, body, { signal, force: true, fieldManager: FIELD_MANAGER });
  }
}

/** Secrets are watched, and a database notifies; Vault has to be asked. */
function pushes({ type }: SecretStoreConfig['spec']): boolean {
  return type !== 'vault';
}
