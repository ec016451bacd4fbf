import { SecretValue } from '../../operator/api/secret-value.ts';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { MemoryStore } from '../../operator/stores/memory/driver.ts';
import type { SecretVersion } from '../../operator/stores/store.ts';
import { key } from './keys.ts';

/** A store in memory that remembers what it was asked, and can be slow or hang. */
export class StoreDouble extends MemoryStore {
  /** The keys of each readMany. */
  readonly asked: (readonly SecretKey[])[] = [];
  lists = 0;
  closed = 0;
  /** What a read waits for before it looks, or after it looked. */
  before: Promise<unknown> | undefined;
  after: Promise<unknown> | undefined;

  override async readMany(
    keys: readonly SecretKey[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<SecretKey, SecretVersion>> {
    this.asked.push(keys);
    const { before, after } = this;
    await before;
    const found = await super.readMany(keys, signal);
    await after;
    return found;
  }

  override async *list(...[group, signal]: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
    this.lists += 1;
    yield* super.list(group, signal);
  }

  override async close(): Promise<void> {
    this.closed += 1;
    await super.close();
  }

  async put(where: string, value: string): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    await this.write(key(where), SecretValue.fromText(value), { signal: new AbortController().signal });
    this.failure = failure;
  }
}

/** The same without push. */
export class QuietStore extends StoreDouble {}
Object.defineProperty(QuietStore.prototype, 'watch', { value: undefined });
