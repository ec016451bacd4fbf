import { FollowedSecrets } from '../../../operator/followed-secrets.ts';
import { HttpKubeClient } from '../../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import { KubernetesStore } from '../../../operator/stores/kubernetes/driver.ts';
import { ApiServer } from '../../doubles/api-server.ts';

export const SECRETS = '/api/v1/secrets';
export const STORE_LABEL = 'secrets.iomete.com/store';

/** An API server with the Secrets of a store `keep` in the namespace `iomete-system`. */
export class SecretsWorld {
  api = new ApiServer();
  readonly #connections: KubeConnection[] = [];

  async start(): Promise<void> {
    this.api = new ApiServer();
    this.api.store.honoursSelectors = true;
    await this.api.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map((connection) => connection.close()));
    await this.api.stop();
  }

  open(): KubernetesStore {
    const connection = new KubeConnection(this.api.kubeConfig());
    this.#connections.push(connection);
    const client = new HttpKubeClient(connection, 500);
    const namespace = 'iomete-system';
    return new KubernetesStore(new FollowedSecrets({ connection, client, namespace, secretName: 'keep' }), 'keep');
  }

  /** A Secret as somebody else makes it. */
  put(name: string, data: Record<string, string>, labels?: Record<string, string>, type = 'Opaque'): void {
    const encoded = Object.entries(data).map(([at, value]) => [at, Buffer.from(value).toString('base64')]);
    const metadata = { name, namespace: 'iomete-system', ...(labels === undefined ? {} : { labels }) };
    this.api.store.put(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type,
      data: Object.fromEntries(encoded),
    });
  }
}
