import { setTimeout as sleep } from 'node:timers/promises';
import { parseKey, type SecretKey } from '../../api/secret-key.ts';
import type { Connections } from './connections.ts';
import { failureFrom } from './failure.ts';
import type { ListeningConnection } from './listening-connection.ts';
import type { TableNames } from './names.ts';
import { orAborted } from '../or-aborted.ts';
import type { Pool } from './pool.ts';
import { SeenChanges } from './seen-changes.ts';

type Listener = (keys: readonly SecretKey[]) => void;

/** How often the database is asked what changed: what a lost notification, or a pooler that knows none, costs. */
const ASK_MS = 2_000;
/** A connection that does not answer for so long is dead. */
const ANSWER_MS = 2_500;
const CONNECT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

interface Connected {
  readonly pool: Pool;
  readonly connection: ListeningConnection;
}

interface Run {
  readonly stop: AbortController;
  /** Resolves when it first listens; rejects when it could not. */
  readonly listens: PromiseWithResolvers<undefined>;
}

/**
 * Tells which keys changed: at once by NOTIFY, and every two seconds by asking, which also shows whether the
 * connection still lives, and tells after a reconnect what was missed. Runs while somebody listens.
 */
export class Notifications {
  readonly #connections: Connections;
  readonly #names: TableNames;
  readonly #listeners = new Set<Listener>();
  #run: Run | undefined;

  constructor(connections: Connections, names: TableNames) {
    this.#connections = connections;
    this.#names = names;
  }

  /** Resolves once it listens. Throws our errors when the first connection fails; later ones are tried for ever. */
  async listen(listener: Listener, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // A listener of its own: the same function may be given twice.
    const own: Listener = (keys) => {
      listener(keys);
    };
    this.#listeners.add(own);
    const leave = (): void => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.close();
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      this.#run ??= this.#start();
      await orAborted(this.#run.listens.promise, signal);
    } catch (error) {
      leave();
      throw error;
    }
  }

  close(): void {
    this.#run?.stop.abort(new Error('nobody listens any more'));
    this.#run = undefined;
  }

  #start(): Run {
    const run: Run = { stop: new AbortController(), listens: Promise.withResolvers<undefined>() };
    run.listens.promise.catch(() => undefined);
    void this.#keepListening(run).catch((error: unknown) => {
      run.listens.reject(failureFrom(error, this.#names));
      if (this.#run === run) this.#run = undefined;
    });
    return run;
  }

  /** One connection after the other. Throws when the first one fails, or when it is stopped. */
  async #keepListening({ stop, listens }: Run): Promise<void> {
    const { signal } = stop;
    const seen = new SeenChanges((keys) => {
      const parsed = keys.flatMap((key) => parseKey(key) ?? []);
      if (parsed.length > 0 && !signal.aborted) for (const listener of this.#listeners) listener(parsed);
    });
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      try {
        await this.#listenOnce(seen, signal, () => {
          listens.resolve(undefined);
          pause = FIRST_PAUSE_MS / 2;
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!seen.began) throw error;
      }
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal, ref: false });
    }
  }

  /** Until the connection fails, or the store has another one. */
  async #listenOnce(seen: SeenChanges, signal: AbortSignal, onListening: () => void): Promise<void> {
    const { pool, connection } = await this.#connections.withPool(signal, false, (present) =>
      this.#connect(present, seen, signal),
    );
    try {
      while (pool === (await this.#connections.pool(signal))) {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
        seen.asked(await connection.news(seen.since, limit));
        onListening();
        await connection.pause(ASK_MS, signal);
      }
    } finally {
      connection.close();
    }
  }

  async #connect(pool: Pool, seen: SeenChanges, signal: AbortSignal): Promise<Connected> {
    await pool.prepare(signal);
    // Loaded when it is needed: see connections.ts.
    const { ListeningConnection: Listening } = await import('./listening-connection.ts');
    const connection = new Listening(pool, this.#names, (payload) => {
      seen.notified(payload);
    });
    try {
      await connection.open(AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]));
      return { pool, connection };
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}
