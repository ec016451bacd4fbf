import { ApiError } from './api-error.ts';
import { type ChangeListener, Informer, type InformerOptions } from './informer.ts';
import type { KubeKind, KubeObject } from './kube-object.ts';
import type { Lister } from './lister.ts';

/** An Informer, or a group of them: who reads it does not know the difference. */
export interface AnyInformer<T extends KubeObject> extends Lister<T> {
  readonly kind: KubeKind;
  /** The only namespace that it follows; undefined: all, or those of a group. */
  readonly namespace: string | undefined;
  /** Whether its readers see all that can be seen. */
  readonly synced: boolean;
  readonly size: number;
  /** Whether all objects of that namespace are here, as far as was told last. */
  knows(namespace: string): boolean;
  /** Resolves when it is synced, or stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Adds a listener; objects already there are told at once as 'set'. Returns how to end it. */
  subscribe(listener: ChangeListener<T>): () => void;
}

/** What a group keeps: as of one informer, but of several namespaces. */
export interface InformerGroupOptions<T extends KubeObject, Raw extends KubeObject = T> extends Omit<
  InformerOptions<T, Raw>,
  'namespace' | 'onListed'
> {
  /** At least one. */
  readonly namespaces: readonly string[];
  /** Whether the API server lets a namespace be listed: told with each list, and with each that it forbids (403). */
  readonly onAccess?: (namespace: string, isGranted: boolean) => void;
}

/** The longest pause between two tries: somebody may wait for a namespace that is being set up. Milliseconds. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * One kind in several namespaces: an informer for each, as the rights of a Role end with its namespace.
 *
 * A namespace that may not be listed (403: it is not there yet, or its Role is not) holds up nobody. The group is synced
 * without it, goes on trying, and tells of its objects when they can be seen; until then it does not `know` it. What
 * was seen before it was forbidden stays. `onLost` is not told of a 403; any other failure holds up the group, as it
 * may be over soon. A group that may list none of its namespaces is never synced: that is a mistake in its rights.
 */
export class InformerGroup<T extends KubeObject, Raw extends KubeObject = T> implements AnyInformer<T> {
  readonly kind: KubeKind;
  readonly namespace = undefined;
  readonly #options: InformerGroupOptions<T, Raw>;
  readonly #members: ReadonlyMap<string, Informer<T, Raw>>;
  /** Namespaces that the API server forbade before they were ever listed. */
  readonly #forbidden = new Set<string>();
  readonly #settled = Promise.withResolvers<undefined>();

  constructor(options: InformerGroupOptions<T, Raw>) {
    this.kind = options.kind;
    this.#options = options;
    this.#members = new Map(options.namespaces.map((namespace) => [namespace, this.#member(namespace)]));
  }

  /** Once true it stays so. */
  get synced(): boolean {
    const members = [...this.#members];
    const isSettled = members.every(([namespace, { synced }]) => synced || this.#forbidden.has(namespace));
    return isSettled && members.some(([, { synced }]) => synced);
  }

  get size(): number {
    return this.#all().reduce((sum, { size }) => sum + size, 0);
  }

  knows(namespace: string): boolean {
    return this.#members.get(namespace)?.synced ?? false;
  }

  async start(): Promise<void> {
    for (const member of this.#all()) void member.start();
    await this.#settled.promise;
  }

  async stop(): Promise<void> {
    this.#settled.resolve(undefined);
    await Promise.all(this.#all().map((member) => member.stop()));
  }

  get(namespace: string | undefined, name: string): Readonly<T> | undefined {
    return this.#members.get(namespace ?? '')?.get(namespace, name);
  }

  list(namespace?: string): readonly Readonly<T>[] {
    if (namespace !== undefined) return this.#members.get(namespace)?.list() ?? [];
    return this.#all().flatMap((member) => member.list());
  }

  byIndex(index: string, value: string): readonly Readonly<T>[] {
    return this.#all().flatMap((member) => member.byIndex(index, value));
  }

  subscribe(listener: ChangeListener<T>): () => void {
    const ends = this.#all().map((member) => member.subscribe(listener));
    return () => {
      for (const end of ends) end();
    };
  }

  #all(): readonly Informer<T, Raw>[] {
    return [...this.#members.values()];
  }

  #member(namespace: string): Informer<T, Raw> {
    const { backoff, onLost } = this.#options;
    return new Informer<T, Raw>({
      ...this.#options,
      namespace,
      backoff: { maxMs: LONGEST_PAUSE_MS, ...backoff },
      onListed: () => {
        this.#heard(namespace, true);
      },
      onLost: (error) => {
        if (error instanceof ApiError && error.code === 403) this.#heard(namespace, false);
        else onLost?.(error);
      },
    });
  }

  #heard(namespace: string, isGranted: boolean): void {
    if (!isGranted) this.#forbidden.add(namespace);
    if (this.synced) this.#settled.resolve(undefined);
    this.#options.onAccess?.(namespace, isGranted);
  }
}
