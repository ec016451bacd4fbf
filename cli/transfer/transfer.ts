import type { SecretValue } from '../../operator/api/secret-value.ts';
import type { Written } from '../api/answers.ts';
import { ApiProblem, NoAnswer } from '../api/api-problem.ts';
import type { StoreClient } from '../api/store-client.ts';
import { CommandProblem } from '../problem.ts';
import { someAtOnce } from './some-at-once.ts';

/** A key that is to be in a store, and how to get its value. */
export interface Item {
  readonly key: string;
  /** Undefined: it is gone meanwhile. */
  readonly value: () => Promise<SecretValue | undefined>;
}

/** What becomes of a key that the store has already. */
export type IfThere = 'compare' | 'skip' | 'overwrite';

/**
 * - `created`, `overwritten`: it was written.
 * - `same`: the store has that very value.
 * - `different`: the store has another value, which stays.
 * - `uncompared`: the store has the key; the caller may not read it.
 * - `skipped`: the store has the key; its value was not looked at.
 * - `gone`: it was removed where it came from, before it was read.
 * - `failed`: see `why`.
 */
export type Outcome = 'created' | 'overwritten' | 'same' | 'different' | 'uncompared' | 'skipped' | 'gone' | 'failed';

/** What became of one key. In a dry run: what would. */
export interface Result {
  readonly key: string;
  readonly outcome: Outcome;
  /** Of a failure: in a sentence without a value. */
  readonly why?: string;
}

export interface TransferOptions {
  readonly ifThere: IfThere;
  /** Reads and compares as ever, and writes nothing. */
  readonly dryRun: boolean;
  /** Aborted: what is under way is finished, nothing more begun. */
  readonly signal: AbortSignal;
  /** The keys that the store has; undefined: not known, so each is tried. */
  readonly present: ReadonlySet<string> | undefined;
  readonly onResult: () => void;
}

/** At so many keys in a row a store fails: then it is the store, and not the key. */
const OUTAGE = 4;
/** Of stores that fail: operator/errors.ts. */
const STORE_FAILURES = ['StoreUnreachable', 'AuthenticationFailed', 'CredentialsMissing'];

/**
 * Brings keys into a store. Gives the result of every key in the order of the items; those that were not begun have none:
 * because of the signal, or because keys failed with what would befall all, such as a right that is missing or a store that
 * does not answer.
 */
export async function transfer(items: readonly Item[], to: StoreClient, options: TransferOptions): Promise<Result[]> {
  const results: (Result | undefined)[] = items.map(() => undefined);
  let inARow = 0;
  await someAtOnce(items, async (item, at) => {
    if (options.signal.aborted) return false;
    const { result, reach } = await settled(item, to, options);
    results[at] = result;
    options.onResult();
    inARow = reach === 'store' ? inARow + 1 : 0;
    return reach !== 'all' && inARow < OUTAGE;
  });
  return results.filter((result) => result !== undefined);
}

/** What else would fail in the same way. */
type Reach = 'this key' | 'store' | 'all';

interface Settled {
  readonly result: Result;
  readonly reach: Reach;
}

async function settled(item: Item, to: StoreClient, options: TransferOptions): Promise<Settled> {
  const { key } = item;
  const failed = (why: string, reach: Reach): Settled => ({ result: { key, outcome: 'failed', why }, reach });
  try {
    return { result: { key, outcome: await bring(item, to, options) }, reach: 'this key' };
  } catch (error) {
    if (error instanceof CommandProblem) return failed(error.message, reachOf(error));
    if (!options.signal.aborted) throw error;
    return failed('interrupted before an answer came', 'this key');
  }
}

function reachOf(error: CommandProblem): Reach {
  if (!(error instanceof ApiProblem)) return error instanceof NoAnswer ? 'all' : 'this key';
  const { status, code = '' } = error;
  if (STORE_FAILURES.includes(code)) return 'store';
  // A token that is not known, or a right that is missing.
  return status === 401 || (status === 403 && code !== 'KeyNotGranted') ? 'all' : 'this key';
}

async function bring({ key, value: read }: Item, to: StoreClient, options: TransferOptions): Promise<Outcome> {
  const { ifThere, dryRun } = options;
  const isThere = await isPresent(key, to, options);
  if (isThere && ifThere === 'skip') return 'skipped';
  const value = await read();
  if (value === undefined) return 'gone';
  if (dryRun) return isThere ? compare(key, value, { to, ifThere }) : 'created';
  if (ifThere === 'overwrite') return written(await to.write(key, value));
  const created = isThere ? undefined : await to.create(key, value);
  if (created !== undefined) return written(created);
  return ifThere === 'skip' ? 'skipped' : compare(key, value, { to, ifThere });
}

/** False also where it is not known: then it is tried. */
async function isPresent(key: string, to: StoreClient, { present, dryRun }: TransferOptions): Promise<boolean> {
  if (present !== undefined) return present.has(key);
  return dryRun && (await to.version(key)) !== undefined;
}

async function compare(
  key: string,
  value: SecretValue,
  { to, ifThere }: { readonly to: StoreClient; readonly ifThere: IfThere },
): Promise<Outcome> {
  const isOverwritten = ifThere === 'overwrite';
  try {
    const present = await to.read(key);
    if (present?.value.equals(value) === true) return 'same';
    return isOverwritten ? 'overwritten' : 'different';
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 403) throw error;
    return isOverwritten ? 'overwritten' : 'uncompared';
  }
}

function written({ created, unchanged = false }: Written): Outcome {
  return created ? 'created' : unchanged ? 'same' : 'overwritten';
}
