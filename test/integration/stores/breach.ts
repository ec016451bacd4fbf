import { KubeConfig } from '@kubernetes/client-node';
import { LABELS } from '../../../operator/api/group.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { bindingOf, type Manifest, secretOf, Stage, storeOf } from './stage.ts';
import { type Subject, type Told, untold } from './told.ts';

/** How soon a refusal must be told, in milliseconds. */
const TOLD_MS = 25_000;

/** Keys of namespace a that b is granted, and neighbours of theirs that it is not. */
export const GRANTED = ['orders/DB', 'SHARED_A'];
export const FORBIDDEN = [
  'orders/s3/KEY',
  'orders',
  'ordersX',
  'ordersX/KEY',
  'ORDERS/DB',
  'orders.DB',
  'secret/KEY',
  'SHARED',
  'XSHARED_A',
  'SHARED_A/KEY',
  'aXc',
];
const GRANTS = ['orders/*', 'SHARED_*', 'a.c'];

/** Words that stand in values: what b may see, and what it must never. */
export interface Words {
  readonly granted: string;
  readonly forbidden: string;
}

/** Namespace a with its stores, and b, which wants more than it was given. */
export class Breach {
  readonly stage: Stage;
  readonly server: OpenBao;
  readonly a: string;
  readonly b: string;
  readonly #words: Words;

  private constructor(stage: Stage, server: OpenBao, names: { a: string; b: string }, words: Words) {
    this.stage = stage;
    this.server = server;
    this.a = names.a;
    this.b = names.b;
    this.#words = words;
  }

  static async open(words: Words): Promise<Breach> {
    const stage = await Stage.open();
    const server = await OpenBao.start();
    const [a, b] = await Promise.all([stage.namespace('a'), stage.namespace('b', { team: 'untrusted' })]);
    const breach = new Breach(stage, server, { a, b }, words);
    await breach.#furnish();
    return breach;
  }

  /** The grants of a's stores to b; without: none. */
  async grant(keys: readonly string[] = GRANTS): Promise<void> {
    const access = keys.length === 0 ? [] : [{ namespaces: { matchNames: [this.b] }, keys }];
    const others = [
      { namespaces: { matchNames: ['b', `${this.b}x`, this.b.slice(0, -1)] }, keys: ['**'] },
      { namespaces: { selector: { matchLabels: { team: 'trusted' } } }, keys: ['**'] },
    ];
    await this.stage.put(
      storeOf(this.a, 'vault', { ...this.#vault, access: [...access, ...others] }),
      storeOf(this.a, 'secrets', { type: 'kubernetes', access: [...access, ...others] }),
      storeOf(this.a, 'private', { ...this.#vault, access: others }),
    );
  }

  /** Gives namespace b the label `team`. */
  async label(team: string): Promise<void> {
    await this.stage.put({ kind: 'Namespace', metadata: { name: this.b, labels: { team } } });
  }

  /** A binding of b's that gives one variable of each key. */
  binding(name: string, spec: object, store = 'vault'): Manifest {
    return bindingOf(this.b, name, { storeRef: { name: store, namespace: this.a }, ...spec });
  }

  /** Applies, and waits until the object says that it is refused. */
  async refused(manifest: Manifest, told: Omit<Told, 'status'>): Promise<void> {
    await this.stage.put(manifest);
    await this.told(manifest, { status: 'False', ...told });
  }

  async told(manifest: Manifest, told: Told): Promise<void> {
    const { namespace = '', name } = manifest.metadata;
    const kind = manifest['kind'] === 'SecretStoreConfig' ? 'store' : 'binding';
    const subject: Subject = { kind, namespace, name };
    await this.stage.until(`${name} says so`, TOLD_MS, () => untold(this.stage, [subject], told));
  }

  /** A variable in the Secret of one of b's bindings. */
  valueOf(binding: string, variable: string): string | undefined {
    const data = this.stage.secrets.get(this.b, `spark-secrets-${binding}`)?.data?.[variable];
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
  }

  /** A store of b's own at some address. */
  ownVault(name: string, vault: object): Manifest {
    const auth = { tokenSecretRef: { name: 'own-token', key: 'token' } };
    return storeOf(this.b, name, { type: 'vault', vault: { path: '/v1/secret/data/x', auth, ...vault } });
  }

  /** A database of b's own, with its URL in a Secret of the same name. */
  async ownDatabase(name: string, url: string): Promise<Manifest> {
    await this.stage.put(secretOf(this.b, name, { url }));
    const database = { client: 'pg', connectionSecretRef: { name, key: 'url' }, allowPlaintext: true };
    return storeOf(this.b, name, { type: 'database', database });
  }

  /** The API server's address and CA, which everybody in a cluster knows. */
  get apiServer(): { readonly endpoint: string; readonly ca: string } {
    const config = new KubeConfig();
    config.loadFromFile(this.stage.cluster.kubeconfig);
    const { server = '', caData = '' } = config.getCurrentCluster() ?? {};
    return { endpoint: server, ca: Buffer.from(caData, 'base64').toString() };
  }

  /** Where in namespace b, or in the operator's log, the forbidden word stands. */
  async leaks(): Promise<string[]> {
    const base = `/api/v1/namespaces/${this.b}`;
    const group = `/apis/secrets.iomete.com/v1alpha1/namespaces/${this.b}`;
    const paths = [
      ...['secrets', 'configmaps', 'events', 'pods', 'serviceaccounts'].map((kind) => `${base}/${kind}`),
      ...['sparkjobsecretbindings', 'secretstoreconfigs'].map((kind) => `${group}/${kind}`),
    ];
    const texts = await Promise.all(paths.map(async (path) => [path, decoded(await this.stage.text(path))] as const));
    const all = [
      ...texts,
      ["the operator's log", await this.stage.log()] as const,
      ['its metrics', await this.stage.operator.metrics()] as const,
    ];
    return all.filter(([, text]) => text.includes(this.#words.forbidden)).map(([place]) => place);
  }

  async close(): Promise<void> {
    this.server.resume();
    await this.stage.close();
    await this.server.stop();
  }

  get #vault(): object {
    const auth = { tokenSecretRef: { name: 'vault-token', key: 'token' } };
    return {
      type: 'vault',
      vault: { endpoint: this.server.url, path: '/v1/secret/data/team-a', auth },
      refreshInterval: '2s',
    };
  }

  async #furnish(): Promise<void> {
    const { stage, a, b, server } = this;
    const { granted, forbidden } = this.#words;
    for (const key of GRANTED) await server.must('POST', `secret/data/team-a/${key}`, { data: { value: granted } });
    for (const key of FORBIDDEN)
      await server.must('POST', `secret/data/team-a/${key}`, { data: { value: `${forbidden}-${key}` } });
    await stage.put(
      secretOf(a, 'vault-token', { token: server.rootToken }),
      secretOf(a, 'iomete-secret-store', { SHARED_A: granted, SHARED: forbidden }),
      secretOf(a, 'iomete-secret-store.orders', { DB: granted }, { [LABELS.store]: 'iomete-secret-store' }),
      secretOf(a, 'iomete-secret-store.secret', { KEY: forbidden }, { [LABELS.store]: 'iomete-secret-store' }),
      secretOf(b, 'own-token', { token: 'a-token-of-b' }),
    );
    await this.grant();
  }
}

/** A list of the API with its base64 opened too. */
function decoded(text: string): string {
  const { items = [] } = JSON.parse(text) as { items?: readonly { readonly data?: Record<string, string> }[] };
  const data = items.flatMap((item) => Object.values(item.data ?? {}));
  return [text, ...data.map((value) => Buffer.from(value, 'base64').toString())].join('\n');
}

/** Whether an object was written again since. */
export function isWrittenAfter(now: KubeObject | undefined, then: KubeObject): boolean {
  return Number(now?.metadata.resourceVersion) > Number(then.metadata.resourceVersion);
}
