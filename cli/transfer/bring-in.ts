import { ApiProblem } from '../api/api-problem.ts';
import type { StoreClient } from '../api/store-client.ts';
import type { Io } from '../io.ts';
import { Progress } from '../terminal/progress.ts';
import type { Report } from './report.ts';
import { transfer, type IfThere, type Item } from './transfer.ts';

export interface BringInOptions {
  /** What is shown while it goes on: `copying`. */
  readonly what: string;
  readonly ifThere: IfThere;
  readonly dryRun: boolean;
  /** The keys that the store has, where that is known. */
  readonly present?: ReadonlySet<string> | undefined;
}

/** How long what is under way may take when Ctrl-C was pressed. */
const GRACE_MS = 5_000;

/** The same streams, and a signal that gives requests that are under way some time. */
export function patient(io: Io): Pick<Io, 'env' | 'signal'> {
  const late = new AbortController();
  io.signal.addEventListener('abort', () => {
    setTimeout(() => {
      late.abort(io.signal.reason);
    }, GRACE_MS).unref();
  });
  return { env: io.env, signal: late.signal };
}

/** Transfers with a progress bar. Throws CommandProblem. */
export async function bringIn(
  items: readonly Item[],
  to: StoreClient,
  { what, ifThere, dryRun, present }: BringInOptions,
  io: Io,
): Promise<Report> {
  const progress = new Progress(io.stderr, what, items.length);
  try {
    const { signal } = io;
    const results = await transfer(items, to, { ifThere, dryRun, signal, present, onResult: progress.step });
    return { store: to.title, dryRun, results, total: items.length };
  } finally {
    progress.end();
  }
}

/** The keys of a group and below. Undefined: the store does not let the operator list them. */
export async function presentKeys(
  to: StoreClient,
  group: string,
  { stderr, signal }: Io,
): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await allKeys(to, group, signal));
  } catch (error) {
    if (!ApiProblem.is(error, 'KeyRefused')) throw error;
    stderr.write(`What ${to.title} has can't be listed (${error.message}): each key is tried.\n`);
    return undefined;
  }
}

/** The keys of a group and below. Throws the signal's reason. */
export async function allKeys(store: StoreClient, group: string, signal: AbortSignal): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.walk(group)) {
    signal.throwIfAborted();
    keys.push(key);
  }
  return keys;
}
