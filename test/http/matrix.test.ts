import { expect } from 'chai';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { CANARY, ordersWorld, type Answered, type ApiWorld, type Call } from './api-world.ts';

// Every operation of the description × everybody who may come. What each may is said by hand, by the name of the operation:
// one that is new has to be added here before this passes.

const KEY = 'orders/DB_PASSWORD';
const STORE = '/api/v1/namespaces/platform/stores/default';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

interface Found {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Who comes; the name is the token, where it is one. */
const CALLERS: Readonly<Record<string, Call>> = {
  'no token': { as: '' },
  'a wrong token': { as: `${CANARY}-token` },
  'another scheme': { as: '', headers: { authorization: `Basic ${CANARY}` } },
  'a token with blanks': { as: '', headers: { authorization: 'Bearer owner viewer' } },
  'a token in the query alone': { as: '' },
  viewer: { as: 'viewer' },
  editor: { as: 'editor' },
  owner: { as: 'owner' },
  'editor elsewhere': { as: 'other-editor' },
  'owner of the consumer': { as: 'analytics-owner' },
  nobody: { as: 'nobody' },
  'pod with a binding': { as: 'etl-driver' },
  'its executor': { as: 'etl-exec-1' },
  'pod without a binding': { as: 'lone-driver' },
  'pod that is gone': { as: 'gone-driver' },
  'pod of another name’s past': { as: 'reborn-driver' },
};

/** Callers that nobody knows. */
const UNKNOWN = ['no token', 'a wrong token', 'another scheme', 'a token with blanks', 'a token in the query alone'];
const PODS = Object.keys(CALLERS).filter((name) => name.includes('pod') || name.includes('executor'));

/** Who may: others whom the cluster knows get 403. */
interface Rule {
  readonly may: readonly string[] | 'everybody' | 'known';
  /** What they get. */
  readonly status: number;
  readonly body?: unknown;
  /** Instead of the key that is there. */
  readonly key?: string;
}

const ALL = ['viewer', 'editor', 'owner'];
const RULES: Readonly<Record<string, Rule>> = {
  describe: { may: 'everybody', status: 200 },
  whoAmI: { may: 'known', status: 200 },
  listStores: { may: 'known', status: 200 },
  getStore: { may: ALL, status: 200 },
  listKeys: { may: ALL, status: 200 },
  getKey: { may: ALL, status: 200 },
  writeKey: { may: ['editor', 'owner'], status: 200, body: { value: `${CANARY}-new` } },
  removeKey: { may: ['editor', 'owner'], status: 204, key: 'orders/NOT_THERE' },
  revealValue: { may: ['owner'], status: 200 },
  listVersions: { may: ALL, status: 200 },
  rollBackKey: { may: ['editor', 'owner'], status: 200, body: { version: '1' } },
  getUsage: { may: ALL, status: 200 },
  listAudit: { may: ALL, status: 200 },
  listBindings: { may: ALL, status: 200 },
  explain: { may: ALL, status: 200, body: { manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } } } },
  readOwnValue: { may: ['pod with a binding', 'its executor'], status: 200 },
};

describe('every operation of the API', () => {
  let world: ApiWorld;
  let operations: readonly Found[];

  before(async () => {
    world = await ordersWorld(await createAuthority(new Date()));
    const driver = { 'spark-role': 'driver' };
    world.addPod('analytics', 'etl-driver', { labels: { ...driver, team: 'orders' } });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'etl-driver', uid: 'uid-of-etl-driver' }];
    world.addPod('analytics', 'etl-exec-1', { labels: { 'spark-role': 'executor' }, ownerReferences });
    world.addPod('analytics', 'lone-driver', { labels: driver });
    for (const name of ['gone-driver', 'reborn-driver'])
      world.addPod('analytics', name, { labels: { ...driver, team: 'orders' } });
    world.pods.delete('analytics/gone-driver');
    world.pods.set('analytics/reborn-driver', {
      metadata: { namespace: 'analytics', name: 'reborn-driver', uid: 'new' },
    });
    world.addBinding('analytics', 'orders', { envFrom: [{ group: 'orders', prefix: '' }] });
    const { json } = await world.call('/api/v1/openapi.json', { as: '' });
    const paths = json['paths'] as Record<string, Record<string, Operation>>;
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  });

  after(() => world.stop());

  function ruleOf({ operation }: Found): Rule {
    const rule = RULES[operation.operationId];
    if (rule === undefined) throw new Error(`add ${operation.operationId} to RULES: who may, and what they get`);
    return rule;
  }

  function call(one: Found, call: Call, query = ''): Promise<Answered> {
    const { body, key = KEY } = ruleOf(one);
    const path = one.path.replace('{namespace}', 'platform').replace('{store}', 'default').replace('{key}', key);
    return world.call(path + query, { method: one.method, ...(body === undefined ? {} : { body }), ...call });
  }

  function isOpen(one: Found): boolean {
    return ruleOf(one).may === 'everybody';
  }

  function expectedOf(one: Found, caller: string): number {
    const { may, status } = ruleOf(one);
    if (may === 'everybody') return status;
    if (UNKNOWN.includes(caller)) return 401;
    return may === 'known' || may.includes(caller) ? status : 403;
  }

  /** A table of what is not as it should be: of all operations at once. */
  async function differing(
    rows: readonly Found[],
    look: (one: Found) => Promise<string | undefined>,
  ): Promise<string[]> {
    const differences: string[] = [];
    for (const one of rows) {
      const difference = await look(one);
      if (difference !== undefined) differences.push(`${one.operation.operationId}: ${difference}`);
    }
    return differences;
  }

  it('has a rule here, and each rule an operation', () => {
    expect(Object.keys(RULES)).to.have.members(operations.map(({ operation }) => operation.operationId));
  });

  for (const [name, caller] of Object.entries(CALLERS)) {
    it(`answers ${name} as is right, and tells of each refusal in the audit`, async () => {
      const differences = await differing(operations, async (one) => {
        world.log.length = 0;
        // What nobody asked for is refused only after it is known who asks.
        const query = name === 'a token in the query alone' && !isOpen(one) ? '?access_token=owner' : '';
        const { status, json } = await call(one, caller, query);
        const expected = expectedOf(one, name);
        if (status !== expected) return `${status} instead of ${expected}: ${JSON.stringify(json)}`;
        if (!Object.hasOwn(one.operation.responses, String(status))) return `${status} is not described`;
        const denied = world.audited.filter(({ result }) => result === 'denied').length;
        return denied === (status === 401 || status === 403 ? 1 : 0) ? undefined : `${denied} lines of a denied try`;
      });
      expect(differences).to.deep.equal([]);
    });
  }

  it('gives a pod nothing but what is for pods, in its own namespace as well', async () => {
    const others = operations.filter((one) => Array.isArray(ruleOf(one).may) && one.path !== '/api/v1/self/keys/{key}');
    for (const pod of PODS) {
      const differences = await differing(others, async (one) => {
        const query = one.operation.parameters.some(({ name }) => name === 'consumer') ? '?consumer=analytics' : '';
        const { status } = await call(one, CALLERS[pod] ?? {}, query);
        return status === 403 ? undefined : `${pod} got ${status}`;
      });
      expect(differences).to.deep.equal([]);
    }
  });

  describe('that takes a body', () => {
    const BAD: Readonly<Record<string, readonly [Call, number]>> = {
      'broken JSON': [{ raw: `{"value": "${CANARY}` }, 400],
      'JSON of another form': [{ raw: '[{"value":1}]' }, 400],
      'no body': [{ raw: '' }, 400],
      'a number': [{ raw: '7' }, 400],
      'a prototype': [{ raw: '{"__proto__":{"value":"a"},"constructor":{"prototype":{"x":1}}}' }, 400],
      'a tower of lists': [{ raw: `{"manifest":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }, 400],
      '10 MiB': [{ raw: JSON.stringify({ value: 'x'.repeat(10 * 1_048_576) }) }, 413],
      'another type': [{ raw: 'value=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
      'another encoding': [{ raw: '{}', headers: { 'content-type': 'application/json; charset=utf-16le' } }, 415],
    };
    for (const [what, [sent, expected]] of Object.entries(BAD)) {
      it(`answers ${expected} to ${what}, and to whoever may not 403 whatever they send`, async () => {
        const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined);
        expect(withBody.length).to.be.above(2);
        const before = (await world.call(`${STORE}/keys/${KEY}`)).json['version'];
        const differences = await differing(withBody, async (one) => {
          const { status } = await call(one, { ...sent, as: 'owner' });
          const refused = await call(one, { ...sent, as: 'nobody' });
          return status === expected && refused.status === 403 ? undefined : `${status}, ${refused.status}`;
        });
        expect(differences).to.deep.equal([]);
        expect((await world.call(`${STORE}/keys/${KEY}`)).json['version']).to.equal(before);
        expect(Object.getPrototypeOf({})).not.to.have.any.keys('value', 'x');
      });
    }

    it('and those that take none refuse one', async () => {
      const without = operations.filter(({ operation }) => operation.requestBody === undefined);
      const differences = await differing(without, async (one) => {
        const as = one.operation.operationId === 'readOwnValue' ? 'etl-driver' : 'owner';
        const { status, json } = await call(one, { as, raw: `{"value":"${CANARY}"}` });
        return status === 400 && json['detail'] === 'this takes no body.' ? undefined : String(status);
      });
      expect(differences).to.deep.equal([]);
    });
  });

  it('is the only one at its path: other methods are refused with those that it knows', async () => {
    for (const path of new Set(operations.map((one) => one.path))) {
      const known = operations.filter((one) => one.path === path).map(({ method }) => method);
      const [one] = operations.filter((each) => each.path === path);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        if (known.includes(method) || one === undefined) continue;
        const { status } = await call(one, { as: 'owner', method, raw: '' });
        expect([method, path, status]).to.deep.equal([method, path, 405]);
      }
    }
  });
});
