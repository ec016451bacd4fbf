import type { News } from './sql/select-news.ts';

/**
 * What was told already, by key: the number of the transaction that changed it. Only changes from the horizon on are
 * remembered, as older ones are never asked for again; so each change is told once, by notification or by asking,
 * whichever comes first.
 */
export class SeenChanges {
  readonly #tell: (keys: readonly string[]) => void;
  readonly #seen = new Map<string, bigint>();
  #horizon: bigint | undefined;

  constructor(tell: (keys: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** Whether anything was ever asked: changes before that are nobody's news. */
  get began(): boolean {
    return this.#horizon !== undefined;
  }

  /** From which transaction on to ask; null at first. */
  get since(): string | null {
    return this.#horizon?.toString() ?? null;
  }

  /** A notification, `TRANSACTION:KEY`. */
  notified(payload: string): void {
    const [, changed = '', key = ''] = /^(\d+):(.+)$/.exec(payload) ?? [];
    if (key === '') return;
    const transaction = BigInt(changed);
    // What was over at the horizon, was told when that was asked.
    if (transaction >= (this.#horizon ?? 0n) && this.#isNew(key, transaction)) this.#tell([key]);
  }

  /** The answer to what changed since then. */
  asked(news: readonly News[]): void {
    const [first] = news;
    if (first === undefined) return;
    const horizon = BigInt(first.horizon);
    const { began } = this;
    // Numbers went back: this is another server, or an older copy. All that it has is asked for the next time.
    const restored = this.#horizon !== undefined && horizon < this.#horizon;
    const keys = news.flatMap(({ key, changed }) =>
      key !== null && changed !== null && this.#isNew(key, BigInt(changed)) ? [key] : [],
    );
    this.#horizon = restored ? 0n : horizon;
    if (restored) this.#seen.clear();
    for (const [key, changed] of this.#seen) if (changed < horizon) this.#seen.delete(key);
    if (began && keys.length > 0) this.#tell([...new Set(keys)]);
  }

  #isNew(key: string, changed: bigint): boolean {
    if (this.#seen.get(key) === changed) return false;
    this.#seen.set(key, changed);
    return true;
  }
}
