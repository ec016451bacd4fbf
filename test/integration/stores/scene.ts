import type { Backend } from './backend.ts';
import { bindingOf, type Manifest, secretOf, type Stage, storeOf } from './stage.ts';
import { readyOf, type Subject } from './told.ts';
import { ValuesGuard } from './values-guard.ts';

/** How many bindings use a store. */
const BINDINGS = 10;
/** So many of them also have the keys of the group. */
const OF_GROUP = 3;

/** What all stores of a run have in common. */
export interface Place {
  readonly stage: Stage;
  /** Where the stores are. */
  readonly stores: string;
  /** Where the bindings are. */
  readonly jobs: string;
  /** Stands in every value, and nowhere else. */
  readonly word: string;
}

/** One store with the bindings that use it. */
export class Scene {
  readonly backend: Backend;
  readonly stage: Stage;
  readonly guard: ValuesGuard;
  readonly jobs: string;
  readonly stores: string;
  /** Names of the bindings, which are also those of their applications. */
  readonly names: readonly string[];
  readonly #word: string;
  #count = 0;

  constructor({ stage, stores, jobs, word }: Place, backend: Backend) {
    this.stage = stage;
    this.guard = new ValuesGuard(stage, jobs, `${backend.name}-`);
    this.stores = stores;
    this.jobs = jobs;
    this.#word = word;
    this.backend = backend;
    this.names = Array.from({ length: BINDINGS }, (_, index) => `${backend.name}-${index}`);
  }

  get store(): Subject {
    return { kind: 'store', namespace: this.stores, name: this.backend.name };
  }

  get bindings(): readonly Subject[] {
    return this.names.map((name) => this.subject(name));
  }

  /** Those that also have the keys of the group. */
  get ofGroup(): readonly string[] {
    return this.names.slice(0, OF_GROUP);
  }

  subject(name: string): Subject {
    return { kind: 'binding', namespace: this.jobs, name };
  }

  /** A value that was never there before. */
  newValue(): string {
    this.#count += 1;
    return `${this.#word}-${this.backend.name}-${this.#count}`;
  }

  /** The name of a binding that was never there before. */
  newName(): string {
    this.#count += 1;
    return `${this.backend.name}-extra-${this.#count}`;
  }

  /** Fills the store, and declares it and its bindings. */
  async declare(): Promise<void> {
    const { backend } = this;
    await backend.put('SHARED', this.newValue());
    for (const name of ['group/ONE', 'group/TWO', ...this.names.map((_, index) => `own/K${index}`)])
      await backend.put(name, this.newValue());
    await this.putSecrets();
    const access = [{ namespaces: { matchNames: [this.jobs] }, keys: ['**'] }];
    await this.stage.put(storeOf(this.stores, backend.name, { ...backend.spec, access }));
    await this.stage.put(...this.names.map((name, index) => this.#binding(name, index)));
  }

  /** The Secrets that the store's spec names. */
  async putSecrets(): Promise<void> {
    const secrets = Object.entries(this.backend.secrets);
    await this.stage.put(...secrets.map(([name, values]) => secretOf(this.stores, name, values)));
  }

  /** One more binding on the store. */
  extra(name: string, spec: object): Manifest {
    return bindingOf(this.jobs, name, { storeRef: { name: this.backend.name, namespace: this.stores }, ...spec });
  }

  /** What a binding's Secret has of a variable. */
  valueOf(name: string, variable: string): string | undefined {
    const data = this.stage.secrets.get(this.jobs, `spark-secrets-${name}`)?.data?.[variable];
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
  }

  /** Which of the bindings' Secrets do not have that value; undefined: all do. */
  lacking(names: readonly string[], variable: string, value: string | undefined): string | undefined {
    const without = names.filter((name) => this.valueOf(name, variable) !== value);
    const [first] = without;
    if (first === undefined) return undefined;
    const words = readyOf(this.stage, this.subject(first))?.message ?? 'nothing';
    return `${variable} is another one for ${without.join(', ')}, which says: ${words}`;
  }

  /** How often each binding's Secret was written. */
  writes(names: readonly string[] = this.names): number[] {
    return names.map((name) => this.guard.writes.get(name) ?? 0);
  }

  /** The versions of the store's object and the bindings': they change with each write. */
  versions(): string[] {
    const objects = [
      this.stage.stores.get(this.stores, this.backend.name),
      ...this.names.map((name) => this.stage.bindings.get(this.jobs, name)),
    ];
    return objects.map((object) => `${object?.metadata.name ?? 'gone'} ${object?.metadata.resourceVersion ?? ''}`);
  }

  /** Whether the store's status has another number of bindings than there are; undefined: it is the same. */
  uncounted(): string | undefined {
    const counted = this.stage.stores.get(this.stores, this.backend.name)?.status?.bindings;
    const real = this.stage.bindings
      .list(this.jobs)
      .filter(({ spec }) => spec.storeRef.name === this.backend.name).length;
    return counted === real ? undefined : `its status has ${counted} bindings, and there are ${real}`;
  }

  #binding(name: string, index: number): Manifest {
    return this.extra(name, {
      env: [
        { name: 'SHARED', key: 'SHARED' },
        { name: 'OWN', key: `own/K${index}` },
      ],
      ...(index < OF_GROUP && { envFrom: [{ group: 'group', prefix: 'G_' }] }),
      sparkConf: [{ name: 'spark.datasource.url', template: 'jdbc:x?password=${SHARED}' }],
    });
  }
}
