import type { KubeObject } from './kube-object.ts';

/** The values under which an object is found, by the name of the index. */
export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

interface Entry<T> {
  readonly object: T;
  readonly resourceVersion: string | undefined;
  /** What the object was filed under, so that it can be taken out again when it changed. */
  readonly filed: readonly Filed[];
}

interface Filed {
  readonly index: string;
  readonly value: string;
}

type Bucket<T> = Map<string, Entry<T>>;

/** Objects by name and by index; all are shared, none is copied. */
export class ObjectCache<T extends KubeObject> {
  readonly #all: Bucket<T> = new Map();
  readonly #byNamespace = new Map<string, Bucket<T>>();
  readonly #byIndex = new Map<string, Map<string, Bucket<T>>>();
  readonly #indexes: Indexes<T>;

  constructor(indexes: Indexes<T> = {}) {
    this.#indexes = indexes;
    for (const index of Object.keys(indexes)) this.#byIndex.set(index, new Map());
  }

  get size(): number {
    return this.#all.size;
  }

  keys(): IterableIterator<string> {
    return this.#all.keys();
  }

  get(key: string): T | undefined {
    return this.#all.get(key)?.object;
  }

  /** Whether exactly this version of the object is here already. */
  hasVersion(key: string, resourceVersion: string | undefined): boolean {
    const entry = this.#all.get(key);
    return entry !== undefined && resourceVersion !== undefined && entry.resourceVersion === resourceVersion;
  }

  list(namespace?: string): readonly T[] {
    return objectsOf(namespace === undefined ? this.#all : this.#byNamespace.get(namespace));
  }

  /** Throws if there is no such index: that is a mistake in the program. */
  byIndex(index: string, value: string): readonly T[] {
    const values = this.#byIndex.get(index);
    if (values === undefined) throw new Error(`There is no index ${index}: give it in the informer's options.`);
    return objectsOf(values.get(value));
  }

  /** Takes in an object; throws what an index function throws, and then nothing has changed. */
  set(key: string, object: T): void {
    const filed = Object.entries(this.#indexes).flatMap(([index, valuesOf]) =>
      valuesOf(object).map((value) => ({ index, value })),
    );
    this.delete(key);
    const entry = { object, resourceVersion: object.metadata.resourceVersion, filed };
    this.#all.set(key, entry);
    put(this.#byNamespace, object.metadata.namespace ?? '', key, entry);
    for (const { index, value } of filed) put(this.#valuesOf(index), value, key, entry);
  }

  delete(key: string): T | undefined {
    const entry = this.#all.get(key);
    if (entry === undefined) return undefined;
    this.#all.delete(key);
    take(this.#byNamespace, entry.object.metadata.namespace ?? '', key);
    for (const { index, value } of entry.filed) take(this.#valuesOf(index), value, key);
    return entry.object;
  }

  #valuesOf(index: string): Map<string, Bucket<T>> {
    return this.#byIndex.get(index) ?? new Map<string, Bucket<T>>();
  }
}

function objectsOf<T>(bucket: Bucket<T> | undefined): readonly T[] {
  return bucket === undefined ? [] : Array.from(bucket.values(), (entry) => entry.object);
}

function put<T>(buckets: Map<string, Bucket<T>>, value: string, key: string, entry: Entry<T>): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) buckets.set(value, new Map([[key, entry]]));
  else bucket.set(key, entry);
}

function take<T>(buckets: Map<string, Bucket<T>>, value: string, key: string): void {
  const bucket = buckets.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) buckets.delete(value);
}
