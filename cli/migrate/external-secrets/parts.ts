import type { BindingSpec } from '../../../operator/api/kinds.ts';
import type { Fields } from '../../../operator/injection/explain/shape.ts';
import { bindingObject, nameText, type StoreName } from '../objects.ts';
import { isKey } from '../places.ts';
import type { Selector } from '../selector.ts';
import { givenAs, type Delivery, type Entry } from './entries.ts';
import { secretNameOf } from './secret.ts';
import type { ExternalSecret } from './source.ts';
import type { TranslatedStore } from './stores.ts';
import { useKey, type Draft } from './target.ts';

export interface BindingOptions {
  readonly selector: Selector;
  readonly delivery: Delivery;
  /** Where values go that have to be copied; by default into the store that they come from, where that can be. */
  readonly copyTo: StoreName | undefined;
}

/** The bindings that come of an ExternalSecret, one for each store that has values of it. */
export interface Bindings {
  readonly objects: readonly Fields[];
  /** The line that copies what has to be. */
  readonly commands: readonly string[];
}

/** A binding in the making. */
interface Part {
  readonly store: StoreName;
  readonly env: NonNullable<BindingSpec['env']>;
  readonly envFrom: NonNullable<BindingSpec['envFrom']>;
  readonly files: NonNullable<BindingSpec['files']>;
}

/** The bindings of one ExternalSecret, which are added entry by entry. */
export class Parts {
  readonly #source: ExternalSecret;
  readonly #options: BindingOptions;
  readonly #parts = new Map<string, Part>();
  readonly #copiedTo = new Set<string>();
  /** Stores that others want to be read at other intervals. */
  readonly #others = new Set<string>();

  constructor(source: ExternalSecret, options: BindingOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** `interval`: how often, in seconds, its value is to be read. */
  add(entry: Entry, interval = Infinity): void {
    const { name, place, store } = entry;
    const { draft } = place ?? store;
    const key = place?.key ?? `${this.#group}/${name}`;
    const target = place?.draft ?? this.#copyStore(store, name);
    if (target === undefined || !this.#give(target, entry, key) || draft === undefined) return;
    this.#wantEvery(draft, interval);
    useKey(draft, this.#source.namespace, key);
  }

  /** A store has one interval: the shortest that somebody wants. One of type kubernetes has none, it is watched. */
  #wantEvery(draft: Draft, interval: number): void {
    const isOther = draft.refresh !== Infinity && interval !== Infinity && draft.refresh !== interval;
    if (isOther) this.#others.add(draft.name);
    draft.refresh = Math.min(draft.refresh, interval);
  }

  /** False, and said, when a binding can't give it under that name. */
  #give(target: StoreName, { name, isBase64 }: Entry, key: string): boolean {
    const { findings } = this.#source;
    const given = isKey(key) ? givenAs(name, key, isBase64, this.#options.delivery) : undefined;
    if (given === undefined) {
      findings.left(`secretKey ${name}`, 'it can be no name of a variable or a file');
      return false;
    }
    if (given.files !== undefined && this.#options.delivery === 'env')
      findings.note(`secretKey ${name}`, 'no variable can be called so: it becomes a file of that name');
    const part = this.#part(target);
    part.env.push(...(given.env ?? []));
    part.files.push(...(given.files ?? []));
    return true;
  }

  /** All that will be in the group that the Secret is copied to, as variables. */
  addGroup(store: TranslatedStore): void {
    const target = this.#copyStore(store, 'dataFrom');
    if (target === undefined || this.#options.delivery === 'files') return;
    const part = this.#part(target);
    if (part.envFrom.length === 0) part.envFrom.push({ group: this.#group });
    if (store.draft !== undefined) useKey(store.draft, this.#source.namespace, `${this.#group}/*`);
  }

  /** Where its values are copied to: of its own, so that nothing that is there already comes into it. */
  get #group(): string {
    const { name, namespace } = this.#source;
    return ['external-secrets', ...(namespace === undefined ? [] : [namespace]), name].join('/');
  }

  finished(): Bindings {
    const { name, namespace } = this.#source;
    const parts = [...this.#parts.values()];
    const objects = parts.map(({ store, ...given }) => {
      const own = parts.length === 1 ? name : `${name}-${store.name}`;
      return bindingObject({ name: own, namespace }, store, { selector: this.#options.selector, ...given });
    });
    for (const store of this.#others)
      this.#source.findings.note('spec.refreshInterval', `store ${store} has one for all: the shortest that is wanted`);
    const secret = secretNameOf(this.#source);
    const commands = [...this.#copiedTo].map(
      (store) =>
        `spark-secrets import --from-secret ${nameText({ name: secret, namespace })} --group ${this.#group} --store ${store}`,
    );
    if (objects.length === 0)
      this.#source.findings.left('spec', 'nothing of it could be translated: there is no binding');
    return { objects, commands };
  }

  #copyStore(store: TranslatedStore, what: string): StoreName | undefined {
    const target = this.#options.copyTo ?? store.own;
    if (target === undefined)
      this.#source.findings.left(what, 'there is no store to copy its value to: name one with --store');
    else this.#copiedTo.add(nameText(target));
    return target;
  }

  #part(store: StoreName): Part {
    const id = nameText(store);
    const part = this.#parts.get(id) ?? { store, env: [], envFrom: [], files: [] };
    this.#parts.set(id, part);
    return part;
  }
}
