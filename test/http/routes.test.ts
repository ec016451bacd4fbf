import { expect } from 'chai';
import { OperatorError } from '../../operator/errors.ts';
import { CANARY, eachInOrdersWorld, type ApiWorld } from './api-world.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const KEY = 'orders/DB_PASSWORD';

interface Row {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** What viewer, editor and owner get in the store's namespace. */
  readonly expected: readonly [number, number, number];
}

/** Every operation on a store, and who may. */
const ROWS: Readonly<Record<string, Row>> = {
  'a store': { path: STORE, expected: [200, 200, 200] },
  'a listing': { path: `${STORE}/keys`, expected: [200, 200, 200] },
  'a search': { path: `${STORE}/keys?search=pass`, expected: [200, 200, 200] },
  'a key': { path: `${STORE}/keys/${KEY}`, expected: [200, 200, 200] },
  'a write': {
    method: 'PUT',
    path: `${STORE}/keys/${KEY}`,
    body: { value: `${CANARY}-new` },
    expected: [403, 200, 200],
  },
  'a new key': {
    method: 'PUT',
    path: `${STORE}/keys/orders/NEW`,
    body: { value: CANARY, ifVersion: null },
    expected: [403, 201, 409],
  },
  'a removal': { method: 'DELETE', path: `${STORE}/keys/${KEY}`, expected: [403, 204, 204] },
  'a value': { path: `${STORE}/values/${KEY}`, expected: [403, 403, 200] },
  versions: { path: `${STORE}/versions/${KEY}`, expected: [200, 200, 200] },
  'a rollback': { method: 'POST', path: `${STORE}/rollback/${KEY}`, body: { version: '1' }, expected: [403, 200, 200] },
  usage: { path: `${STORE}/usage/${KEY}`, expected: [200, 200, 200] },
  'the audit': { path: `${STORE}/audit`, expected: [200, 200, 200] },
};

function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

describe('the API’s routes', () => {
  let world: ApiWorld;

  eachInOrdersWorld((made) => {
    world = made;
  });

  async function status(row: Row, as: string, query = ''): Promise<number> {
    const path = query === '' ? row.path : withQuery(row.path, query);
    const answer = await world.call(path, {
      as,
      ...(row.method && { method: row.method }),
      ...(row.body !== undefined && { body: row.body }),
    });
    if (answer.status >= 400) expect(answer.json).to.include.all.keys('type', 'title', 'status', 'detail');
    return answer.status;
  }

  for (const [name, row] of Object.entries(ROWS)) {
    it(`give ${name} to whom the store’s namespace allows it`, async () => {
      for (const [at, role] of ['viewer', 'editor', 'owner'].entries())
        expect([role, await status(row, role)]).to.deep.equal([role, row.expected[at]]);
    });

    it(`give ${name} to nobody else`, async () => {
      expect(await status(row, '')).to.equal(401);
      expect(await status(row, `${CANARY}-token`)).to.equal(401);
      for (const as of ['nobody', 'other-owner', 'analytics-owner']) expect(await status(row, as)).to.equal(403);
      // Rights elsewhere are none here.
      expect(await status(row, 'owner', 'consumer=analytics')).to.equal(403);
      expect(await status(row, 'other-owner', 'consumer=other')).to.equal(404);
    });

    it(`give ${name} to a namespace by what the store grants it`, async () => {
      for (const [at, role] of ['viewer', 'editor', 'owner'].entries()) {
        const found = await status(row, `analytics-${role}`, 'consumer=analytics');
        expect([role, found]).to.deep.equal([role, row.expected[at]]);
      }
      if (!row.path.includes('orders/')) return;
      const another = { ...row, path: row.path.replace(/orders\/\w+/, 'sales/TOKEN') };
      expect(await status(another, 'analytics-owner', 'consumer=analytics')).to.equal(403);
      expect(
        await status(
          { ...row, path: row.path.replace(/orders\/\w+/, 'sales/NOT_THERE') },
          'analytics-owner',
          'consumer=analytics',
        ),
      ).to.equal(403);
    });
  }

  it('list what lies in a group, a page at a time, and what a search finds', async () => {
    await world.put('orders/API_KEY', 'x');
    const first = await world.call(`${STORE}/keys?limit=2`);
    expect(first.json['items']).to.deep.equal([{ key: 'ROOT' }, { group: 'orders' }]);
    const token = first.json['continue'] as string;
    const second = await world.call(`${STORE}/keys?limit=2&continue=${token}`);
    expect(second.json).to.deep.equal({ items: [{ group: 'sales' }] });
    const group = await world.call(`${STORE}/keys?group=orders`);
    expect(group.json['items']).to.deep.equal([{ key: 'orders/API_KEY' }, { key: KEY }]);
    const found = await world.call(`${STORE}/keys?search=o&limit=2`);
    expect(found.json['items']).to.deep.equal([{ key: 'ROOT' }, { key: 'orders/API_KEY' }]);
    const rest = await world.call(`${STORE}/keys?search=o&continue=${found.json['continue'] as string}`);
    expect(rest.json).to.deep.equal({ items: [{ key: KEY }, { key: 'sales/TOKEN' }] });
  });

  it('show a namespace only what it is granted', async () => {
    const { json } = await world.call(`${STORE}/keys?consumer=analytics`, { as: 'analytics-viewer' });
    expect(json).to.deep.equal({ items: [{ group: 'orders' }] });
    const all = await world.call(`${STORE}/keys?consumer=analytics&search=t`, { as: 'analytics-viewer' });
    expect(all.json).to.deep.equal({ items: [] });
  });

  it('write by compare-and-set, and the same again not at all', async () => {
    const put = (body: object): Promise<{ status: number; json: Record<string, unknown> }> =>
      world.call(`${STORE}/keys/orders/NEW`, { method: 'PUT', body });
    const created = await put({ value: 'one', ifVersion: null });
    expect([created.status, created.json['created']]).to.deep.equal([201, true]);
    const { version } = created.json;
    const again = await put({ value: 'one' });
    expect(again.json).to.deep.equal({ key: 'orders/NEW', version, created: false, unchanged: true });
    const taken = await put({ value: 'two', ifVersion: null });
    expect([taken.status, taken.json['code']]).to.deep.equal([409, 'VersionConflict']);
    const changed = await put({ valueBase64: Buffer.from([255, 0]).toString('base64'), ifVersion: version });
    expect(changed.status).to.equal(200);
    expect(changed.json['version']).not.to.equal(version);
    const stale = await put({ value: 'three', ifVersion: version });
    expect(stale.status).to.equal(409);
    const { json } = await world.call(`${STORE}/values/orders/NEW`);
    expect(json).to.deep.equal({ key: 'orders/NEW', version: changed.json['version'], valueBase64: '/wA=' });
    expect(world.written).to.deep.equal(['default', 'default']);
  });

  it('take only create for a new key, and only update for a change', async () => {
    world.allowed.add('nobody create platform/default');
    const put = async (body: object): Promise<number> =>
      (await world.call(`${STORE}/keys/orders/NEW`, { as: 'nobody', method: 'PUT', body })).status;
    expect(await put({ value: 'a' })).to.equal(403);
    expect(await put({ value: 'a', ifVersion: null })).to.equal(201);
    expect(await put({ value: 'b', ifVersion: '4' })).to.equal(403);
    world.allowed.delete('nobody create platform/default');
    world.allowed.add('nobody update platform/default');
    expect(await put({ value: 'b', ifVersion: '4' })).to.equal(200);
    expect(await put({ value: 'c', ifVersion: null })).to.equal(403);
    expect(await put({ value: 'c' })).to.equal(403);
  });

  it('reveal text as text, exactly', async () => {
    const text = '\uFEFFä\u0000"\n';
    await world.call(`${STORE}/keys/orders/NEW`, { method: 'PUT', body: { value: text } });
    expect((await world.call(`${STORE}/values/orders/NEW`)).json['value']).to.equal(text);
  });

  it('remove, also what is not there; not while a running application uses it, unless forced', async () => {
    const remove = (query = '', as = 'owner'): Promise<{ status: number; json: Record<string, unknown> }> =>
      world.call(`${STORE}/keys/${KEY}${query}`, { method: 'DELETE', as });
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.drivers.push(driver('analytics', 'etl-driver', 'Running'));
    const refused = await remove();
    expect([refused.status, refused.json['code']]).to.deep.equal([409, 'InUse']);
    expect(refused.json['detail']).to.contain('analytics/etl (driver etl-driver)');
    expect((await remove('?consumer=analytics', 'analytics-editor')).status).to.equal(409);
    expect((await remove('?force=true&ifVersion=9')).status).to.equal(409);
    expect((await remove('?force=true')).status).to.equal(204);
    expect((await remove()).status).to.equal(204);
    expect((await world.call(`${STORE}/keys/${KEY}`)).status).to.equal(404);
  });

  function driver(namespace: string, name: string, phase: string): ApiWorld['drivers'][number] {
    const metadata = { namespace, name, creationTimestamp: '2026-11-01T10:00:00Z' };
    return { metadata, application: 'etl', status: { phase }, of: `${namespace}/orders` };
  }

  it('take a value of 1 MiB in base64, and give it back', async () => {
    const valueBase64 = Buffer.alloc(1_000_000, 0xff).toString('base64');
    const { status: code } = await world.call(`${STORE}/keys/BIG`, { method: 'PUT', body: { valueBase64 } });
    expect(code).to.equal(201);
    expect((await world.call(`${STORE}/values/BIG`)).json['valueBase64']).to.equal(valueBase64);
  });

  it('tell the versions of a key, and give it an earlier value again', async () => {
    const before = await world.put('orders/NEW', 'one');
    await world.put('orders/NEW', 'two');
    const { json } = await world.call(`${STORE}/versions/orders/NEW`);
    const items = json['items'] as { version: string; createdAt: string; current: boolean }[];
    expect(items.map(({ current }) => current)).to.deep.equal([true, false]);
    expect(items[1]?.version).to.equal(before);
    expect(Date.parse(items[0]!.createdAt)).to.be.closeTo(Date.now(), 60_000);
    const back = (body: object): ReturnType<ApiWorld['call']> =>
      world.call(`${STORE}/rollback/orders/NEW`, { method: 'POST', body });
    const stale = await back({ version: before, ifVersion: before });
    expect([stale.status, stale.json['code']]).to.deep.equal([409, 'VersionConflict']);
    const unknown = await back({ version: '999' });
    expect([unknown.status, unknown.json['code']]).to.deep.equal([404, 'VersionNotKept']);
    expect((await back({ version: before })).status).to.equal(200);
    expect((await world.call(`${STORE}/values/orders/NEW`)).json['value']).to.equal('one');
    expect((await world.call(`${STORE}/versions/NOWHERE`)).status).to.equal(404);
  });

  it('want the right to create for an earlier value of a key that was removed', async () => {
    const before = await world.put('orders/NEW', 'one');
    await world.put('orders/NEW', 'two');
    world.allowed.add('nobody update platform/default');
    const back = async (): Promise<number> => {
      const call = { as: 'nobody', method: 'POST', body: { version: before } };
      return (await world.call(`${STORE}/rollback/orders/NEW`, call)).status;
    };
    expect(await back()).to.equal(200);
    await world.call(`${STORE}/keys/orders/NEW`, { method: 'DELETE' });
    expect(await back()).to.equal(403);
    expect((await world.call(`${STORE}/keys/orders/NEW`)).status).to.equal(404);
    world.allowed.add('nobody create platform/default');
    expect(await back()).to.equal(201);
  });

  it('tell programs whether it is the store that is not there, or the key', async () => {
    const { json } = await world.call(`${STORE.replace('default', 'nowhere')}/keys/${KEY}`);
    expect(json['code']).to.equal('StoreNotFound');
    expect((await world.call(`${STORE}/keys/orders/NOWHERE`)).json['code']).to.equal('KeyNotFound');
  });

  it('answer 501 where the store keeps no versions', async () => {
    Object.defineProperty(world.values, 'history', { value: undefined });
    const versions = await world.call(`${STORE}/versions/${KEY}`);
    const back = await world.call(`${STORE}/rollback/${KEY}`, { method: 'POST', body: { version: '1' } });
    for (const { status: found, json } of [versions, back])
      expect([found, json['code']]).to.deep.equal([501, 'NoHistory']);
  });

  it('tell a store that fails as that, with a time to come back, and nothing of its words', async () => {
    world.values.failure = new OperatorError('StoreUnreachable', undefined, {
      cause: new Error(CANARY),
      retryAfterMs: 2500,
    });
    for (const { method, path, body } of Object.values(ROWS)) {
      if (path === STORE || /usage|audit/.test(path)) continue;
      const answer = await world.call(path, { ...(method && { method }), ...(body !== undefined && { body }) });
      expect([path, answer.status, answer.json['code']]).to.deep.equal([path, 503, 'StoreUnreachable']);
    }
  });

  it('take a slash of a key as it is or encoded', async () => {
    expect((await world.call(`${STORE}/keys/orders%2FDB_PASSWORD`)).json['key']).to.equal(KEY);
  });
});
