import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { codeOf, isLost } from './failure.ts';
import { quoted, type TableNames } from './names.ts';
import { orAborted } from '../or-aborted.ts';
import { clientConfig, cut, type Pool } from './pool.ts';
import { selectNews, type News } from './sql/select-news.ts';

/** A connection of its own that hears what the triggers announce. */
export class ListeningConnection {
  readonly #client: Client;
  readonly #names: TableNames;
  readonly #lost = Promise.withResolvers<never>();

  /** `onPayload` is told each notification of the store's channel. */
  constructor({ settings, limits }: Pool, names: TableNames, onPayload: (payload: string) => void) {
    this.#names = names;
    this.#client = new Client(clientConfig(settings, limits));
    this.#lost.promise.catch(() => undefined);
    this.#client.on('error', (error) => {
      this.#lost.reject(error);
    });
    this.#client.on('end', () => {
      this.#lost.reject(new Error('Connection ended'));
    });
    this.#client.on('notification', ({ channel, payload }) => {
      if (channel === names.channel && payload !== undefined) onPayload(payload);
    });
  }

  /** Logs in and listens. A server that can't notify, such as a standby, is asked only. Throws what pg throws. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#orLost(this.#client.connect(), signal);
    try {
      await this.#orLost(this.#client.query(`LISTEN ${quoted(this.#names.channel)}`), signal);
    } catch (error) {
      if (signal.aborted || isLost(error) || codeOf(error).length !== 5) throw error;
    }
  }

  /** What changed: see selectNews. */
  async news(since: string | null, signal: AbortSignal): Promise<readonly News[]> {
    const { text, values } = selectNews(this.#names, since);
    const answer = await this.#orLost(this.#client.query<News>(text, [...values]), signal);
    return answer.rows;
  }

  /** Waits, but throws at once when the connection is lost. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const waiting = sleep(ms, undefined, { signal: AbortSignal.any([signal, stop.signal]), ref: false });
    try {
      await this.#orLost(waiting, signal);
    } finally {
      stop.abort();
    }
  }

  /** Ends it at once. */
  close(): void {
    cut(this.#client);
  }

  async #orLost<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return orAborted(Promise.race([work, this.#lost.promise]), signal);
  }
}
