import type { SecretGroup, SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import { placeOf } from './listing.ts';
import type { SecretEntry, SecretStore } from './store.ts';

/** Entries of a listing that are taken in one request. */
const PAGE = 1_000;

type Page = (store: SecretStore, signal: AbortSignal) => Promise<Taken>;

interface Taken {
  readonly entries: readonly SecretEntry[];
  readonly isLast: boolean;
}

/**
 * A listing in pieces: `request` sends one to the store, within the time that a request may take, so that a long listing
 * may take longer and one of which only the beginning is wanted ends there.
 */
export async function* entriesOf(
  start: (store: SecretStore, signal: AbortSignal) => AsyncIterable<SecretEntry>,
  request: (page: Page) => Promise<Taken>,
  signal: AbortSignal,
): AsyncGenerator<SecretEntry> {
  const ended = new AbortController();
  let entries: AsyncIterator<SecretEntry> | undefined;
  const page: Page = async (store, own) => {
    const end = (): void => {
      ended.abort(own.reason);
    };
    own.addEventListener('abort', end, { once: true });
    entries ??= start(store, AbortSignal.any([signal, ended.signal]))[Symbol.asyncIterator]();
    try {
      return await take(entries);
    } finally {
      own.removeEventListener('abort', end);
    }
  };
  try {
    for (let isLast = false; !isLast;) {
      const taken = await request(page);
      yield* taken.entries;
      ({ isLast } = taken);
    }
  } finally {
    ended.abort(new OperatorError('StoreUnreachable', 'nobody waits for it any more'));
    void entries?.return?.().catch(() => undefined);
  }
}

async function take(from: AsyncIterator<SecretEntry>): Promise<Taken> {
  const entries: SecretEntry[] = [];
  while (entries.length < PAGE) {
    const next = await from.next();
    if (next.done === true) return { entries, isLast: true };
    entries.push(next.value);
  }
  return { entries, isLast: false };
}

/** How much one walk may look at. */
export interface WalkLimits {
  readonly groups: number;
  readonly entries: number;
}

export interface WalkParts {
  readonly list: (group: SecretGroup) => AsyncIterable<SecretEntry>;
  readonly isVisible: (entry: SecretEntry) => boolean;
  readonly limits: WalkLimits;
}

/**
 * The visible keys in a group and in all below it, in the order of `placeOf`, after an entry. Groups that are not visible,
 * or come before, are not listed; those that the store refuses, but for the first, are passed over. Throws SearchTooWide.
 */
export async function* walk(
  { list, isVisible, limits }: WalkParts,
  { group, after }: { readonly group: SecretGroup; readonly after?: SecretEntry | undefined },
): AsyncGenerator<SecretKey> {
  const from = after === undefined ? '' : placeOf(after);
  const left = { ...limits };
  const goOn = (of: keyof WalkLimits): void => {
    left[of] -= 1;
    if (left[of] < 0) throw new OperatorError('SearchTooWide');
  };
  async function* below(here: SecretGroup): AsyncGenerator<SecretKey> {
    goOn('groups');
    for await (const entry of list(here)) {
      goOn('entries');
      const place = placeOf(entry);
      if (!isVisible(entry)) continue;
      if ('key' in entry && place > from) yield entry.key;
      // Of a group that begins before, what lies in it may come after.
      if ('group' in entry && (place > from || from.startsWith(place))) yield* passable(below(entry.group));
    }
  }
  yield* below(group);
}

async function* passable(keys: AsyncGenerator<SecretKey>): AsyncGenerator<SecretKey> {
  try {
    yield* keys;
  } catch (error) {
    if (!OperatorError.is(error, 'KeyRefused')) throw error;
  }
}
