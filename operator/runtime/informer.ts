import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import { backoffMs, type BackoffOptions } from './backoff.ts';
import type { KubeConnection } from './kube-connection.ts';
import { apiVersionOf, type KubeKind, type KubeObject } from './kube-object.ts';
import { isGone, listPages, watchEvents, type WatchEvent } from './list-watch.ts';
import { type Indexes, ObjectCache } from './object-cache.ts';
import { quietly } from './quietly.ts';

/** Told of every object at first, then of each change. Should only note the name; if it throws, that is reported. */
export type ChangeListener<T> = (object: Readonly<T>, change: 'set' | 'delete') => void;

/** What an informer keeps, and whom it tells. `Raw` is what the API server sends, `T` what is kept of it. */
export interface InformerOptions<T extends KubeObject, Raw extends KubeObject = T> {
  readonly connection: KubeConnection;
  readonly kind: KubeKind<Raw>;
  /** Only this namespace; default: all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects asked for at a time; default 500. */
  readonly pageSize?: number;
  /** Runs before an object is kept, to drop what must not stay in memory. Must keep apiVersion, kind and metadata. */
  readonly transform?: (object: Raw) => T;
  /** Secondary indexes by name: the values under which an object is found by `byIndex`. */
  readonly indexes?: Indexes<T>;
  /** The kind need not be installed: while the API server answers 404 there are simply no objects. */
  readonly optional?: boolean;
  readonly onChange?: ChangeListener<T>;
  /** A full list was delivered: the first, and each after trouble. */
  readonly onListed?: () => void;
  /** The list or watch failed; it goes on by itself. */
  readonly onLost?: (error: unknown) => void;
  /** A listener (or transform, or an index) threw; it will not be told of this change again. */
  readonly onListenerError?: (error: unknown) => void;
  /** A connection silent for so long is taken for dead, in milliseconds; default 90 s, as bookmarks come each minute. */
  readonly silenceMs?: number;
  /** Between tries; default 200 ms to 30 s. */
  readonly backoff?: BackoffOptions;
}

/** A watch that ended sooner than this and brought nothing counts as a failure: else we'd reopen it in a tight loop. */
const SHORT_WATCH_MS = 5_000;
/** So many failures in a row, and the version we watch from is no longer trusted (a restored etcd counts anew). */
const FAILURES_BEFORE_RELIST = 3;

/**
 * A local copy of one kind, kept current for as long as it runs.
 *
 * Its own list and watch on KubeConnection, not client-node's ListWatch: that one (2.0.1) gives up on any error but a
 * 410, takes no notice of ERROR events, swallows what a handler throws, reports its own stop as an error, may go on after
 * it, reconnects every 30 seconds of quiet with no way to change that, and has no pages, bookmarks or indexes
 * (kubernetes-client/javascript#3034, #3052). The guards round it would be longer than this loop, in which each of
 * those is one line.
 */
export class Informer<T extends KubeObject, Raw extends KubeObject = T> {
  readonly kind: KubeKind<Raw>;
  readonly namespace: string | undefined;
  readonly #options: InformerOptions<T, Raw>;
  readonly #cache: ObjectCache<T>;
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #abort = new AbortController();
  readonly #firstList = Promise.withResolvers<undefined>();
  #resourceVersion: string | undefined;
  #synced = false;
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions<T, Raw>) {
    this.kind = options.kind;
    this.namespace = options.namespace;
    this.#options = options;
    this.#cache = new ObjectCache<T>(options.indexes);
    if (options.onChange) this.#listeners.add(options.onChange);
  }

  /** True once the first full list was delivered. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#cache.size;
  }

  /** Whether all objects of that namespace are here, as far as was told last. */
  knows(namespace: string): boolean {
    return this.#synced && (this.namespace === undefined || this.namespace === namespace);
  }

  /** Resolves when the first full list was delivered: it tries until then, or until `stop` (then `synced` is false). */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    await this.#firstList.promise;
  }

  /** No listener is called once this was called; resolves when the connection is closed. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#firstList.resolve(undefined);
    await this.#running;
  }

  get(namespace: string | undefined, name: string): Readonly<T> | undefined {
    return this.#cache.get(`${namespace ?? ''}/${name}`);
  }

  list(namespace?: string): readonly Readonly<T>[] {
    return this.#cache.list(namespace);
  }

  /** The objects filed under `value`; throws if the options have no such index. */
  byIndex(index: string, value: string): readonly Readonly<T>[] {
    return this.#cache.byIndex(index, value);
  }

  /** Adds a listener; objects already there are told at once as 'set'. Returns how to end it. */
  subscribe(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener);
    for (const object of this.#cache.list()) this.#tell([listener], object, 'set');
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopped()) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        failures = (await this.#watch(this.#resourceVersion ?? '')) ? 0 : failures + 1;
      } catch (error) {
        if (this.#isStopped()) return;
        if (!this.#isExpected(error)) quietly(this.#options.onLost, error);
        failures = this.#failuresAfter(error, failures);
      }
      if (failures > 0) await this.#pause(failures - 1);
    }
  }

  /** 404 of a kind that may be missing, 410: part of a normal life. */
  #isExpected(error: unknown): boolean {
    return isGone(error) || this.#isNotInstalled(error);
  }

  #isNotInstalled(error: unknown): boolean {
    return this.#options.optional === true && error instanceof ApiError && error.code === 404;
  }

  #failuresAfter(error: unknown, failures: number): number {
    const code = error instanceof ApiError ? error.code : 0;
    // After a refusal, too: only a list tells at once that it is over.
    const mustList = isGone(error) || [403, 404].includes(code) || failures + 1 >= FAILURES_BEFORE_RELIST;
    if (mustList) this.#resourceVersion = undefined;
    if (!this.#isNotInstalled(error)) return failures + 1;
    this.#forgetAllBut(new Set());
    this.#markSynced();
    return 100; // The longest pause: nobody waits for a kind that isn't installed.
  }

  async #pause(failures: number): Promise<void> {
    const ms = backoffMs(failures, { maxMs: 30_000, ...this.#options.backoff });
    await sleep(ms, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  async #list(): Promise<void> {
    const seen = new Set<string>();
    const pages = listPages(this.#options, this.#options.pageSize ?? 500, this.#abort.signal);
    let page = await pages.next();
    for (; page.done !== true; page = await pages.next()) {
      for (const object of page.value) {
        seen.add(keyOf(object));
        this.#set(object);
      }
    }
    this.#forgetAllBut(seen);
    this.#resourceVersion = page.value;
    this.#markSynced();
    if (!this.#isStopped()) quietly(this.#options.onListed);
  }

  #markSynced(): void {
    if (this.#isStopped()) return;
    this.#synced = true;
    this.#firstList.resolve(undefined);
  }

  /** True if the watch was of use: it brought something, or lasted. */
  async #watch(resourceVersion: string): Promise<boolean> {
    const startedAt = performance.now();
    const { signal } = this.#abort;
    let useful = false;
    for await (const event of watchEvents(this.#options, resourceVersion, {
      signal,
      silenceMs: this.#options.silenceMs ?? 90_000,
    })) {
      this.#take(event);
      useful = true;
    }
    return useful || performance.now() - startedAt > SHORT_WATCH_MS;
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      this.#resourceVersion = undefined; // What we missed is unknown: only a list can tell.
      const { code = 0, reason = '' } = object;
      throw new ApiError(`watch of ${this.kind.plural}: the API server sent ${code} ${reason}`, { code, reason });
    }
    if (type === 'DELETED') this.#delete(keyOf(object));
    else if (type !== 'BOOKMARK') this.#set(object);
    this.#resourceVersion = object.metadata.resourceVersion;
  }

  #set(object: KubeObject): void {
    const key = keyOf(object);
    // A list or a watch after a pause brings again what is known already; only what changed is news.
    if (this.#cache.hasVersion(key, object.metadata.resourceVersion)) return;
    // The items of a list come without their kind.
    const raw = { ...object, apiVersion: apiVersionOf(this.kind), kind: this.kind.kind } as unknown as Raw;
    try {
      const kept = this.#options.transform ? this.#options.transform(raw) : (raw as unknown as T);
      this.#cache.set(key, kept);
      this.#tell(this.#listeners, kept, 'set');
    } catch (error) {
      quietly(this.#options.onListenerError, error);
    }
  }

  #delete(key: string): void {
    const object = this.#cache.delete(key);
    if (object) this.#tell(this.#listeners, object, 'delete');
  }

  #forgetAllBut(seen: ReadonlySet<string>): void {
    for (const key of [...this.#cache.keys()]) if (!seen.has(key)) this.#delete(key);
  }

  #tell(listeners: Iterable<ChangeListener<T>>, object: T, change: 'set' | 'delete'): void {
    const report = (error: unknown): void => {
      quietly(this.#options.onListenerError, error);
    };
    for (const listener of listeners) {
      if (this.#isStopped()) return;
      try {
        // An async listener is a mistake, but its rejection must not end the process.
        const call: (object: T, change: 'set' | 'delete') => unknown = listener;
        const result = call(object, change);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }

  /** A method, because TypeScript believes that a signal once read does not change. */
  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
