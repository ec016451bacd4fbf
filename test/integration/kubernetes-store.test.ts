import { randomBytes } from 'node:crypto';
import { NAMESPACE } from '../../operator/api/kinds.ts';
import { FollowedSecrets } from '../../operator/followed-secrets.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { KubernetesStore } from '../../operator/stores/kubernetes/driver.ts';
import { storeContract } from '../stores/contract.ts';
import { connect } from '../support/operator/launch.ts';
import { testCluster } from '../support/test-cluster.ts';

describe('on a real API server', () => {
  const { signal } = new AbortController();
  const namespace = `store-contract-${randomBytes(4).toString('hex')}`;
  let connection: KubeConnection;
  let client: HttpKubeClient;
  let stores = 0;

  before(async () => {
    connection = connect(await testCluster());
    client = new HttpKubeClient(connection);
    await client.create(NAMESPACE, { metadata: { name: namespace } }, signal);
  });

  after(async () => {
    await client.delete(NAMESPACE, undefined, namespace, { signal });
    await connection.close();
  });

  storeContract('the store in Kubernetes Secrets', {
    // Each test has Secrets of its own name, so that none has to be removed in between.
    open: () => {
      const secretName = `store-${++stores}`;
      return Promise.resolve(
        new KubernetesStore(new FollowedSecrets({ connection, client, namespace, secretName }), secretName),
      );
    },
    fail: { skipped: 'a real API server fails for nobody alone; the double does it' },
    pushes: true,
    manyKeys: 50,
  });
});
