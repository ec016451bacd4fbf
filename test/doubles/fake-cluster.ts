import { isDeepStrictEqual } from 'node:util';
import { AlreadyExistsError, ApiError, ConflictError } from '../../operator/runtime/api-error.ts';
import type { ApplyOptions, KubeClient, Subresource } from '../../operator/runtime/kube-client.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Lister } from '../../operator/runtime/lister.ts';

type Fields = Record<string, unknown>;
type Named = Fields & { readonly name: string };

/**
 * The API server as objects in memory, without HTTP: compare-and-set, and server-side apply with lists of named items
 * (items of ours that are no longer applied go, fields that others added stay). `writes` counts requests that write.
 */
export class FakeCluster implements KubeClient {
  readonly writes: string[] = [];
  /** What the server adds to each object it stores. */
  defaults: (object: KubeObject) => KubeObject = (object) => object;
  /** Runs once, before the next write is looked at: what somebody else does just then. */
  meanwhile: (() => void) | undefined;
  readonly #objects = new Map<string, KubeObject>();
  readonly #applied = new Map<string, readonly string[]>();
  #shown: Map<string, KubeObject> | undefined;
  #version = 0;

  /** Stores an object as somebody else would. */
  put(kind: KubeKind, object: KubeObject): KubeObject {
    const key = keyOf(kind, object.metadata.namespace, object.metadata.name);
    const before = this.#objects.get(key);
    const { resourceVersion } = before?.metadata ?? {};
    const uid = before?.metadata.uid ?? `uid-${++this.#version}`;
    const metadata = { ...object.metadata, uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const stored = this.defaults({ ...object, metadata });
    if (before !== undefined && isDeepStrictEqual(stored, before)) return before;
    const after = { ...stored, metadata: { ...metadata, resourceVersion: `v${++this.#version}` } };
    this.#objects.set(key, after);
    return after;
  }

  remove(kind: KubeKind, namespace: string | undefined, name: string): void {
    this.#objects.delete(keyOf(kind, namespace, name));
  }

  find<T extends KubeObject>(kind: KubeKind<T>, namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(kind, namespace, name)) as T | undefined;
  }

  /** From now on informers show what is there now, until `catchUp`. */
  lag(): void {
    this.#shown = new Map(this.#objects);
  }

  catchUp(): void {
    this.#shown = undefined;
  }

  /** What an informer of that kind shows. */
  lister<T extends KubeObject>(kind: KubeKind<T>): Pick<Lister<T>, 'get' | 'list'> {
    const shown = (): Map<string, KubeObject> => this.#shown ?? this.#objects;
    return {
      get: (namespace, name) => shown().get(keyOf(kind, namespace, name)) as T | undefined,
      list: (namespace) => {
        const prefix = namespace === undefined ? `${kind.plural} ` : `${kind.plural} ${namespace}/`;
        return [...shown()].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T);
      },
    };
  }

  get<T extends KubeObject>(kind: KubeKind<T>, namespace: string | undefined, name: string): Promise<T | undefined> {
    return Promise.resolve(this.find(kind, namespace, name));
  }

  async create<T extends KubeObject>(kind: KubeKind<T>, object: T): Promise<T> {
    const { namespace, name } = object.metadata;
    await this.#begin(`create ${keyOf(kind, namespace, name)}`);
    if (this.find(kind, namespace, name) !== undefined) {
      throw new AlreadyExistsError('there is one', { code: 409, reason: 'AlreadyExists' });
    }
    return this.put(kind, object) as T;
  }

  /** What subresources answer, by `plural/subresource`; without an entry they answer 404. */
  readonly subresources = new Map<string, (where: Subresource, object: KubeObject) => KubeObject>();

  async createSubresource<T extends KubeObject>(kind: KubeKind, where: Subresource, object: KubeObject): Promise<T> {
    const answer = this.subresources.get(`${kind.plural}/${where.subresource}`);
    this.writes.push(`POST ${kind.plural}/${where.subresource} ${where.name}`);
    if (answer === undefined) throw new ApiError('not found', { code: 404, reason: 'NotFound' });
    return Promise.resolve(answer(where, object) as T);
  }

  async replace<T extends KubeObject>(kind: KubeKind<T>, object: T): Promise<T> {
    const { namespace, name, resourceVersion } = object.metadata;
    await this.#begin(`replace ${keyOf(kind, namespace, name)}`);
    const before = this.find(kind, namespace, name);
    if (before === undefined) throw new ApiError('not there', { code: 404, reason: 'NotFound' });
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw new ConflictError('changed meanwhile', { code: 409, reason: 'Conflict' });
    }
    return this.put(kind, object) as T;
  }

  async apply<T extends KubeObject>(kind: KubeKind<T>, object: KubeObject, options: ApplyOptions): Promise<T> {
    const { namespace, name, uid } = object.metadata;
    const key = keyOf(kind, namespace, name);
    await this.#begin(`apply ${key}${options.force === true ? ' with force' : ''}`);
    const before = this.#objects.get(key);
    if (uid !== undefined && uid !== before?.metadata.uid) {
      throw new ConflictError('another uid', { code: 409, reason: 'Conflict' });
    }
    const merged: Fields = { ...before };
    for (const [field, value] of Object.entries(object)) {
      if (field === 'metadata') merged[field] = { ...before?.metadata, ...object.metadata };
      else
        merged[field] = Array.isArray(value)
          ? this.#mergeList(key, (merged[field] ?? []) as Named[], value as Named[])
          : value;
    }
    return this.put(kind, merged as unknown as KubeObject) as T;
  }

  delete(kind: KubeKind, namespace: string | undefined, name: string): Promise<boolean> {
    return Promise.resolve(this.#objects.delete(keyOf(kind, namespace, name)));
  }

  #mergeList(key: string, before: readonly Named[], applied: readonly Named[]): readonly Named[] {
    const names = applied.map(({ name }) => name);
    const gone = (this.#applied.get(key) ?? []).filter((name) => !names.includes(name));
    this.#applied.set(key, names);
    const kept = before.filter(({ name }) => !gone.includes(name) && !names.includes(name));
    return [...kept, ...applied.map((item) => ({ ...before.find(({ name }) => name === item.name), ...item }))];
  }

  async #begin(write: string): Promise<void> {
    await Promise.resolve();
    this.writes.push(write);
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
  }
}

function keyOf(kind: KubeKind, namespace: string | undefined, name: string): string {
  return `${kind.plural} ${namespace ?? ''}/${name}`;
}
