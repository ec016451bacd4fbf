import { expect } from 'chai';
import type { Controllers } from '../operator/compose-controllers.ts';
import { KubeConnection } from '../operator/runtime/kube-connection.ts';
import type { KubeObject } from '../operator/runtime/kube-object.ts';
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
