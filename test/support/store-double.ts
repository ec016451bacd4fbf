import { setTimeout as sleep } from 'node:timers/promises';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { MemoryStore } from '../../operator/stores/memory/driver.ts';
import type { OperatorError } from '../../operator/errors.ts';
import type { Found, ReadOptions } from '../../operator/stores/store.ts';
import { key } from './keys.ts';

/** A store in memory that remembers what it was asked, and can be slow, hang, or refuse single keys. */
export class StoreDouble extends MemoryStore {
  /** The keys of each readMany. */
  readonly asked: (readonly SecretKey[])[] = [];
  /** Whether each of them was a refresh. */
  readonly background: boolean[] = [];
  /** Keys and groups that it can not tell of, though it can of others. */
  readonly refused = new Map<string, OperatorError>();
  lists = 0;
  closed = 0;
  /** What a read waits for before it looks, or after it looked. */
  before: Promise<unknown> | undefined;
  after: Promise<unknown> | undefined;

  override async readMany(
    keys: readonly SecretKey[],
    signal: AbortSignal,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<SecretKey, Found>> {
    this.asked.push(keys);
    this.background.push(options?.background ?? false);
    const { before, after } = this;
    await before;
    const found = new Map<SecretKey, Found>(await super.readMany(keys, signal));
    await after;
    for (const where of keys) {
      const refusal = this.refused.get(where);
      if (refusal) found.set(where, refusal);
    }
    return found;
  }

  override async *list(...[group, signal]: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
    this.lists += 1;
    const refusal = this.refused.get(`${group}/`);
    if (refusal) throw refusal;
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

/** One that can be asked whether it answers at all; without push. */
export class PingedStore extends QuietStore {
  pings = 0;
  /** What a ping waits for. */
  pingAfter: (() => Promise<unknown>) | undefined;
  /** How long every answer takes. */
  delayMs = 0;

  override async readMany(...call: Parameters<StoreDouble['readMany']>): ReturnType<StoreDouble['readMany']> {
    const found = await super.readMany(...call);
    if (this.delayMs > 0) await sleep(this.delayMs);
    return found;
  }

  async ping(signal: AbortSignal): Promise<void> {
    this.pings += 1;
    await this.pingAfter?.();
    if (this.delayMs > 0) await sleep(this.delayMs);
    await this.check(signal);
  }
}
