import { KubeConfig } from '@kubernetes/client-node';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeApi } from '../../cli/cluster/kube-api.ts';
import { LABELS } from '../../operator/api/group.ts';
import { CONFIG_MAP } from '../../operator/api/kinds.ts';
import { compose } from '../../operator/compose.ts';
import { readConfig, type Config } from '../../operator/config.ts';
import type { Program } from '../../operator/program.ts';
import type { KubeClient } from '../../operator/runtime/kube-client.ts';
import { trustedBundles, WEBHOOK_CONFIGURATION } from '../../operator/webhook/webhook-configuration.ts';
import { eventually } from '../../tools/spark/kube.ts';
import { freePort } from '../support/free-port.ts';
import type { Cluster } from '../support/test-cluster.ts';
import { HttpsClient } from '../webhook/https-client.ts';
import { reviewOf } from '../webhook/reviews.ts';
import { sparkPod } from './api-scene.ts';

export type Ports = Readonly<Record<'webhook' | 'api' | 'health', number>>;

/** A port that takes connections for several replicas in turn, as a Service does. */
export class Balancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  targets: readonly number[] = [];
  #turn = 0;

  private constructor(server: Server) {
    this.#server = server.on('connection', (socket) => {
      this.#join(socket);
    });
  }

  static async start(): Promise<Balancer> {
    const server = createServer({ allowHalfOpen: true }).listen(0);
    await once(server, 'listening');
    return new Balancer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(socket: Socket): void {
    const target = this.targets[this.#turn++ % this.targets.length];
    if (target === undefined) {
      socket.destroy();
      return;
    }
    const other = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(two);
      one.on('error', () => two.destroy()).on('close', () => this.#sockets.delete(one));
    }
  }
}

/** A replica of the operator in this process. */
export class Replica {
  readonly name: string;
  readonly ports: Ports;
  readonly #program: Program;
  isOver = '';

  private constructor(config: Config, kubeconfig: string) {
    this.name = config.identity;
    this.ports = { webhook: config.webhookPort, api: config.apiPort, health: config.healthPort };
    const own = new KubeConfig();
    own.loadFromString(kubeconfig);
    this.#program = compose(config, own, (reason) => (this.isOver = reason));
  }

  /** Resolves when it is ready, as the Service learns of it then. */
  static async start(
    kubeconfig: string,
    environment: Readonly<Record<string, string>>,
    more: Partial<Config> = {},
  ): Promise<Replica> {
    const [webhookPort, apiPort, healthPort] = [await freePort(), await freePort(), await freePort()];
    const config = { ...readConfig(environment), webhookPort, apiPort, healthPort, ...more };
    const replica = new Replica(config, kubeconfig);
    await replica.#program.start();
    await eventually('a replica is ready', 20_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
      return answer.ok ? true : undefined;
    });
    return replica;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}

export interface LoadOptions {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  /** Of the operator's objects, and its namespace. */
  readonly name: string;
  readonly operatorNamespace: string;
  readonly namespace: string;
  readonly host: string;
  readonly webhook: Balancer;
  readonly api: Balancer;
  readonly token: string;
}

/** Whom to trust lags by this: a client's copy of the ConfigMap, or an API server that is slow to learn. */
const COPY_MS = 400;

/**
 * Calls without pause by all ways: drivers that the API server asks the webhook about, the webhook and the API over new
 * connections, the API over kept ones. Who calls trusts what was to be trusted a moment before.
 */
export class Load {
  readonly failures: string[] = [];
  readonly counts = { pods: 0, webhook: 0, api: 0, kept: 0 };
  /** Fingerprints of the certificates that were met, in their order. */
  readonly met = new Set<string>();
  /** What the last driver was told of whom to trust. */
  told = '';
  /** How often the client that keeps its connection had to make one. */
  keptConnections = 0;
  readonly #options: LoadOptions;
  readonly #over = new AbortController();
  readonly #done: Promise<unknown>;
  #kept: HttpsClient | undefined;
  #trusted: { readonly apiServer: string; readonly clients: string } | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    this.#trusted = await this.#look();
    const kube = new KubeApi(this.#options.cluster);
    await Promise.all([
      this.#again('copy', COPY_MS, () => this.#copy()),
      ...[0, 0].map(() => this.#again('pods', 0, () => this.#createPod(kube))),
      this.#again('webhook', 30, () => this.#review()),
      this.#again('api', 150, () => this.#list()),
      this.#again('kept', 150, () => this.#listByKept()),
    ]);
    this.#kept?.close();
  }

  async #again(what: string, pauseMs: number, work: () => Promise<void>): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        await work();
        if (what in this.counts) this.counts[what as keyof typeof this.counts]++;
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        this.failures.push(`${new Date().toISOString()} ${what}: ${message} ${code ?? ''}`);
      }
      await sleep(pauseMs);
    }
  }

  async #look(): Promise<{ readonly apiServer: string; readonly clients: string }> {
    const { client, name, operatorNamespace } = this.#options;
    const { signal } = new AbortController();
    const configuration = await client.get(WEBHOOK_CONFIGURATION, undefined, name, signal);
    const configMap = await client.get(CONFIG_MAP, operatorNamespace, `${name}-ca`, signal);
    const [apiServer = ''] = trustedBundles(configuration);
    return { apiServer, clients: configMap?.data?.['ca.crt'] ?? '' };
  }

  async #copy(): Promise<void> {
    const next = await this.#look();
    await sleep(COPY_MS);
    this.#trusted = next;
  }

  async #createPod(kube: KubeApi): Promise<void> {
    interface Created {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly [{ env?: readonly { name: string; value?: string }[] }] };
    }
    const { namespace } = this.#options;
    const pod = sparkPod(namespace, 'driver', { 'spark-role': 'driver', 'spark-app-name': 'orders' });
    const { metadata, spec } = await kube.post<Created>(
      'a driver',
      `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      pod,
    );
    if (metadata.labels[LABELS.injected] !== 'true') throw new Error('admitted without secrets');
    this.told = spec.containers[0].env?.find((each) => each.name === 'SPARK_SECRETS_API_CA')?.value ?? '';
  }

  async #review(): Promise<void> {
    const client = this.#clientOf(this.#options.webhook.port, this.#trusted?.apiServer);
    const { status, fingerprint } = await client.post(JSON.stringify(reviewOf()));
    client.close();
    if (status !== 200) throw new Error(`status ${status}`);
    this.met.add(fingerprint ?? '');
  }

  async #list(): Promise<void> {
    await this.#get(this.#clientOf(this.#options.api.port, this.#trusted?.clients), false);
  }

  async #listByKept(): Promise<void> {
    if (this.#kept?.isKept !== true) {
      this.#kept?.close();
      this.#kept = this.#clientOf(this.#options.api.port, this.#trusted?.clients);
      this.keptConnections++;
    }
    await this.#get(this.#kept, true);
  }

  async #get(client: HttpsClient, reuse: boolean): Promise<void> {
    const { namespace, token } = this.#options;
    const path = `/api/v1/namespaces/${namespace}/stores/default/keys`;
    const headers = { authorization: `Bearer ${token}`, 'content-length': 0 };
    const { status, body } = await client.post('', { reuse, path, method: 'GET', headers });
    if (status !== 200) throw new Error(`status ${status} ${body}`);
  }

  #clientOf(port: number, ca = ''): HttpsClient {
    return new HttpsClient(port, ca, { host: this.#options.host, servername: '' });
  }
}
