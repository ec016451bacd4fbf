import { KubeConfig } from '@kubernetes/client-node';
import { randomBytes } from 'node:crypto';
import { NAMESPACE } from '../../operator/api/kinds.ts';
import { FollowedSecrets } from '../../operator/followed-secrets.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { KubernetesStore } from '../../operator/stores/kubernetes/driver.ts';
import { storeContract } from '../stores/contract.ts';

describe('on a real API server', () => {
  const { signal } = new AbortController();
  const namespace = `store-contract-${randomBytes(4).toString('hex')}`;
  let connection: KubeConnection;
  let client: HttpKubeClient;
  let stores = 0;

  before(async () => {
    const path = process.env['TEST_KUBECONFIG'];
    if (path === undefined) throw new Error('TEST_KUBECONFIG is not set: give it the path of a kubeconfig');
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(path);
    connection = new KubeConnection(kubeConfig);
    client = new HttpKubeClient(connection);
    await client.create(NAMESPACE, { metadata: { name: namespace } }, signal);
  });

  after(async () => {
    if (process.env['TEST_KUBECONFIG'] === undefined) return;
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
