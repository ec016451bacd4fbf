import { groupOf, type SecretGroup, type SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { LINE_TIMES, type LineTimes } from './line-times.ts';
import { News } from './news.ts';
import { OnceMore } from './once-more.ts';
import { inPieces } from './pieces.ts';
import type { Needs, Reading, StoreFailure } from './reading.ts';
import { RefreshWheel } from './refresh-wheel.ts';
import { SingleFlight } from './single-flight.ts';
import { isSameList, isSameValue, isUntold, partsOf, Slots, type Slot } from './slots.ts';
import { StoreLine } from './store-line.ts';
import { StoreWatch } from './store-watch.ts';
import type { SecretStore, SecretVersion, StoreHealth } from './store.ts';

export type { Needs, Reading, StoreFailure } from './reading.ts';

export interface SharedReadsOptions {
  /** How stale a value may be, in milliseconds. */
  readonly refreshMs: number;
  /** Told which readers have to look again. */
  readonly onChange: (readers: ReadonlySet<string>) => void;
  /** The store has news of its own: a change was pushed, of keys that are read or of others, or it fails or is well again. */
  readonly onNews?: () => void;
  /** `operation` is the method of the driver. */
  readonly onRequest?: (operation: string, ok: boolean) => void;
  /** How many keys are asked for in one request at most; default 50. */
  readonly pieceSize?: number;
  readonly times?: Partial<LineTimes>;
}

/** What one reader uses, so that it can be let go. */
interface Uses {
  readonly keys: ReadonlySet<SecretKey>;
  readonly groups: ReadonlySet<SecretGroup>;
}

const PIECE_SIZE = 50;
/** Pieces of what somebody waits for that are under way at once. */
const URGENT_AT_ONCE = 4;
/** How soon a key or group that the store refused is asked for again, where the interval is longer. Milliseconds. */
const REFUSED_RETRY_MS = 30_000;

/**
 * One store, read once for all its readers: each key once per interval, a key in flight once, keys wanted at the same
 * time together. What was read stays when the store, or one key of it, fails (last known good).
 */
export class SharedReads {
  readonly #store: SecretStore;
  readonly #options: SharedReadsOptions;
  readonly #line: StoreLine;
  readonly #wheel: RefreshWheel;
  readonly #news: News;
  readonly #watch: StoreWatch;
  readonly #place = (): number => this.#wheel.placeOfNew();
  readonly #keys = new Slots<SecretKey, SecretVersion>(isSameValue, this.#place);
  readonly #groups = new Slots<SecretGroup, readonly SecretKey[]>(isSameList, this.#place);
  readonly #uses = new Map<string, Uses>();
  readonly #flights = new SingleFlight<SecretKey>((keys) => this.#readAll(keys));
  readonly #all = new OnceMore(() => this.#refreshSome(() => true));
  /** Readers that are being answered: they need not be told of what they are about to get. */
  readonly #reading = new Set<string>();
  #health: Promise<StoreHealth> | undefined;
  #againTimer: NodeJS.Timeout | undefined;
  #isCatchingUp = false;
  #requests = 0;

  constructor(store: SecretStore, options: SharedReadsOptions) {
    this.#store = store;
    this.#options = options;
    this.#news = new News((readers) => {
      if (!this.#line.isClosed) options.onChange(readers);
    });
    this.#line = new StoreLine({
      times: { ...LINE_TIMES, ...options.times },
      ping: store.ping && ((signal) => store.ping?.(signal) ?? Promise.resolve()),
      sample: (signal) => this.#readNow(this.#keys.names().slice(0, this.#pieceSize), signal),
      onTurn: () => {
        this.#options.onNews?.();
        this.#tell(this.#uses.keys());
      },
      onAnswers: (all) => void this.#refreshMissed(all),
      onLate: () => void this.#catchUp(),
      onRequest: (operation, ok) => options.onRequest?.(operation, ok),
    });
    this.#watch = new StoreWatch(store, this.#line, (keys) => void this.changed(keys));
    this.#wheel = new RefreshWheel(options.refreshMs, (isDue) => this.#refreshSome(isDue));
  }

  /** Why the store can't tell at present. */
  get failure(): StoreFailure | undefined {
    return this.#line.failure;
  }

  /** When the store last answered anything. */
  get lastGood(): Date | undefined {
    return this.#line.lastGood;
  }

  get #pieceSize(): number {
    return this.#options.pieceSize ?? PIECE_SIZE;
  }

  /**
   * What is known; asks the store only for what never was. Does not throw for a store that fails, and does not wait for
   * one: what it missed is read when the store answers again, and then the readers are told.
   */
  async read(reader: string, needs: Needs): Promise<Reading> {
    this.#watch.ensure();
    this.#reading.add(reader);
    try {
      return await this.#read(reader, needs);
    } finally {
      this.#reading.delete(reader);
    }
  }

  async #read(reader: string, needs: Needs): Promise<Reading> {
    const groups = needs.groups.map((group) => [group, this.#groups.use(group, reader)] as const);
    await this.#wait(
      groups.map(([group, slot]) => [slot, () => this.#flights.once(`${group}/`, () => this.#list(group))]),
    );
    const members = groups.flatMap(([, slot]) => (slot.value ?? []).filter(needs.allowed));
    const wanted = new Set([...needs.keys.filter(needs.allowed), ...members]);
    const slots = [...wanted].map((key) => [key, this.#keys.use(key, reader)] as const);
    const listed = groups.map(([, slot]) => slot.value);
    await this.#wait(slots.map(([key, slot]) => [slot, () => this.#flights.together(key)]));
    this.#keepOnly(reader, { groups: new Set(needs.groups), keys: wanted });
    // A group that has other keys by now was told to nobody who is being answered.
    if (groups.some(([, slot], at) => !isSameList(slot.value, listed[at]))) return this.#read(reader, needs);
    const untold = [...slots, ...groups].some(([, slot]) => isUntold(slot));
    return {
      values: partsOf(slots, ({ value }) => value),
      unknown: slots.filter(([, slot]) => isUntold(slot)).map(([key]) => key),
      failed: partsOf(slots, ({ error }) => error),
      groups: partsOf(groups, ({ known, value }) => (known ? (value ?? []).filter(needs.allowed) : undefined)),
      failedGroups: partsOf(groups, ({ error }) => error),
      failure: untold ? this.#line.trouble : this.#line.failure,
    };
  }

  /** The reader is gone: what only it used is forgotten. */
  forget(reader: string): void {
    this.#keepOnly(reader, { groups: new Set(), keys: new Set() });
    this.#uses.delete(reader);
  }

  /** Asks the store how it is, but does not wait for one that fails. Throws what the store throws. */
  async check(): Promise<StoreHealth> {
    this.#watch.ensure();
    this.#health ??= this.#line
      .other('check', (signal) => this.#store.check(signal))
      .finally(() => {
        this.#health = undefined;
      });
    const answer = this.#health;
    answer.catch(() => undefined);
    // Without a ping nothing but the check itself finds out that the store is well again.
    if (this.#store.ping) {
      if (!this.failure) await this.#line.whileWell(answer.catch(() => undefined));
      if (this.failure) throw this.failure.error;
    }
    return answer;
  }

  /** A request that is no read: counted, but not sent to a store that fails. Throws what the store throws. */
  async request<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.failure) throw this.failure.error;
    return this.#line.request(operation, work, this.#line.times.readMs);
  }

  /** These keys may have changed, or came or went: whoever reads them learns of it now. Does not reject. */
  async changed(changed: readonly SecretKey[]): Promise<void> {
    this.#options.onNews?.();
    const keys = changed.filter((key) => this.#keys.has(key));
    const groups = [...new Set(changed.map(groupOf))].filter((group) => this.#groups.has(group));
    await this.#refresh(keys, groups, false);
  }

  /** Reads all anew that is read at all. One that pushes tells by itself what changed. Does not reject. */
  async refresh(): Promise<void> {
    if (this.#store.watch === undefined) await this.#all.run();
  }

  async close(): Promise<void> {
    this.#line.close();
    this.#wheel.stop();
    clearTimeout(this.#againTimer);
    await this.#store.close();
  }

  /** Waits for what was never read, while the store is well. */
  async #wait(wanted: readonly (readonly [Slot<unknown>, () => Promise<void>])[]): Promise<void> {
    if (this.failure) return;
    const missing = wanted.filter(([slot]) => isUntold(slot));
    if (missing.length > 0) await this.#line.whileWell(Promise.all(missing.map(([, read]) => read())));
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

  /** Throws when the store fails; what was read until then is noted. */
  async #readAll(keys: readonly SecretKey[], background = false): Promise<void> {
    const cut = { size: this.#pieceSize, atOnce: background ? 1 : URGENT_AT_ONCE };
    await inPieces(keys, cut, (piece) =>
      this.#line.read('readMany', (signal) => this.#readNow(piece, signal, background)),
    );
  }

  async #readNow(piece: readonly SecretKey[], signal: AbortSignal, background = false): Promise<void> {
    const keys = piece.filter((key) => this.#keys.has(key));
    if (keys.length === 0) return;
    const asOf = ++this.#requests;
    const found = await this.#store.readMany(keys, signal, { background });
    for (const key of keys) {
      const told = found.get(key);
      this.#tell(this.#keys.fill(key, asOf, told));
      if (told instanceof OperatorError) this.#askAgain();
    }
  }

  /** What the store refuses is put right by a person, who need not wait for a long interval. */
  #askAgain(): void {
    const { refreshMs } = this.#options;
    if (refreshMs <= REFUSED_RETRY_MS || this.#againTimer !== undefined) return;
    this.#againTimer = setTimeout(() => {
      this.#againTimer = undefined;
      const isRefused = ({ error }: Slot<unknown>): boolean => error !== undefined;
      void this.#refreshSome(isRefused);
    }, REFUSED_RETRY_MS);
    this.#againTimer.unref();
  }

  async #list(group: SecretGroup): Promise<void> {
    await this.#line.read('list', async (signal) => {
      if (!this.#groups.has(group)) return;
      const asOf = ++this.#requests;
      this.#tell(this.#groups.fill(group, asOf, await this.#listed(group, signal)));
    });
  }

  /** A group that is refused is an answer of a store that is well. */
  async #listed(group: SecretGroup, signal: AbortSignal): Promise<readonly SecretKey[] | OperatorError> {
    const keys: SecretKey[] = [];
    try {
      for await (const entry of this.#store.list(group, signal)) if ('key' in entry) keys.push(entry.key);
    } catch (error) {
      if (!OperatorError.is(error, 'KeyRefused')) throw error;
      this.#askAgain();
      return error;
    }
    return keys;
  }

  /** What the wheel says is due. A store that fails is asked by its line alone. */
  async #refreshSome(isDue: (slot: Slot<unknown>) => boolean): Promise<void> {
    this.#watch.ensure();
    if (!this.failure) await this.#refresh(this.#keys.names(isDue), this.#groups.names(isDue));
  }

  /** First what somebody waits for, then, with `all`, the rest. */
  async #refreshMissed(all: boolean): Promise<void> {
    this.#watch.ensure();
    await this.#refresh(this.#keys.names(isUntold), this.#groups.names(isUntold), false);
    const isTold = (slot: Slot<unknown>): boolean => !isUntold(slot);
    if (all) await this.#refresh(this.#keys.names(isTold), this.#groups.names(isTold));
  }

  async #refresh(keys: readonly SecretKey[], groups: readonly SecretGroup[], background = true): Promise<void> {
    const lists = inPieces(groups, { size: 1, atOnce: URGENT_AT_ONCE }, async ([group]) => {
      if (group !== undefined) await this.#list(group);
    });
    await Promise.allSettled([lists, this.#readAll(keys, background)]);
  }

  /** The store answers too late: its values are taken nevertheless, one first, then all that are due. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp || this.#store.ping === undefined) return;
    this.#isCatchingUp = true;
    try {
      const [first] = [...this.#keys.names(isUntold), ...this.#keys.names()];
      if (first !== undefined) await this.#readAll([first], true);
      if (this.failure) await this.#refreshMissed(this.#wheel.isBehind());
    } catch {
      // It does not answer at all. The next probe tries again.
    } finally {
      this.#isCatchingUp = false;
    }
  }

  #tell(readers: Iterable<string>): void {
    for (const reader of readers) if (!this.#reading.has(reader)) this.#news.of(reader);
  }
}
