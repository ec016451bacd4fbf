import type { SecretGroup, SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import { listing } from '../listing.ts';
import type {
  Found,
  History,
  PastVersion,
  RemoveOptions,
  SecretEntry,
  SecretStore,
  SecretVersion,
  StoreHealth,
  VersionInfo,
  WriteOptions,
} from '../store.ts';
import { refuseTooLarge } from '../value-limit.ts';

/** Of each key so many versions are kept. */
const KEPT = 20;

interface Kept extends SecretVersion {
  readonly createdAt: Date;
}

/** A store in memory: the double that tests use instead of a real one. It keeps every promise of SecretStore. */
export class MemoryStore implements SecretStore {
  readonly #values = new Map<SecretKey, SecretVersion>();
  /** Newest first; also of keys that were removed. */
  readonly #kept = new Map<SecretKey, readonly Kept[]>();
  readonly #listeners = new Set<(keys: readonly SecretKey[]) => void>();
  #writes = 0;
  /** What every call throws instead of answering, while it is set. */
  failure: OperatorError | undefined;
  /** How many times values were read. */
  reads = 0;
  readonly history: History = {
    versions: (key, signal) => this.#versions(key, signal),
    readVersion: (key, version, signal) => this.#readVersion(key, version, signal),
  };

  async readMany(keys: readonly SecretKey[], signal: AbortSignal): Promise<ReadonlyMap<SecretKey, Found>> {
    await this.#answer(signal);
    this.reads += 1;
    const found = keys.flatMap((key) => {
      const version = this.#values.get(key);
      return version ? [[key, version] as const] : [];
    });
    return new Map(found);
  }

  async write(key: SecretKey, value: SecretValue, options: WriteOptions): Promise<VersionInfo> {
    refuseTooLarge(key, value);
    await this.#answer(options.signal);
    const { ifVersion } = options;
    const present = this.#values.get(key);
    if (ifVersion !== undefined && (present?.version ?? null) !== ifVersion)
      throw new OperatorError('VersionConflict', key);
    if (present?.value.equals(value)) return { version: present.version };
    const version = String(++this.#writes);
    this.#values.set(key, { value, version });
    this.#kept.set(key, [{ value, version, createdAt: new Date() }, ...this.#keptOf(key)].slice(0, KEPT));
    this.#tell(key);
    return { version };
  }

  async remove(key: SecretKey, options: RemoveOptions): Promise<void> {
    await this.#answer(options.signal);
    const present = this.#values.get(key);
    if (present === undefined) return;
    if (options.ifVersion !== undefined && present.version !== options.ifVersion)
      throw new OperatorError('VersionConflict', key);
    this.#values.delete(key);
    this.#tell(key);
  }

  async *list(group: SecretGroup, signal: AbortSignal): AsyncIterable<SecretEntry> {
    await this.#answer(signal);
    yield* listing(this.#values.keys(), group);
  }

  async watch(onChange: (keys: readonly SecretKey[]) => void, signal: AbortSignal): Promise<void> {
    await this.#answer(signal);
    this.#listeners.add(onChange);
    signal.addEventListener('abort', () => this.#listeners.delete(onChange));
  }

  async check(signal: AbortSignal): Promise<StoreHealth> {
    await this.#answer(signal);
    return { ready: true, message: 'In memory.', keys: this.#values.size };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }

  async #versions(key: SecretKey, signal: AbortSignal): Promise<readonly PastVersion[]> {
    await this.#answer(signal);
    const present = this.#values.get(key)?.version;
    return this.#keptOf(key).map(({ version, createdAt }) => ({ version, createdAt, current: version === present }));
  }

  async #readVersion(key: SecretKey, version: string, signal: AbortSignal): Promise<SecretVersion | undefined> {
    await this.#answer(signal);
    const kept = this.#keptOf(key).find((each) => each.version === version);
    return kept && { value: kept.value, version };
  }

  #keptOf(key: SecretKey): readonly Kept[] {
    return this.#kept.get(key) ?? [];
  }

  /** The moment at which a real store would be asked. */
  async #answer(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    if (this.failure) throw this.failure;
  }

  #tell(key: SecretKey): void {
    for (const listener of this.#listeners) listener([key]);
  }
}
