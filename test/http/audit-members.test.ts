import { expect } from 'chai';
import type { AuditEvent } from '../../operator/http/audit.ts';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { CANARY, ordersWorld, type ApiWorld } from './api-world.ts';
import { RawClient } from './raw-client.ts';

const KEY = 'orders/DB_PASSWORD';
const STORE = '/api/v1/namespaces/platform/stores/default';
/** A good token that, like a value, may never be seen. */
const TOKEN = `${CANARY}.token-of_ada`;
const POD_TOKEN = `${CANARY}.token-of_the-driver`;

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** Requests of the operations that are audited, each once with success. */
const CALLS: Readonly<Record<string, { readonly method: string; readonly path: string; readonly body?: object }>> = {
  writeKey: { method: 'PUT', path: `${STORE}/keys/${KEY}`, body: { value: `${CANARY}-2` } },
  revealValue: { method: 'GET', path: `${STORE}/values/${KEY}` },
  rollBackKey: { method: 'POST', path: `${STORE}/rollback/${KEY}`, body: { version: '1' } },
  readOwnValue: { method: 'GET', path: `/api/v1/self/keys/${KEY}` },
  removeKey: { method: 'DELETE', path: `${STORE}/keys/${KEY}` },
};

describe('the audit, of each operation that is audited,', () => {
  let authority: KeyPair;
  let world: ApiWorld;

  before(async () => {
    authority = await createAuthority(new Date());
    world = await ordersWorld(authority);
    world.users.set(TOKEN, { username: 'ada', uid: '7', groups: ['a', 'b', 'c'] });
    for (const verb of ['get', 'list', 'create', 'update', 'delete']) world.allowed.add(`ada ${verb} platform/*`);
    world.addPod('analytics', 'etl-driver', { labels: { 'spark-role': 'driver', team: 'orders' } });
    const pod = world.users.get('etl-driver');
    if (pod !== undefined) world.users.set(POD_TOKEN, pod);
    world.addBinding('analytics', 'orders', { envFrom: [{ group: 'orders', prefix: '' }] });
  });

  after(() => world.stop());

  beforeEach(() => {
    world.log.length = 0;
  });

  it('is of all that give a value or change something: as the description has them', async () => {
    const { json } = await world.call('/api/v1/openapi.json', { as: '' });
    const paths = json['paths'] as Record<string, Record<string, Operation>>;
    const operations = Object.values(paths).flatMap((methods) => Object.entries(methods));
    const wanted = operations.filter(([method, { operationId, responses }]) => {
      // `explain` is a dry run.
      const changes = method !== 'get' && operationId !== 'explain';
      return changes || JSON.stringify(responses['200'] ?? {}).includes('"valueBase64"');
    });
    expect(Object.keys(CALLS)).to.have.members(wanted.map(([, { operationId }]) => operationId));
    const audited = world.routes.filter((route) => route.audited === true).map(({ operation }) => operation);
    expect(audited).to.have.members(Object.keys(CALLS));
  });

  /** The one line. */
  function line(): AuditEvent & { readonly level?: string; readonly msg?: string } {
    expect(world.log).to.have.length(1);
    const [only] = world.audited;
    if (only === undefined) throw new Error('no line of the audit');
    return only;
  }

  for (const [operation, { method, path, body }] of Object.entries(CALLS)) {
    const isPod = operation === 'readOwnValue';

    it(`is one line with all that is to be known of ${operation}`, async () => {
      const { status } = await world.call(path, { as: isPod ? POD_TOKEN : TOKEN, method, ...(body && { body }) });
      expect(status).to.be.below(300);
      const { time, level, msg, ...rest } = line();
      expect([Date.parse(time) > Date.now() - 60_000, level, msg]).to.deep.equal([true, 'info', 'audit']);
      const pod = 'analytics/etl-driver';
      const caller = isPod
        ? { name: 'system:serviceaccount:analytics:spark', groups: 0, pod }
        : { name: 'ada', groups: 3 };
      const { version, ...without } = rest;
      expect(without).to.deep.equal({
        ...{ audit: true, caller, address: '127.0.0.1', operation, namespace: 'platform', store: 'default', key: KEY },
        ...(isPod ? { consumer: 'analytics', binding: 'orders' } : {}),
        result: 'ok',
      });
      if (operation === 'removeKey') expect(version).to.equal(undefined);
      else expect(version).to.match(/^\d+$/);
    });

    it(`is one line of a try of ${operation} that is denied, by a caller and by nobody`, async () => {
      await world.call(path, { as: 'nobody', method, ...(body && { body }) });
      const where = isPod ? {} : { namespace: 'platform', store: 'default' };
      const common = { audit: true, address: '127.0.0.1', operation, ...where, key: KEY, result: 'denied' };
      expect(line()).to.deep.include({ ...common, caller: { name: 'nobody', groups: 0 } });
      world.log.length = 0;
      await world.call(path, { as: `${CANARY}-unknown`, method, ...(body && { body }) });
      expect(line()).to.deep.include(common).and.not.to.have.property('caller');
    });
  }

  it('keeps tries without a name for those who ask what was done to the store', async () => {
    const { json } = await world.call(`${STORE}/audit?limit=1000`, { as: 'viewer' });
    const items = json['items'] as AuditEvent[];
    const nameless = items.filter(({ caller }) => caller === undefined);
    expect(new Set(nameless.map(({ operation }) => operation))).to.deep.equal(
      new Set(Object.keys(CALLS).filter((operation) => operation !== 'readOwnValue')),
    );
    expect(JSON.stringify(items)).not.to.contain(CANARY);
  });

  it('says of a write whose writer did not wait that they were gone', async () => {
    const write = world.values.write.bind(world.values);
    const begun = Promise.withResolvers<undefined>();
    world.values.write = (_key, _value, { signal }) => {
      begun.resolve(undefined);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    };
    const client = await RawClient.open(world.port, authority.cert);
    const head = [`PUT ${STORE}/keys/${KEY} HTTP/1.1`, 'Host: a', 'Content-Type: application/json'];
    client.write(...head, `Authorization: Bearer ${TOKEN}`, 'Content-Length: 13', '', '{"value":"a"}');
    await begun.promise;
    client.socket.destroy();
    await eventually(() => world.log.length === 1);
    expect(line()).to.deep.include({ operation: 'writeKey', key: KEY, result: 'CallerGone' });
    world.values.write = write;
  });
});
