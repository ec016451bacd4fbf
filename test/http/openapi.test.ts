import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { CANARY, ordersWorld, type ApiWorld } from './api-world.ts';

const DESCRIPTION = '/api/v1/openapi.json';
const ROUNDS = 60;

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

/** A generator of numbers that gives the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('the API’s own description', () => {
  let authority: KeyPair;
  let world: ApiWorld;
  let document: Document;

  before(async () => {
    authority = await createAuthority(new Date());
    world = await ordersWorld(authority, { perSecond: 1e6, burst: 1e6 });
    world.addPod('analytics', 'etl-driver', { labels: { 'spark-role': 'driver', team: 'orders' } });
    world.addBinding('analytics', 'orders', { envFrom: [{ group: 'orders', prefix: '' }] });
    document = JSON.parse((await world.call(DESCRIPTION, { as: '' })).text) as Document;
  });

  after(() => world.stop());

  function operations(): [string, string, Operation][] {
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [path, method.toUpperCase(), operation] as [string, string, Operation],
      ),
    );
  }

  it('is for everybody, and has every operation with what it needs and what can go wrong', () => {
    expect(document.openapi).to.equal('3.1.0');
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(ids).to.have.members(['describe', ...world.routes.map(({ operation }) => operation)]);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const [path, , { operationId, description, security, responses, parameters }] of operations()) {
      expect(description, operationId).to.match(/\.$/);
      expect(security.length, operationId).to.equal(operationId === 'describe' ? 0 : 1);
      for (const status of operationId === 'describe' ? [] : ['400', '401', '403', '429', '500', '503'])
        expect(responses, operationId).to.have.property(status);
      const names = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      expect(names.map((name) => `{${name}}`)).to.deep.equal(path.match(/\{\w+\}/g) ?? []);
    }
  });

  it('names the documented operations, and no others', () => {
    const listed = operations().map(([path, method]) => `${method} ${path}`);
    const store = '/api/v1/namespaces/{namespace}/stores/{store}';
    expect(listed).to.have.members([
      `GET ${DESCRIPTION}`,
      'GET /api/v1/whoami',
      'GET /api/v1/stores',
      `GET ${store}`,
      `GET ${store}/keys`,
      ...['GET', 'PUT', 'DELETE'].map((method) => `${method} ${store}/keys/{key}`),
      `GET ${store}/values/{key}`,
      `GET ${store}/versions/{key}`,
      `POST ${store}/rollback/{key}`,
      `GET ${store}/usage/{key}`,
      `GET ${store}/audit`,
      'GET /api/v1/namespaces/{namespace}/bindings',
      'POST /api/v1/namespaces/{namespace}/explain',
      'GET /api/v1/self/keys/{key}',
    ]);
  });

  it('holds for what is answered, whatever is sent: no 500 in some hundred requests, by all callers', async function () {
    this.timeout(30_000);
    const seed = Number(process.env['FUZZ_SEED'] ?? 7);
    const fuzz = new Fuzz(seed, document);
    const seen = new Set<number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [path, method, operation] of operations()) {
        const sent = fuzz.request(path, operation);
        const { status, json, text } = await world.call(sent.path, { method, ...sent });
        const shown = `seed ${seed}: ${method} ${sent.path} as ${sent.as}: ${status} ${text.slice(0, 200)}`;
        expect(status, shown).to.be.below(500);
        expect(fuzz.problemWith(operation, status, json), shown).to.equal(undefined);
        seen.add(status);
      }
    }
    // It gets past the door often enough to mean something.
    expect([...seen]).to.include.members([200, 400, 401, 403, 404]);
  });
});

const ODD = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%00',
  '%ff',
  '%',
  '../..',
  'a/../b',
  ' ',
  '*',
  '%0a',
  'é',
  '💥',
  'x'.repeat(300),
  '{key}',
  'null',
  '-1',
  '1e9',
  '__proto__',
  "';--",
  '%252e',
];
const GOOD: Readonly<Record<string, readonly string[]>> = {
  namespace: ['platform', 'analytics', 'other'],
  store: ['default', 'nowhere'],
  key: ['orders/DB_PASSWORD', 'sales/TOKEN', 'ROOT', 'orders/NEW', 'a/b/c/d'],
  consumer: ['analytics', 'platform', 'other'],
  limit: ['1', '2', '1000'],
  force: ['true', 'false'],
  group: ['orders', '', 'nowhere'],
  search: ['o', 'PASS'],
  binding: ['orders', 'nothing'],
  ifVersion: ['1', '2', '99'],
  continue: ['k:ROOT', 'g:orders'],
};
const CALLERS = [
  'owner',
  'owner',
  'owner',
  'viewer',
  'editor',
  'analytics-owner',
  'analytics-owner',
  'etl-driver',
  'nobody',
  '',
  'eve',
];
const BODIES: readonly unknown[] = [
  { value: 'a' },
  { value: 'b', ifVersion: null },
  { value: '', ifVersion: '1' },
  { valueBase64: '/w==' },
  { version: '1' },
  { version: '5', ifVersion: '1' },
  { pod: 'etl-driver' },
  { manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'a' }] } } },
  { manifest: { apiVersion: 'sparkoperator.k8s.io/v1beta2', kind: 'SparkApplication', metadata: {}, spec: {} } },
];
const VALUES: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  {},
  [[]],
  true,
  '\u0000',
  '\uD800',
  { a: { b: [null] } },
  CANARY,
];

/** Requests that are nearly right. */
class Fuzz {
  readonly #random: () => number;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<object, ValidateFunction>();
  readonly #components: object;

  constructor(seed: number, { components }: Document) {
    this.#random = randomOf(seed);
    this.#components = components;
  }

  request(path: string, { parameters, requestBody }: Operation): { path: string; as: string; raw?: string } {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => this.#text(name, 0.15));
    const named = parameters.filter((each) => each.in === 'query' && this.#random() < 0.4).map(({ name }) => name);
    const query = [...named, ...(this.#random() < 0.05 ? ['odd'] : [])].map(
      (name) => `${name}=${this.#text(name, 0.25)}`,
    );
    const raw = requestBody === undefined && this.#random() < 0.95 ? undefined : this.#body();
    const target = encodeURI(filled).replaceAll('%25', '%');
    return {
      path: query.length === 0 ? target : `${target}?${encodeURI(query.join('&')).replaceAll('%25', '%')}`,
      as: this.#pick(CALLERS),
      ...(raw === undefined ? {} : { raw }),
    };
  }

  /** Why an answer is not as described. A path that is none of the API's any more may be told so. */
  problemWith({ responses }: Operation, status: number, json: unknown): string | undefined {
    const response = responses[String(status)];
    if (response === undefined) return status === 404 ? undefined : `status ${status} is not described`;
    const [content] = Object.values(response.content ?? {});
    if (content === undefined) return undefined;
    const validate =
      this.#validators.get(content) ?? this.#ajv.compile({ ...content.schema, components: this.#components });
    this.#validators.set(content, validate);
    return validate(json) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  #text(name: string, odd: number): string {
    return this.#random() < odd ? this.#pick(ODD) : this.#pick(GOOD[name] ?? GOOD['key']!);
  }

  #body(): string {
    const chance = this.#random();
    if (chance < 0.05) return this.#pick(['{', '', 'nul', '"', '[1,', '{"value":']);
    if (chance < 0.15) return JSON.stringify(this.#pick(VALUES));
    const body = structuredClone(this.#pick(BODIES)) as Record<string, unknown>;
    if (chance < 0.5) this.#mutate(body);
    return JSON.stringify(body);
  }

  /** Changes one member, at any depth, or adds one. */
  #mutate(body: Record<string, unknown>): void {
    const name = this.#pick([...Object.keys(body), 'value', 'ifVersion', 'metadata', 'spec']);
    const inner = body[name];
    if (typeof inner === 'object' && inner !== null && this.#random() < 0.7)
      this.#mutate(inner as Record<string, unknown>);
    else body[name] = this.#pick(VALUES);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}
