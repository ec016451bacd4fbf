import { expect } from 'chai';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import {
  storeRefOf,
  type DriverPod,
  type SecretStoreConfig,
  type SparkJobSecretBinding,
} from '../../operator/api/kinds.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { createApiRoutes } from '../../operator/http/api-routes.ts';
import { AuditTrail, type AuditEvent } from '../../operator/http/audit.ts';
import { createCallers } from '../../operator/http/callers.ts';
import {
  TOKEN_REVIEW,
  type SubjectAccessReview,
  type TokenReview,
  type UserInfo,
} from '../../operator/http/reviews.ts';
import type { ApiRoute } from '../../operator/http/route.ts';
import { ApiServer, type ApiServerOptions } from '../../operator/http/server.ts';
import type { KubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Lister } from '../../operator/runtime/lister.ts';
import { keyFilter } from '../../operator/stores/access.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import { MemoryStore } from '../../operator/stores/memory/driver.ts';
import type { SecretStore } from '../../operator/stores/store.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { createAuthority, createServing, type KeyPair } from '../../operator/webhook/certificates.ts';
import { key } from '../support/keys.ts';
import { ScopeDouble } from '../support/scope.ts';
import { HttpsClient } from '../webhook/https-client.ts';

/** A request, as little of it as a test cares for. */
export interface Call {
  readonly as?: string;
  readonly method?: string;
  readonly body?: unknown;
  /** Instead of `body`, as it is. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** In every value, and in every token that is not in order: nobody may ever see it in an error or a log. */
export const CANARY = 'canary-7d1e';

const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

/** More than a test sends, unless it wants to be refused. */
export const FAST = { perSecond: 10_000, burst: 10_000 };

/** The API, over HTTPS, with a store in memory and an API server that knows who may what. */
export class ApiWorld {
  /** `USER VERB NAMESPACE/STORE` of keys, or `USER VERB RESOURCE NAMESPACE`. */
  readonly allowed = new Set<string>();
  readonly users = new Map<string, UserInfo>();
  readonly pods = new Map<string, KubeObject>();
  readonly stores: SecretStoreConfig[] = [];
  readonly bindings: SparkJobSecretBinding[] = [];
  readonly drivers: (DriverPod & { readonly of: string })[] = [];
  readonly labels = new Map<string, Record<string, string>>();
  readonly values = new MemoryStore();
  /** Of stores of these names instead. */
  readonly otherValues = new Map<string, SecretStore>();
  readonly log: string[] = [];
  readonly written: string[] = [];
  readonly scope = new ScopeDouble();
  /** How often the API server was asked whose a token is. */
  reviews = 0;
  readonly routes: readonly ApiRoute[];
  readonly #server: ApiServer;
  #client: HttpsClient | undefined;

  constructor(rate = FAST, page?: RequestListener, more: Partial<ApiServerOptions> = {}) {
    const logger = createLogger({ level: 'trace', destination: { write: (line) => this.log.push(line) } });
    const client = this.#cluster() as unknown as KubeClient;
    const callers = createCallers(client);
    const audit = new AuditTrail(logger);
    const cache = new StoreCache({
      open: ({ metadata }) => this.otherValues.get(metadata.name) ?? this.values,
      onChange: () => undefined,
    });
    this.routes = createApiRoutes({
      ...{ callers, client, audit, patch: {} },
      desk: cache.desk,
      sources: {
        stores: lister(
          () => this.stores,
          () => [],
        ),
        namespaces: { get: (_none, name) => ({ metadata: { name, labels: this.labels.get(name) ?? {} } }) },
        bindings: lister(
          () => this.bindings,
          (each) => [pathOf(storeRefOf(each))],
        ),
        drivers: lister(
          () => this.drivers,
          ({ of }) => [of],
        ),
        views: (namespace) =>
          this.bindings
            .filter(({ metadata }) => metadata.namespace === namespace)
            .map((binding) => ({ binding, secret: undefined })),
        grants: keyFilter,
        scope: this.scope,
      },
      onWrite: ({ metadata }) => this.written.push(metadata.name),
    });
    const { routes } = this;
    this.#server = new ApiServer({
      ...{ callers, routes, logger, audit, rate, scope: this.scope },
      ...(page && { page }),
      nameless: FAST,
      crowd: FAST,
      port: 0,
      host: '127.0.0.1',
      isReady: () => true,
      ...more,
    });
  }

  async start(authority: KeyPair): Promise<void> {
    await this.#server.start();
    const { cert, key: pem } = await createServing(authority, ['svc.operator.svc', '127.0.0.1'], new Date());
    this.#server.useCertificate(cert, pem);
    this.#client = new HttpsClient(this.#server.port, authority.cert);
  }

  /** Of 127.0.0.1; only after `start`. */
  get port(): number {
    return this.#server.port;
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.#server.stop({ drainMs: 0, limitMs: 200 });
  }

  /** `as`: a token; '' is none. */
  async call(path: string, { as = 'owner', method = 'GET', body, raw, headers = {} }: Call = {}): Promise<Answered> {
    const sent = raw ?? (body === undefined ? '' : JSON.stringify(body));
    const all = { ...headersOf(sent, as), ...headers };
    const {
      status,
      body: text,
      headers: got,
    } = await this.#client!.post(sent, { reuse: true, path, method, headers: all });
    expect(this.log.join('')).not.to.contain(CANARY);
    if (status >= 400) expect(text).not.to.contain(CANARY);
    return { status, headers: got, text, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  }

  async put(where: string, value: string): Promise<string> {
    const { signal } = new AbortController();
    return (await this.values.write(key(where), SecretValue.fromText(value), { signal })).version;
  }

  /** The lines of the audit. */
  get audited(): (AuditEvent & { readonly audit: true })[] {
    const lines = this.log.map((line) => JSON.parse(line) as AuditEvent & { readonly audit: true });
    return lines.filter((line) => 'audit' in line);
  }

  addStore(namespace: string, name: string, access: SecretStoreConfig['spec']['access'] = []): void {
    const spec = { type: 'kubernetes' as const, kubernetes: {}, access };
    const metadata = { namespace, name, uid: `${namespace}/${name}` };
    this.stores.push({ apiVersion: 'secrets.iomete.com/v1alpha1', kind: 'SecretStoreConfig', metadata, spec });
  }

  addBinding(namespace: string, name: string, spec: Partial<SparkJobSecretBinding['spec']>): void {
    this.bindings.push({
      apiVersion: 'secrets.iomete.com/v1alpha1',
      kind: 'SparkJobSecretBinding',
      metadata: { namespace, name },
      spec: {
        storeRef: { name: 'default', namespace: 'platform' },
        selector: { matchLabels: { team: 'orders' } },
        ...spec,
      },
    });
  }

  /** A pod, and the token of its name that is mounted in it. */
  addPod(namespace: string, name: string, metadata: Partial<KubeObject['metadata']>): void {
    const uid = `uid-of-${name}`;
    this.pods.set(`${namespace}/${name}`, { metadata: { namespace, name, uid, ...metadata } });
    const extra = { [POD_NAME]: [name], [POD_UID]: [uid] };
    this.users.set(name, { username: `system:serviceaccount:${namespace}:spark`, groups: [], extra });
  }

  #cluster(): Pick<KubeClient, 'get' | 'create'> {
    const isAllowed = ({ user, resourceAttributes: what }: SubjectAccessReview['spec']): boolean => {
      const { verb, resource, subresource, namespace, name = '*' } = what;
      if (subresource !== 'keys') return this.allowed.has(`${user} ${verb} ${resource} ${namespace}`);
      return [name, '*'].some((each) => this.allowed.has(`${user} ${verb} ${namespace}/${each}`));
    };
    return {
      get: <T extends KubeObject>(_kind: KubeKind<T>, namespace: string | undefined, name: string) =>
        Promise.resolve(this.pods.get(`${namespace ?? ''}/${name}`) as T | undefined),
      create: <T extends KubeObject>(kind: KubeKind<T>, object: T) => {
        if (kind.plural !== TOKEN_REVIEW.plural)
          return Promise.resolve({
            ...object,
            status: { allowed: isAllowed((object as unknown as SubjectAccessReview).spec) },
          });
        this.reviews += 1;
        const user = this.users.get((object as unknown as TokenReview).spec.token);
        return Promise.resolve({ ...object, status: user && { authenticated: true, user } });
      },
    };
  }
}

function headersOf(sent: string, token: string): Record<string, string | number> {
  return {
    'content-length': Buffer.byteLength(sent),
    ...(sent === '' ? {} : { 'content-type': 'application/json' }),
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  };
}

function pathOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function lister<T extends KubeObject>(items: () => readonly T[], index: (item: T) => readonly string[]): Lister<T> {
  return {
    get: (namespace, name) =>
      items().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    list: (namespace) => items().filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    byIndex: (_index, value) => items().filter((item) => index(item).includes(value)),
  };
}

/**
 * Store platform/default, which grants `orders/*` to namespace analytics; in the platform's namespace a viewer, an editor
 * and an owner, in analytics the same with `analytics-` before; nobody may do nothing.
 */
export async function ordersWorld(
  authority: KeyPair,
  rate?: { perSecond: number; burst: number },
  page?: RequestListener,
  more?: Partial<ApiServerOptions>,
): Promise<ApiWorld> {
  const world = new ApiWorld(rate, page, more);
  world.addStore('platform', 'default', [{ namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] }]);
  const roles = {
    viewer: ['list'],
    editor: ['list', 'create', 'update', 'delete'],
    owner: ['list', 'create', 'update', 'delete', 'get'],
  };
  for (const [prefix, namespace] of [
    ['', 'platform'],
    ['analytics-', 'analytics'],
    ['other-', 'other'],
  ] as const)
    for (const [role, verbs] of Object.entries(roles)) {
      const name = `${prefix}${role}`;
      world.users.set(name, { username: name, uid: '7', groups: ['people', 'all'] });
      for (const verb of verbs) world.allowed.add(`${name} ${verb} ${namespace}/*`);
      for (const verb of ['get', 'list']) world.allowed.add(`${name} ${verb} sparkjobsecretbindings ${namespace}`);
    }
  world.users.set('nobody', { username: 'nobody' });
  await world.put('orders/DB_PASSWORD', `${CANARY}-1`);
  await world.put('sales/TOKEN', `${CANARY}-2`);
  await world.put('ROOT', `${CANARY}-3`);
  await world.start(authority);
  return world;
}

/** Gives each test of the suite an `ordersWorld` of its own, tells `use` of it and of who signed for it, and ends it. */
export function eachInOrdersWorld(use: (world: ApiWorld, authority: KeyPair) => void): void {
  let authority: KeyPair;
  let world: ApiWorld;
  before(async () => {
    authority = await createAuthority(new Date());
  });
  beforeEach(async () => {
    world = await ordersWorld(authority);
    use(world, authority);
  });
  afterEach(() => world.stop());
}
