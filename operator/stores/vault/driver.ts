import type { SecretGroup, SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { StoreReferences } from '../references.ts';
import type { RequestBudget } from '../request-budget.ts';
import type {
  Found,
  ReadOptions,
  RemoveOptions,
  SecretEntry,
  SecretStore,
  StoreHealth,
  VersionInfo,
  WriteOptions,
} from '../store.ts';
import { refuseTooLarge } from '../value-limit.ts';
import { Connection, MAX_CONNECTIONS, type VaultSpec } from './connection.ts';
import type { Kv } from './kv.ts';
import { KvHistory } from './kv-history.ts';
import { KvOne } from './kv-one.ts';
import { KvTwo } from './kv-two.ts';
import { VaultLeases } from './leases.ts';
import { loginOf } from './login.ts';
import { Mount } from './mount.ts';
import { inParallel } from './parallel.ts';
import { KvPath } from './path.ts';
import { Requests } from './requests.ts';
import { Session } from './session.ts';
import { Tree } from './tree.ts';

/** What a store of type vault is made from. */
export interface VaultStoreOptions {
  readonly spec: VaultSpec;
  readonly references: StoreReferences;
  readonly budget: RequestBudget;
  /** Of the store's object: keys the versions of KV version 1. */
  readonly uid: string;
}

/** A token that served a request so lately need not be tried by a check. Milliseconds. */
const PROVEN_MS = 15_000;

/**
 * Values in HashiCorp Vault or OpenBao: key `a/K` is the secret `PREFIX/a/K` of a KV mount, version 1 or 2, with the data
 * `{"value": "TEXT"}`, or `{"value": "BASE64", "encoding": "base64"}` for bytes that are no text.
 */
export class VaultStore implements SecretStore {
  readonly #path: KvPath;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #session: Session;
  readonly #mount: Mount;
  readonly #kv: Kv;
  readonly #tree: Tree;
  readonly leases: VaultLeases;
  /** KV version 1 keeps none. */
  readonly history?: KvHistory;

  /** Throws StoreUnreachable or AuthenticationFailed for a spec that can't work. */
  constructor({ spec, references, budget, uid }: VaultStoreOptions) {
    const path = new KvPath(spec.path);
    this.#path = path;
    this.#connection = new Connection(spec, references);
    this.#requests = new Requests(this.#connection, budget);
    const login = loginOf(spec, { references, requests: this.#requests });
    const session = new Session(login, this.#requests);
    this.#session = session;
    const mount = new Mount(path, session);
    this.#mount = mount;
    const parts = { path, session, mount };
    this.#kv = path.version === 2 ? new KvTwo(parts) : new KvOne(parts, uid);
    if (path.version === 2) this.history = new KvHistory(parts);
    this.#tree = new Tree(parts);
    this.leases = new VaultLeases({ session, requests: this.#requests, isSteady: !login.makesTokens });
  }

  async readMany(
    keys: readonly SecretKey[],
    signal: AbortSignal,
    { background = false }: ReadOptions = {},
  ): Promise<ReadonlyMap<SecretKey, Found>> {
    const all = new Map<SecretKey, Found>();
    await inParallel([...new Set(keys)], { limit: MAX_CONNECTIONS, signal }, async (key, either) => {
      const found = await this.#kv.read(key, { signal: either, background });
      if (found) all.set(key, found);
    });
    return all;
  }

  async write(key: SecretKey, value: SecretValue, { signal, ifVersion }: WriteOptions): Promise<VersionInfo> {
    refuseTooLarge(key, value);
    return this.#kv.write(key, value, { signal, ifVersion });
  }

  async remove(key: SecretKey, { signal, ifVersion }: RemoveOptions): Promise<void> {
    await this.#kv.remove(key, { signal, ifVersion });
  }

  async *list(group: SecretGroup, signal: AbortSignal): AsyncIterable<SecretEntry> {
    const entries = await this.#tree.list(group, { signal });
    const { deleted } = this.#kv;
    const isThere = (entry: SecretEntry): boolean => !('key' in entry && deleted.has(entry.key));
    // Reading tells of those that came back.
    const doubtful = entries.flatMap((entry) => ('key' in entry && deleted.has(entry.key) ? [entry.key] : []));
    await this.readMany(doubtful, signal);
    yield* entries.filter(isThere);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#health(signal);
    await this.#session.confirm(signal);
  }

  async check(signal: AbortSignal): Promise<StoreHealth> {
    signal.throwIfAborted();
    await this.#connection.refresh(signal);
    await this.#session.refresh(signal);
    const server = await this.#health(signal);
    if (!this.#session.wasGoodWithin(PROVEN_MS)) this.#mount.forget();
    const login = await this.#session.describe(signal);
    await this.#mount.verify({ signal });
    const keys = await this.#tree.count(signal);
    const uncounted = keys === undefined ? '; its keys are not counted, because it may not list them all' : '';
    const message = `KV version ${this.#path.version} under ${this.#path.toString()}, version ${server}; ${login}${uncounted}.`;
    return { ready: true, message, ...(keys === undefined ? {} : { keys }) };
  }

  close(): Promise<void> {
    this.#session.close();
    this.#connection.close();
    return Promise.resolve();
  }

  /** The server's version and address. Throws StoreUnreachable when it can't serve. */
  async #health(signal: AbortSignal): Promise<string> {
    const health = await this.#requests.health(signal);
    if (!health.serves) throw new OperatorError('StoreUnreachable', health.why);
    return health.server;
  }
}
