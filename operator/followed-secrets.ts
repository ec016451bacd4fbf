import { LABELS, MANAGER } from './api/group.ts';
import { SECRET, type Secret } from './api/kinds.ts';
import { SecretValue } from './api/secret-value.ts';
import { OperatorError } from './errors.ts';
import { AlreadyExistsError, ApiError, ConflictError } from './runtime/api-error.ts';
import { Informer } from './runtime/informer.ts';
import type { KubeClient } from './runtime/kube-client.ts';
import type { KubeConnection } from './runtime/kube-connection.ts';
import type { KubeObject } from './runtime/kube-object.ts';
import type { SecretAccess, SecretDraft, StoredSecret } from './stores/kubernetes/secret-access.ts';

/** A Secret as the informer keeps it: its values wrapped on arrival. */
interface WrappedSecret extends KubeObject {
  readonly stored: StoredSecret;
}

/** To ask whether a Secret is there. Milliseconds. */
const UNSEEN_MS = 10_000;

type Listener = (before: StoredSecret | undefined, after: StoredSecret | undefined) => void;

export interface FollowedSecretsOptions {
  readonly connection: KubeConnection;
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the root Secret, and value of the label of the groups' Secrets. */
  readonly secretName: string;
}

/**
 * The kubernetes driver's view of the API server: one watch on the root Secret by name, one on the groups' by label.
 * Built by compose, because a driver may not know runtime/.
 */
export class FollowedSecrets implements SecretAccess {
  readonly #options: FollowedSecretsOptions;
  readonly #followed = new Map<string, StoredSecret>();
  #informers: readonly Informer<WrappedSecret, Secret>[] = [];
  #onChange: Listener = () => undefined;
  /** Undoes what `follow` asked of its signal. */
  #letGo = (): void => undefined;

  constructor(options: FollowedSecretsOptions) {
    this.#options = options;
  }

  async follow(onChange: Listener, signal: AbortSignal): Promise<void> {
    const { secretName } = this.#options;
    await this.close();
    signal.throwIfAborted();
    this.#onChange = onChange;
    const failed = Promise.withResolvers<never>();
    const note = (error: unknown): void => {
      failed.reject(storeError(error));
    };
    const informers = [
      this.#informer({ fieldSelector: `metadata.name=${secretName}` }, note),
      // Without the root: two watches on one Secret could each bring back what the other knows to be old.
      this.#informer(
        { labelSelector: `${LABELS.store}=${secretName}`, fieldSelector: `metadata.name!=${secretName}` },
        note,
      ),
    ];
    this.#informers = informers;
    const onAbort = (): void => void this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#letGo = (): void => {
      signal.removeEventListener('abort', onAbort);
    };
    try {
      // The first failure is told; later ones are the informer's own business, which goes on by itself.
      await Promise.race([Promise.all(informers.map((informer) => informer.start())), failed.promise]);
    } catch (error) {
      await this.close();
      throw error;
    }
    // What went while nobody followed.
    for (const name of [...this.#followed.keys()])
      if (!informers.some((informer) => informer.get(this.#options.namespace, name))) this.#take(name, undefined);
  }

  followed(): ReadonlyMap<string, StoredSecret> {
    return this.#followed;
  }

  async get(name: string, signal: AbortSignal): Promise<StoredSecret | undefined> {
    const { client, namespace } = this.#options;
    const secret = await withStoreErrors(client.get(SECRET, namespace, name, signal));
    return secret && this.#isOurs(secret) ? wrap(secret).stored : undefined;
  }

  /** A Secret of another type is somebody's for a purpose of its own (a certificate, a token), unless the label says that it is the store's. */
  #isOurs({ metadata, type }: Secret): boolean {
    const { secretName } = this.#options;
    return isPlain(type) || metadata.name === secretName || metadata.labels?.[LABELS.store] === secretName;
  }

  async put({ name, resourceVersion, values }: SecretDraft, signal: AbortSignal): Promise<StoredSecret> {
    const { client, namespace, secretName } = this.#options;
    const data = Object.fromEntries([...values].map(([key, value]) => [key, value.reveal().toString('base64')]));
    if (resourceVersion === undefined) {
      const labels = { [LABELS.store]: secretName, [LABELS.managedBy]: MANAGER };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, type: 'Opaque', data };
      return this.#took(await withStoreErrors(this.#create(secret, signal)));
    }
    const present = await withStoreErrors(client.get(SECRET, namespace, name, signal));
    if (present?.metadata.resourceVersion !== resourceVersion) throw new OperatorError('VersionConflict', name);
    if (!isPlain(present.type)) throw foreign(present);
    return this.#took(await withStoreErrors(client.replace<Secret>(SECRET, { ...present, data }, signal)));
  }

  async #create(secret: Secret, signal: AbortSignal): Promise<Secret> {
    const { client, namespace } = this.#options;
    try {
      return await client.create<Secret>(SECRET, secret, signal);
    } catch (error) {
      const present =
        error instanceof AlreadyExistsError && (await client.get(SECRET, namespace, secret.metadata.name, signal));
      if (present && !this.#isOurs(present)) throw foreign(present);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#letGo();
    const informers = this.#informers;
    this.#informers = [];
    await Promise.all(informers.map((informer) => informer.stop()));
  }

  #informer(
    selection: { readonly fieldSelector: string; readonly labelSelector?: string },
    onLost: (error: unknown) => void,
  ): Informer<WrappedSecret, Secret> {
    const { connection, namespace, secretName } = this.#options;
    const isRoot = selection.labelSelector === undefined;
    const informer = new Informer<WrappedSecret, Secret>({
      connection,
      kind: SECRET,
      namespace,
      ...selection,
      transform: wrap,
      onLost,
      onListed: () => void this.#lookAtUnseen(informer, (name) => (name === secretName) === isRoot),
      onChange: ({ stored }, change) => {
        this.#take(stored.name, change === 'delete' ? undefined : stored);
      },
    });
    return informer;
  }

  /** What was written is read from now on, though the watch has yet to tell of it. */
  #took(secret: Secret): StoredSecret {
    const { stored } = wrap(secret);
    const { secretName } = this.#options;
    const isFollowed = stored.name === secretName || secret.metadata.labels?.[LABELS.store] === secretName;
    if (isFollowed && this.#informers.length > 0) this.#take(stored.name, stored);
    return stored;
  }

  /** What was written, and deleted again before any watch showed it: of that no watch tells. */
  async #lookAtUnseen(informer: Informer<WrappedSecret, Secret>, isIts: (name: string) => boolean): Promise<void> {
    const isUnseen = (name: string): boolean =>
      this.#informers.includes(informer) &&
      this.#followed.has(name) &&
      informer.get(this.#options.namespace, name) === undefined;
    for (const [name, followed] of [...this.#followed].filter(([each]) => isIts(each) && isUnseen(each))) {
      // Where it can't be told it stays, until the next list; and so does what was written meanwhile.
      const present = await this.get(name, AbortSignal.timeout(UNSEEN_MS)).catch(() => 'unknown');
      if (present === undefined && isUnseen(name) && this.#followed.get(name) === followed) this.#take(name, undefined);
    }
  }

  #take(name: string, after: StoredSecret | undefined): void {
    const before = this.#followed.get(name);
    if (after) this.#followed.set(name, after);
    else this.#followed.delete(name);
    this.#onChange(before, after);
  }
}

function isPlain(type: string | undefined): boolean {
  return type === undefined || type === 'Opaque';
}

function foreign({ metadata, type = '' }: Secret): OperatorError {
  return new OperatorError(
    'InvalidKey',
    `Secret ${metadata.name} is of type ${type} and not written: use another group`,
  );
}

function wrap({ metadata, data }: Secret): WrappedSecret {
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata;
  const values = Object.entries(data ?? {}).map(([key, text]) => [key, SecretValue.fromBase64(text)] as const);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, uid, resourceVersion },
    stored: { name, uid, resourceVersion, values: new Map(values) },
  };
}

async function withStoreErrors<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw storeError(error);
  }
}

/** What the API server's refusal means for a store. Its sentence is left out: for Secrets it may quote values. */
function storeError(error: unknown): unknown {
  if (error instanceof ConflictError || error instanceof AlreadyExistsError)
    return new OperatorError('VersionConflict', undefined, { cause: error });
  if (!(error instanceof ApiError)) return error;
  if (error.code === 401 || error.code === 403)
    return new OperatorError('AuthenticationFailed', `it may not read or write Secrets here (HTTP ${error.code})`, {
      cause: error,
    });
  return new OperatorError('StoreUnreachable', error.message, { cause: error });
}
