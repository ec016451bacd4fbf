import { groupOf, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { Slots, type Slot } from './slots.ts';
import type { SecretStore, SecretVersion, StoreHealth } from './store.ts';

/** What a reader wants of a store. */
export interface Needs {
  readonly keys: readonly SecretKey[];
  readonly groups: readonly SecretGroup[];
  /** Which keys the reader may have: no other is handed out, nor told of. */
  readonly allowed: (key: SecretKey) => boolean;
}

/** Why a store can't tell at present, and since when values may be old. */
export interface StoreFailure {
  readonly error: OperatorError;
  /** When the store last answered; undefined: not since it was opened. */
  readonly lastGood: Date | undefined;
}

/** What is known of the wanted keys. Neither in `values` nor in `unknown`: the key is not in the store. */
export interface Reading {
  readonly values: ReadonlyMap<SecretKey, SecretVersion>;
  /** Never read, because the store can't tell. */
  readonly unknown: readonly SecretKey[];
  /** The keys directly in each wanted group that the reader may have; absent while the group can't be listed. */
  readonly groups: ReadonlyMap<SecretGroup, readonly SecretKey[]>;
  readonly failure: StoreFailure | undefined;
}

export interface SharedReadsOptions {
  /** How stale a value may be, in milliseconds. */
  readonly refreshMs: number;
  /** Told which readers have to look again. */
  readonly onChange: (readers: ReadonlySet<string>) => void;
  /** The store pushed a change, of keys that are read or of others. */
  readonly onPush?: () => void;
  readonly onRequest?: (operation: string, ok: boolean) => void;
  /** A store that hangs is one that does not answer: after so many milliseconds, by default 8 s. */
  readonly requestMs?: number;
  /** While a store fails it is asked again at least, and by readers at most, this often. Milliseconds, by default 5 s. */
  readonly retryMs?: number;
}

/** What one reader uses, so that it can be let go. */
interface Uses {
  readonly keys: ReadonlySet<SecretKey>;
  readonly groups: ReadonlySet<SecretGroup>;
}

const REQUEST_MS = 8_000;
const RETRY_MS = 5_000;

/**
 * One store, read once for all its readers: each key once per interval, a key in flight once, keys wanted at the same
 * time together. What was read stays when the store fails (last known good).
 */
export class SharedReads {
  readonly #store: SecretStore;
  readonly #options: SharedReadsOptions;
  readonly #keys = new Slots<SecretKey, SecretVersion>();
  readonly #groups = new Slots<SecretGroup, readonly SecretKey[]>();
  readonly #uses = new Map<string, Uses>();
  readonly #closed = new AbortController();
  readonly #inFlight = new Map<SecretKey | `${SecretGroup}/`, Promise<void>>();
  #batch: { keys: Set<SecretKey>; done: Promise<void> } | undefined;
  #failure: OperatorError | undefined;
  #failedAt = 0;
  #lastGood: Date | undefined;
  #watching = false;
  #requests = 0;
  /** Readers to be told at the end of this turn, when what was answered is in its slots. */
  #news = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: SecretStore, options: SharedReadsOptions) {
    this.#store = store;
    this.#options = options;
    this.#schedule();
  }

  /**
   * What is known; asks the store only for what never was. Does not throw for a store that fails, and does not wait for
   * one that failed a moment ago: it is asked again by the timer, which tells the readers.
   */
  async read(reader: string, needs: Needs): Promise<Reading> {
    this.#watch();
    const groups = needs.groups.map((group) => [group, this.#groups.use(group, reader)] as const);
    await Promise.all(
      groups.flatMap(([group, slot]) => (this.#asks(slot) ? this.#once(`${group}/`, () => this.#list(group)) : [])),
    );
    const members = groups.flatMap(([, slot]) => (slot.value ?? []).filter(needs.allowed));
    const wanted = new Set([...needs.keys.filter(needs.allowed), ...members]);
    const slots = [...wanted].map((key) => [key, this.#keys.use(key, reader)] as const);
    await Promise.all(slots.flatMap(([key, slot]) => (this.#asks(slot) ? this.#fetch(key) : [])));
    this.#keepOnly(reader, { groups: new Set(needs.groups), keys: wanted });
    return {
      values: new Map(slots.flatMap(([key, { value }]) => (value ? [[key, value] as const] : []))),
      unknown: slots.filter(([, { known }]) => !known).map(([key]) => key),
      groups: new Map(
        groups.flatMap(([group, { known, value }]) =>
          known ? [[group, (value ?? []).filter(needs.allowed)] as const] : [],
        ),
      ),
      failure: this.#failure && { error: this.#failure, lastGood: this.#lastGood },
    };
  }

  /** The reader is gone: what only it used is forgotten. */
  forget(reader: string): void {
    this.#keepOnly(reader, { groups: new Set(), keys: new Set() });
    this.#uses.delete(reader);
  }

  /** Asks the store how it is. Throws what the store throws. */
  async check(): Promise<StoreHealth> {
    this.#watch();
    return this.#ask('check', (signal) => this.#store.check(signal));
  }

  async close(): Promise<void> {
    this.#closed.abort(new OperatorError('StoreUnreachable', 'it was closed'));
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  #asks({ known }: Slot<unknown>): boolean {
    if (known) return false;
    return this.#failure === undefined || performance.now() - this.#failedAt > (this.#options.retryMs ?? RETRY_MS);
  }

  /** Lets go of what a reader used before and no longer does. */
  #keepOnly(reader: string, uses: Uses): void {
    const before = this.#uses.get(reader);
    if (before) {
      this.#groups.release(before.groups.difference(uses.groups), reader);
      this.#keys.release(before.keys.difference(uses.keys), reader);
    }
    this.#uses.set(reader, uses);
  }

  /** Reads a key together with the others that are wanted in this turn of the event loop. */
  async #fetch(key: SecretKey): Promise<void> {
    return this.#once(key, () => {
      this.#batch ??= this.#newBatch();
      this.#batch.keys.add(key);
      return this.#batch.done;
    });
  }

  #newBatch(): { keys: Set<SecretKey>; done: Promise<void> } {
    const keys = new Set<SecretKey>();
    const done = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.#batch = undefined;
      await this.#readKeys([...keys]);
    });
    return { keys, done };
  }

  /** Runs `work` unless it already runs under that name. It fails into `#failure`, not to the caller. */
  async #once(name: SecretKey | `${SecretGroup}/`, work: () => Promise<unknown>): Promise<void> {
    const running = this.#inFlight.get(name);
    if (running) return running;
    const run = work().then(
      () => undefined,
      () => undefined,
    );
    this.#inFlight.set(name, run);
    await run.finally(() => this.#inFlight.delete(name));
  }

  /** Reads keys and returns the readers of those that changed. */
  async #readKeys(keys: readonly SecretKey[]): Promise<ReadonlySet<string>> {
    const asOf = ++this.#requests;
    const found = await this.#ask('read', (signal) => this.#store.readMany(keys, signal));
    return new Set(
      keys.flatMap((key) => {
        const value = found.get(key);
        return value instanceof OperatorError ? [] : this.#keys.fill(key, { asOf, value }, sameVersion);
      }),
    );
  }

  async #list(group: SecretGroup): Promise<ReadonlySet<string>> {
    const asOf = ++this.#requests;
    const keys = await this.#ask('list', async (signal) => {
      const entries = await Array.fromAsync(this.#store.list(group, signal));
      return entries.flatMap((entry) => ('key' in entry ? [entry.key] : []));
    });
    return new Set(this.#groups.fill(group, { asOf, value: keys }, sameKeys));
  }

  /** Reads again what readers use, or of it only what may have changed. */
  async #refresh(only?: readonly SecretKey[]): Promise<void> {
    const keys = only ? only.filter((key) => this.#keys.has(key)) : this.#keys.names();
    const groups = only ? new Set(only.map(groupOf)) : this.#groups.names();
    const work = [...groups].filter((group) => this.#groups.has(group)).map((group) => this.#list(group));
    if (keys.length > 0) work.push(this.#readKeys(keys));
    const results = await Promise.allSettled(work);
    this.#tell(results.flatMap((result) => (result.status === 'fulfilled' ? [...result.value] : [])));
  }

  /** A store that pushes tells what changed. When that fails, the next refresh tries again. */
  #watch(): void {
    if (this.#watching || this.#store.watch === undefined || this.#closed.signal.aborted) return;
    this.#watching = true;
    const store = this.#store;
    // One that failed or came too late must not go on listening beside the next.
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, attempt.signal]);
    this.#ask('watch', async () => store.watch?.((keys) => void this.#pushed(keys), signal)).catch(() => {
      attempt.abort();
      this.#watching = false;
    });
  }

  async #pushed(keys: readonly SecretKey[]): Promise<void> {
    this.#options.onPush?.();
    await this.#refresh(keys);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed.signal.aborted) return;
    const { refreshMs, retryMs = RETRY_MS } = this.#options;
    const delay = this.#failure ? Math.min(refreshMs, retryMs) : refreshMs;
    this.#timer = setTimeout(
      () => {
        this.#watch();
        void this.#refresh().finally(() => {
          this.#schedule();
        });
      },
      delay * (0.9 + Math.random() * 0.2),
    );
    this.#timer.unref();
  }

  /** Every request to the store goes through here: a time limit, and the news of failing or being well again. */
  async #ask<T>(operation: string, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#options.requestMs ?? REQUEST_MS)]);
    try {
      const answer = await Promise.race([request(signal), rejection(signal)]);
      this.#lastGood = new Date();
      this.#note(operation, undefined);
      return answer;
    } catch (error) {
      const failure =
        error instanceof OperatorError ? error : new OperatorError('StoreUnreachable', undefined, { cause: error });
      this.#note(operation, failure);
      throw failure;
    }
  }

  #note(operation: string, failure: OperatorError | undefined): void {
    this.#options.onRequest?.(operation, failure === undefined);
    const before = this.#failure?.code;
    this.#failure = failure;
    if (failure) this.#failedAt = performance.now();
    if (before === failure?.code || this.#closed.signal.aborted) return;
    // The timer may be set for as late as the interval of a store that is well.
    this.#schedule();
    this.#tell([...this.#keys.readers(), ...this.#groups.readers()]);
  }

  #tell(readers: readonly string[]): void {
    if (this.#news.size === 0 && readers.length > 0)
      setImmediate(() => {
        const news = this.#news;
        this.#news = new Set();
        if (!this.#closed.signal.aborted) this.#options.onChange(news);
      });
    for (const reader of readers) this.#news.add(reader);
  }
}

function sameVersion(a: SecretVersion | undefined, b: SecretVersion | undefined): boolean {
  return a?.version === b?.version;
}

function sameKeys(a: readonly SecretKey[] | undefined, b: readonly SecretKey[] | undefined): boolean {
  return a?.join() === b?.join();
}

/** Rejects when the signal is aborted: for a store that does not heed it. */
async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => {
      const { reason } = signal as { reason: unknown };
      reject(reason instanceof OperatorError ? reason : new OperatorError('StoreUnreachable', 'no answer in time'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
