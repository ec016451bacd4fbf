import { expect } from 'chai';
import { eachInOrdersWorld, type Answered, type ApiWorld } from './api-world.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const POD = 'orders-driver';

describe('the API of an operator that does not watch every namespace', () => {
  let world: ApiWorld;

  eachInOrdersWorld((made) => {
    world = made;
    world.addPod('analytics', POD, { labels: { 'spark-role': 'driver', team: 'orders' } });
  });

  const told = ({ status, json }: Answered): unknown[] => [status, json['code']];

  /** Each with somebody who may ask it. */
  const requests: Record<string, () => Promise<Answered>> = {
    'the keys of its stores': () => world.call(`${STORE}/keys`),
    'a value': () => world.call(`${STORE}/values/orders/DB_PASSWORD`),
    'a key, to write it': () => world.call(`${STORE}/keys/orders/NEW`, { method: 'PUT', body: { value: 'x' } }),
    'its bindings': () => world.call('/api/v1/namespaces/platform/bindings'),
    'what becomes of a manifest': () =>
      world.call('/api/v1/namespaces/platform/explain', { method: 'POST', body: { manifest: {} } }),
  };
  for (const [what, request] of Object.entries(requests)) {
    it(`says of ${what} that the namespace is not watched, not that there is none`, async () => {
      world.scope.exceptions.set('platform', 'unwatched');
      const answered = await request();
      expect(told(answered)).to.deep.equal([404, 'NamespaceNotWatched']);
      expect(answered.json['detail']).to.match(/^namespace platform is not among those that the operator watches[.]/);
    });

    it(`can not tell of ${what} while the namespace can not be read`, async () => {
      world.scope.exceptions.set('platform', 'unknown');
      expect(told(await request())).to.deep.equal([503, 'NamespaceUnreadable']);
    });
  }

  it('says the same to a consumer of its own namespace', async () => {
    world.scope.exceptions.set('analytics', 'unwatched');
    for (const path of [`${STORE}/keys?consumer=analytics`, '/api/v1/stores?consumer=analytics'])
      expect(told(await world.call(path, { as: 'analytics-viewer' })), path).to.deep.equal([
        404,
        'NamespaceNotWatched',
      ]);
  });

  it('tells nothing of it to who may do nothing there', async () => {
    world.scope.exceptions.set('platform', 'unwatched');
    const answered = await world.call(`${STORE}/keys`, { as: 'nobody' });
    expect(answered.status).to.equal(403);
    expect(answered.text).not.to.contain('watch');
  });

  it('tells a pod that its namespace, or that of the store, is not watched', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: 'orders/DB_PASSWORD' }] });
    const ask = () => world.call('/api/v1/self/keys/orders/DB_PASSWORD', { as: POD });
    expect((await ask()).status).to.equal(200);
    world.scope.exceptions.set('analytics', 'unwatched');
    expect(told(await ask())).to.deep.equal([404, 'NamespaceNotWatched']);
    world.scope.exceptions.clear();
    world.scope.exceptions.set('platform', 'unwatched');
    world.stores.length = 0;
    expect(told(await ask())).to.deep.equal([404, 'NamespaceNotWatched']);
  });

  it('answers for the other namespaces as ever', async () => {
    world.scope.exceptions.set('elsewhere', 'unwatched').set('late', 'unknown');
    expect((await world.call(`${STORE}/keys`)).status).to.equal(200);
    expect((await world.call('/api/v1/stores')).status).to.equal(200);
  });
});
