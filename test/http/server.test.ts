import { expect } from 'chai';
import { POD } from '../../operator/api/kinds.ts';
import { AuditTrail } from '../../operator/http/audit.ts';
import { createCallers } from '../../operator/http/callers.ts';
import { explainRoute } from '../../operator/http/explain-route.ts';
import { SUBJECT_ACCESS_REVIEW, TOKEN_REVIEW } from '../../operator/http/reviews.ts';
import type { SubjectAccessReview, TokenReview } from '../../operator/http/reviews.ts';
import { ApiServer } from '../../operator/http/server.ts';
import { ApiError } from '../../operator/runtime/api-error.ts';
import type { KubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { createAuthority, createServing, type KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { golden, view } from '../injection/bindings.ts';
import { ScopeDouble } from '../support/scope.ts';
import { HttpsClient, type HttpAnswer } from '../webhook/https-client.ts';

const TOKEN = 'canary-token.of-ada';
const PATH = '/api/v1/namespaces/analytics/explain';
const APPLICATION = {
  apiVersion: 'sparkoperator.k8s.io/v1beta2',
  kind: 'SparkApplication',
  metadata: { name: 'orders-etl' },
  spec: { driver: { env: [{ name: 'GREETING', value: 'canary-of-the-job' }] } },
};

/** The API server as far as the API asks it: one token, and what its owner may do (`get pods`). */
class ReviewingCluster implements Pick<KubeClient, 'get' | 'create'> {
  readonly allowed = new Set<string>();
  readonly asked: SubjectAccessReview['spec'][] = [];
  failure: Error | undefined;

  get<T extends KubeObject>(kind: KubeKind<T>, namespace: string | undefined, name: string): Promise<T | undefined> {
    const pod = { ...golden('kubeflow-application-driver'), kind: 'Pod' } as unknown as T;
    const isThere = kind.plural === POD.plural && namespace === 'analytics' && name === 'orders-etl-driver';
    return Promise.resolve(isThere ? pod : undefined);
  }

  create<T extends KubeObject>(kind: KubeKind<T>, object: T): Promise<T> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (kind.plural === TOKEN_REVIEW.plural) {
      const isKnown = (object as unknown as TokenReview).spec.token === TOKEN;
      const user = { username: 'ada', uid: '7', groups: ['data'], extra: { scopes: ['a'] } };
      return Promise.resolve({ ...object, status: isKnown ? { authenticated: true, user } : { error: 'canary' } });
    }
    expect(kind.plural).to.equal(SUBJECT_ACCESS_REVIEW.plural);
    const { spec } = object as unknown as SubjectAccessReview;
    this.asked.push(spec);
    const { verb, resource } = spec.resourceAttributes;
    return Promise.resolve({ ...object, status: { allowed: this.allowed.has(`${verb} ${resource}`) } });
  }
}

describe('the API’s server', () => {
  let authority: KeyPair;
  let cluster: ReviewingCluster;
  let server: ApiServer;
  let client: HttpsClient;
  let log: string[];
  let audited: string[];
  let isReady: boolean;
  let views: () => ReturnType<typeof view>[];

  before(async () => {
    authority = await createAuthority(new Date());
  });

  beforeEach(async () => {
    log = [];
    audited = [];
    isReady = true;
    views = () => [
      view('orders', { spec: { selector: { applications: ['orders-*'] }, env: [{ name: 'A', key: 'g/A' }] } }),
    ];
    cluster = new ReviewingCluster();
    cluster.allowed.add('get sparkjobsecretbindings').add('get pods');
    const callers = createCallers(cluster);
    server = new ApiServer({
      port: 0,
      host: '127.0.0.1',
      callers,
      routes: [explainRoute({ callers, client: cluster, views: () => views(), patch: {} })],
      audit: new AuditTrail(createLogger({ level: 'fatal', destination: { write: (line) => audited.push(line) } })),
      rate: { perSecond: 1000, burst: 1000 },
      logger: createLogger({ level: 'trace', destination: { write: (line) => log.push(line) } }),
      isReady: () => isReady,
      scope: new ScopeDouble(),
    });
    await server.start();
    const { cert, key } = await createServing(authority, ['svc.operator.svc'], new Date());
    server.useCertificate(cert, key);
    client = new HttpsClient(server.port, authority.cert);
  });

  afterEach(async () => {
    client.close();
    await server.stop({ drainMs: 0, limitMs: 200 });
  });

  interface Call {
    readonly body?: string;
    readonly token?: string | undefined;
    readonly path?: string;
    readonly method?: string;
    readonly type?: string;
  }

  async function call(what: Call = {}): Promise<HttpAnswer & { json: Record<string, unknown> }> {
    const {
      body = JSON.stringify({ manifest: APPLICATION }),
      path = PATH,
      method = 'POST',
      type = 'application/json',
    } = what;
    const token = 'token' in what ? what.token : `Bearer ${TOKEN}`;
    const headers = {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      ...(token === undefined ? {} : { authorization: token }),
    };
    const answer = await client.post(body, { headers, path, method });
    const said = answer.body + log.join('') + audited.join('');
    expect(said).to.not.contain('canary');
    return { ...answer, json: JSON.parse(answer.body) as Record<string, unknown> };
  }

  it('explains a manifest to somebody who may get the namespace’s bindings', async () => {
    cluster.allowed.delete('get pods');
    const { status, json } = await call();
    expect([status, json['verdict'], json['subject']]).to.deep.equal([
      200,
      'WouldInject',
      { kind: 'SparkApplication', namespace: 'analytics', name: 'orders-etl' },
    ]);
    expect(cluster.asked).to.deep.equal([
      {
        user: 'ada',
        uid: '7',
        groups: ['data'],
        extra: { scopes: ['a'] },
        resourceAttributes: {
          namespace: 'analytics',
          verb: 'get',
          group: 'secrets.iomete.com',
          resource: 'sparkjobsecretbindings',
        },
      },
    ]);
  });

  it('explains a pod to somebody who may get that, too', async () => {
    const body = JSON.stringify({ pod: 'orders-etl-driver' });
    const { status, json } = await call({ body });
    expect([status, json['verdict']]).to.deep.equal([200, 'WouldInject']);
    expect(cluster.asked.at(-1)?.resourceAttributes).to.deep.equal({
      namespace: 'analytics',
      verb: 'get',
      group: '',
      resource: 'pods',
      name: 'orders-etl-driver',
    });
    cluster.allowed.delete('get pods');
    const refused = await call({ body });
    expect([refused.status, refused.json['detail']]).to.deep.equal([
      403,
      'ada may not get pods in namespace analytics.',
    ]);
  });

  const many = JSON.stringify({ manifest: { ...APPLICATION, more: 'canary'.repeat(200_000) } });
  const bad: Readonly<Record<string, [Call, number, RegExp]>> = {
    'no token': [{ token: undefined }, 401, /Bearer TOKEN/],
    'another scheme': [{ token: 'Basic Y2FuYXJ5' }, 401, /Bearer TOKEN/],
    'an unknown token': [{ token: 'Bearer canary-of-eve' }, 401, /does not know this token/],
    'no token and a body of 1.2 MB': [{ token: undefined, body: many }, 401, /Bearer TOKEN/],
    'a namespace that can not be': [{ path: '/api/v1/namespaces/A_B/explain' }, 400, /namespace/],
    'broken JSON': [{ body: '{"canary' }, 400, /no JSON/],
    'an empty body': [{ body: '' }, 400, /form|JSON/],
    'neither pod nor manifest': [{ body: '{"x":"canary"}' }, 400, /one of both/],
    'pod and manifest': [{ body: '{"pod":"canary","manifest":{}}' }, 400, /one of both/],
    'a list': [{ body: '["canary"]' }, 400, /one of both/],
    'a pod’s name that can not be': [{ body: '{"pod":"../canary"}' }, 400, /pod has not the right form/],
    'a pod that is not there': [{ body: '{"pod":"nobody"}' }, 404, /no pod nobody in namespace analytics/],
    'an unknown kind': [{ body: '{"manifest":{"kind":"canary"}}' }, 400, /SparkConnect/],
    'a manifest of another namespace': [
      { body: JSON.stringify({ manifest: { ...APPLICATION, metadata: { name: 'a', namespace: 'canary' } } }) },
      400,
      /another namespace/,
    ],
    'another content type': [{ type: 'text/plain' }, 415, /application\/json/],
    'a body of 1.2 MB': [{ body: many }, 413, /1 MiB/],
    'another path': [{ path: '/canary' }, 404, /nothing/],
    'another method': [{ method: 'PUT' }, 405, /POST alone/],
  };
  for (const [name, [what, status, detail]] of Object.entries(bad)) {
    it(`answers ${status} to ${name}, as a problem`, async () => {
      const answer = await call(what);
      expect(answer.json).to.have.all.keys('type', 'title', 'status', 'detail');
      expect(answer.json).to.include({ type: 'about:blank', status });
      expect(answer.status).to.equal(status);
      expect(answer.json['detail']).to.match(detail);
    });
  }

  it('tells caches, browsers and other sites to keep off, in every answer', async () => {
    const origin = { origin: 'https://elsewhere.test', authorization: `Bearer ${TOKEN}` };
    const paths = { [PATH]: 400, '/api/v1/openapi.json': 200, '/elsewhere': 404, '/%zz': 400 };
    for (const [path, status] of Object.entries(paths)) {
      const answer = await client.post('', { path, method: path === PATH ? 'POST' : 'GET', headers: origin });
      expect([path, answer.status]).to.deep.equal([path, status]);
      expect(answer.headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(answer.headers).not.to.have.any.keys('access-control-allow-origin', 'set-cookie');
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      expect(answer.headers['content-type']).to.match(new RegExp(`^${type.replace('+', '[+]')}`));
    }
    const refused = await client.post('', { path: PATH, method: 'POST', headers: {} });
    expect([refused.status, refused.headers['www-authenticate']]).to.deep.equal([401, 'Bearer']);
    isReady = false;
    const early = await client.post('', { path: PATH, method: 'POST', headers: origin });
    expect([early.status, early.headers['retry-after']]).to.deep.equal([503, '1']);
  });

  it('answers 403 to somebody who may not, whatever they send', async () => {
    cluster.allowed.clear();
    for (const body of ['{"pod":"nobody"}', '{"canary', JSON.stringify({ manifest: APPLICATION })]) {
      const { status, json } = await call({ body });
      expect(status).to.equal(403);
      expect(json['detail']).to.equal(
        'ada may not get sparkjobsecretbindings.secrets.iomete.com in namespace analytics.',
      );
    }
  });

  it('answers 500 when it can not tell, and logs the reason, but no token', async () => {
    cluster.failure = new ApiError('POST TokenReview: 403 Forbidden', { code: 403, reason: 'Forbidden' });
    const { status, json } = await call();
    expect([status, json['detail']]).to.deep.equal([500, 'the operator could not tell: its log says why.']);
    expect(log.join('')).to.contain('403 Forbidden').and.not.contain(TOKEN);
  });

  it('answers 503 until the informers know all, without asking anybody', async () => {
    isReady = false;
    const { status, json } = await call();
    expect([status, json['detail']]).to.deep.equal([503, 'the operator has just started: try again.']);
    expect(cluster.asked).to.deep.equal([]);
  });

  it('sends away a caller who has too many under way, and serves them again when those are done', async () => {
    const gate = Promise.withResolvers<undefined>();
    const create = cluster.create.bind(cluster);
    cluster.create = async (kind, object) => {
      await gate.promise;
      return create(kind, object);
    };
    const statuses: number[] = [];
    const all = Array.from({ length: 70 }, async () => statuses.push((await call()).status));
    await eventually(() => statuses.length === 54);
    expect(new Set(statuses)).to.deep.equal(new Set([429]));
    gate.resolve(undefined);
    await Promise.all(all);
    expect(statuses.filter((status) => status === 200)).to.have.length(16);
    expect((await call()).status).to.equal(200);
  });

  it('serves with a new certificate from the next connection on', async () => {
    const before = (await call()).fingerprint;
    const { cert, key } = await createServing(authority, ['svc.operator.svc'], new Date());
    server.useCertificate(cert, key);
    expect((await call()).fingerprint)
      .to.be.a('string')
      .and.not.equal(before);
  });

  it('logs nothing of a request that went well', async () => {
    expect((await call()).status).to.equal(200);
    expect(log).to.deep.equal([]);
  });

  it('answers while it drains, and asks who keeps a connection to make the next one elsewhere', async () => {
    const kept = { reuse: true, method: 'GET', path: '/api/v1/openapi.json' };
    expect((await client.post('', kept)).connection).to.equal('keep-alive');
    const stopped = server.stop({ drainMs: 150, limitMs: 1_000 });
    const late = await client.post('', kept);
    expect([late.status, late.connection]).to.deep.equal([200, 'close']);
    await stopped;
  });
});
