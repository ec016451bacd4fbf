import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Controllers } from '../operator/compose-controllers.ts';
import { KubeConnection } from '../operator/runtime/kube-connection.ts';
import type { KubeObject } from '../operator/runtime/kube-object.ts';
import { OwnWrites } from '../operator/runtime/own-writes.ts';
import { requestKey } from '../operator/runtime/reconciler.ts';
import { ApiServer } from './doubles/api-server.ts';
import { eventually } from './doubles/eventually.ts';
import { binding, storeConfig } from './support/objects.ts';
import { startOperatorPart, type OperatorPart } from './support/operator-part.ts';

describe('a namespace that can not be read in full', () => {
  let api: ApiServer;
  let connection: KubeConnection;
  let part: OperatorPart | undefined;
  let looked: string[];

  beforeEach(async () => {
    looked = [];
    api = new ApiServer();
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
    api.store.honoursSelectors = true;
    for (const namespace of ['one', 'late']) {
      put('sparkjobsecretbindings', binding({}, { namespace }));
      put('secretstoreconfigs', storeConfig({}, { namespace }));
      api.store.put('/api/v1/pods', { metadata: { name: 'bare', namespace, labels: { 'spark-role': 'driver' } } });
    }
  });
  afterEach(async () => {
    await part?.stop();
    await connection.close();
    await api.stop();
  });

  function put(plural: string, object: KubeObject): void {
    api.store.put(`/apis/secrets.iomete.com/v1alpha1/${plural}`, { ...object, metadata: { ...object.metadata } });
  }

  async function start(name: keyof Controllers): Promise<void> {
    part = await startOperatorPart({
      connection,
      namespace: 'operator',
      watchNamespaces: ['one', 'late'],
      name,
      reconciler: ({ scope }) =>
        scope.guard({ reconcile: (request) => Promise.resolve(void looked.push(requestKey(request))) }),
      onError: (error) => {
        throw error;
      },
    });
  }

  const expected: Partial<Record<keyof Controllers, string>> = {
    bindings: 'orders',
    runs: 'orders',
    stores: 'default',
    missed: 'pods',
  };
  for (const [name, request] of Object.entries(expected) as [keyof Controllers, string][]) {
    it(`is left alone by the controller of ${name}, until all of it is known`, async () => {
      api.faults.push({ path: /namespaces[/]late[/]secrets/, code: 403 });
      await start(name);
      await eventually(() => looked.includes(`one/${request}`));
      expect(part?.watches.bindings.list('late')).to.have.length(1);
      expect(looked.filter((each) => each.startsWith('late/'))).to.deep.equal([]);
      api.faults.length = 0;
      await eventually(() => looked.includes(`late/${request}`));
    });
  }
});

describe('what a change of a binding or its Secret is about', () => {
  const BINDINGS = '/apis/secrets.iomete.com/v1alpha1/sparkjobsecretbindings';
  const SECRETS = '/api/v1/secrets';
  const ORDERS = { namespace: 'analytics', name: 'orders' };
  /** Later than any look that a change would bring. */
  const QUIET_MS = 900;
  let api: ApiServer;
  let connection: KubeConnection;
  let part: OperatorPart | undefined;
  let own: OwnWrites;
  let looked: string[];

  beforeEach(async () => {
    own = new OwnWrites();
    looked = [];
    api = new ApiServer();
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
  });
  afterEach(async () => {
    await part?.stop();
    await connection.close();
    await api.stop();
  });

  async function start(name: keyof Controllers): Promise<void> {
    part = await startOperatorPart({
      connection,
      namespace: 'operator',
      name,
      reconciler: () => ({ reconcile: (request) => Promise.resolve(void looked.push(requestKey(request))) }),
      ownWrites: own,
      onError: (error) => {
        throw error;
      },
    });
  }

  /** As the next version, which is the operator's own write if `isOwn`. */
  function put(collection: string, object: KubeObject, isOwn = false): void {
    const written = api.store.put(collection, { ...object, metadata: { ...object.metadata } });
    if (isOwn) own.note(ORDERS, written);
  }

  const secret = (annotations: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'spark-secrets-orders',
      namespace: 'analytics',
      labels: { 'secrets.iomete.com/binding': 'orders' },
      annotations,
    },
  });

  it('is no news to its controller when it is the own write that comes back', async () => {
    put(BINDINGS, binding());
    await start('bindings');
    await eventually(() => looked.length === 1);
    put(BINDINGS, { ...binding(), status: { secretName: 'spark-secrets-orders' } } as KubeObject, true);
    put(SECRETS, secret({}), true);
    await eventually(() => part?.watches.secrets.get('analytics', 'spark-secrets-orders') !== undefined);
    await sleep(QUIET_MS);
    expect(looked).to.deep.equal(['analytics/orders']);
  });

  it('is news when it was looked at once more before the own write came back', async () => {
    put(BINDINGS, binding());
    await start('bindings');
    await eventually(() => looked.length === 1);
    put(BINDINGS, { ...binding(), status: { secretName: 'spark-secrets-orders' } } as KubeObject, true);
    own.begin(ORDERS);
    await eventually(() => looked.length === 2);
    put(SECRETS, secret({}), true);
    own.begin(ORDERS);
    await eventually(() => looked.length === 3);
  });

  it('is looked at when somebody else made it, and when what was written last is gone', async () => {
    put(BINDINGS, binding());
    put(SECRETS, secret({}), true);
    await start('bindings');
    await eventually(() => looked.length === 1);
    put(BINDINGS, { ...binding(), status: { secretName: 'another' } } as KubeObject);
    await eventually(() => looked.length === 2);
    put(SECRETS, secret({ hand: 'in it' }));
    await eventually(() => looked.length === 3);
    put(BINDINGS, binding({ precedence: 'Pod' }, { generation: 2 }), true);
    await eventually(() => looked.length === 4);
    api.store.delete(SECRETS, 'analytics', 'spark-secrets-orders');
    await eventually(() => looked.length === 5);
  });

  it('concerns the coverage when a namespace gets its first binding, and when it loses its last one', async () => {
    await start('coverage');
    put(BINDINGS, binding());
    await eventually(() => looked.length === 1);
    for (const name of ['a', 'b', 'c']) put(BINDINGS, binding({}, { name, generation: 1 }));
    await eventually(() => part?.watches.bindings.list().length === 4);
    await sleep(QUIET_MS);
    expect(looked).to.have.length(1);
    put(BINDINGS, binding({}, { namespace: 'elsewhere' }));
    await eventually(() => looked.length === 2);
    api.store.delete(BINDINGS, 'elsewhere', 'orders');
    await eventually(() => looked.length === 3);
  });
});
