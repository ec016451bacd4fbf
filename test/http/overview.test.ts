import { expect } from 'chai';
import { eachInOrdersWorld, type ApiWorld } from './api-world.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const KEY = 'orders/DB_PASSWORD';

describe('the API’s overviews', () => {
  let world: ApiWorld;

  eachInOrdersWorld((made) => {
    world = made;
  });

  function driver(namespace: string, name: string, phase: string): ApiWorld['drivers'][number] {
    const metadata = { namespace, name, creationTimestamp: '2026-11-01T10:00:00Z' };
    return { metadata, application: 'etl', status: { phase }, of: `${namespace}/orders` };
  }

  it('tell who uses a key; a namespace only of itself', async () => {
    world.addBinding('analytics', 'orders', {
      env: [{ name: 'A', key: KEY }],
      envFrom: [{ group: 'orders', prefix: 'O_' }],
      references: [{ key: KEY }],
      files: [{ path: 'password.txt', key: KEY }],
    });
    world.addBinding('other', 'orders', { sparkConf: [{ name: 'spark.x', template: `a\${${KEY}}` }] });
    world.addBinding('other', 'sales', { env: [{ name: 'A', key: 'sales/TOKEN' }] });
    world.drivers.push(driver('analytics', 'etl-driver', 'Running'), driver('analytics', 'old-driver', 'Succeeded'));
    const { json } = await world.call(`${STORE}/usage/${KEY}`);
    const analytics = {
      namespace: 'analytics',
      name: 'orders',
      as: [
        { what: 'variable', name: 'A' },
        { what: 'variables', name: 'O_*' },
        { what: 'reference', name: `\${secrets.${KEY}}` },
        { what: 'file', name: 'password.txt' },
      ],
      ready: false,
    };
    const applications = [
      {
        ...{ namespace: 'analytics', name: 'etl', driver: 'etl-driver', phase: 'Running' },
        ...{ since: '2026-11-01T10:00:00Z', bindings: ['orders'] },
      },
    ];
    const other = { namespace: 'other', name: 'orders', as: [{ what: 'property', name: 'spark.x' }], ready: false };
    expect(json).to.deep.equal({ bindings: [analytics, other], applications });
    const own = await world.call(`${STORE}/usage/${KEY}?consumer=analytics`, { as: 'analytics-viewer' });
    expect(own.json).to.deep.equal({ bindings: [analytics], applications });
  });

  it('tell of a store what it grants, and what the caller may do with its keys', async () => {
    world.addStore('platform', 'shared', [
      { namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] },
      { namespaces: { selector: { matchLabels: { team: 'sales' } } }, keys: ['sales/**'] },
    ]);
    const path = '/api/v1/namespaces/platform/stores/shared';
    const own = await world.call(path, { as: 'editor' });
    expect(own.json).to.deep.include({
      ...{ namespace: 'platform', name: 'shared', type: 'kubernetes' },
      may: ['list', 'create', 'update', 'delete'],
      grants: [
        { namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] },
        { namespaces: { selector: { matchLabels: { team: 'sales' } } }, keys: ['sales/**'] },
      ],
    });
    expect(own.json['ready']).to.include({ status: 'Unknown', reason: 'Pending' });
    const theirs = await world.call(`${path}?consumer=analytics`, { as: 'analytics-viewer' });
    expect(theirs.json).to.deep.include({ may: ['list'], grants: [{ keys: ['orders/*'] }] });
    world.labels.set('analytics', { team: 'sales' });
    const labelled = await world.call(`${path}?consumer=analytics`, { as: 'analytics-owner' });
    expect(labelled.json).to.deep.include({
      may: ['list', 'get', 'create', 'update', 'delete'],
      grants: [{ keys: ['orders/*'] }, { keys: ['sales/**'] }],
    });
  });

  it('tell a caller who they are', async () => {
    world.addPod('analytics', 'etl-driver', {});
    expect((await world.call('/api/v1/whoami', { as: 'nobody' })).json).to.deep.equal({ name: 'nobody' });
    expect((await world.call('/api/v1/whoami', { as: 'etl-driver' })).json).to.deep.equal({
      name: 'system:serviceaccount:analytics:spark',
      pod: 'analytics/etl-driver',
    });
    expect((await world.call('/api/v1/whoami', { as: '' })).status).to.equal(401);
  });

  it('list the bindings of a namespace', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    const path = '/api/v1/namespaces/analytics/bindings';
    expect((await world.call(path, { as: 'owner' })).status).to.equal(403);
    const { json } = await world.call(path, { as: 'analytics-viewer' });
    expect(json['items']).to.deep.equal([
      {
        name: 'orders',
        store: { namespace: 'platform', name: 'default' },
        scope: 'Shared',
        selector: { matchLabels: { team: 'orders' } },
        keys: [KEY],
        groups: [],
        ready: { status: 'Unknown', reason: 'Pending', message: 'The operator has not looked at it yet.' },
        applications: 0,
      },
    ]);
  });

  it('list the stores whose keys a caller may list', async () => {
    world.addStore('analytics', 'own');
    world.addStore('other', 'one');
    world.addStore('other', 'two');
    world.allowed.add('nobody list other/two');
    const stores = async (as: string, query = ''): Promise<string[]> => {
      const { json } = await world.call(`/api/v1/stores${query}`, { as });
      return (json['items'] as { namespace: string; name: string }[]).map(
        ({ namespace, name }) => `${namespace}/${name}`,
      );
    };
    expect(await stores('viewer')).to.deep.equal(['platform/default']);
    expect(await stores('other-viewer')).to.deep.equal(['other/one', 'other/two']);
    expect(await stores('nobody')).to.deep.equal(['other/two']);
    expect(await stores('analytics-viewer', '?consumer=analytics')).to.deep.equal([
      'analytics/own',
      'platform/default',
    ]);
    expect(await stores('viewer', '?consumer=analytics')).to.deep.equal([]);
    world.allowed.add('nobody list /*');
    expect(await stores('nobody')).to.have.length(4);
    const { json } = await world.call('/api/v1/stores', { as: 'viewer' });
    const ready = { status: 'Unknown', reason: 'Pending', message: 'The operator has not looked at it yet.' };
    expect(json['items']).to.deep.equal([{ namespace: 'platform', name: 'default', type: 'kubernetes', ready }]);
  });
});
