import { Informer, type InformerOptions } from '../../operator/runtime/informer.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import { ApiServer } from '../doubles/api-server.ts';
import { eventually } from '../doubles/eventually.ts';

/** The kind that the informer's tests watch. */
export interface Thing extends KubeObject {
  readonly spec?: { readonly color: string };
}

export const THINGS = '/apis/demo.io/v1/things';
export const THING: KubeKind<Thing> = {
  group: 'demo.io',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
};

/** An API server double, informers on it, and notes of all that they tell. */
export class InformerBench {
  readonly informers: Informer<Thing>[] = [];
  /** `set one/a red`, in the order in which it was told. */
  readonly told: string[] = [];
  readonly lost: unknown[] = [];
  readonly thrown: unknown[] = [];
  api: ApiServer;
  connection: KubeConnection;

  static async open(): Promise<InformerBench> {
    const api = new ApiServer();
    await api.start();
    return new InformerBench(api);
  }

  private constructor(api: ApiServer) {
    this.api = api;
    this.connection = new KubeConnection(api.kubeConfig());
  }

  async close(): Promise<void> {
    await Promise.all(this.informers.map((informer) => informer.stop()));
    await this.connection.close();
    await this.api.stop();
  }

  build(options: Partial<InformerOptions<Thing>> = {}): Informer<Thing> {
    const informer = new Informer<Thing>({
      connection: this.connection,
      kind: THING,
      backoff: { baseMs: 10, maxMs: 40 },
      onChange: ({ metadata, spec }, change) =>
        this.told.push(`${change} ${metadata.namespace ?? ''}/${metadata.name} ${spec?.color ?? ''}`),
      onLost: (error) => this.lost.push(error),
      onListenerError: (error) => this.thrown.push(error),
      ...options,
    });
    this.informers.push(informer);
    return informer;
  }

  /** An informer that has listed and watches. */
  async started(options: Partial<InformerOptions<Thing>> = {}): Promise<Informer<Thing>> {
    const informer = this.build(options);
    await informer.start();
    await eventually(() => this.api.watchers === 1);
    return informer;
  }

  put(name: string, color = 'red', namespace = 'one'): void {
    this.api.store.put(THINGS, { metadata: { name, namespace }, spec: { color } });
  }
}
