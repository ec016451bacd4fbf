import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { HttpKubeClient, type KubeClient } from '../../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import { apply, install, uninstall } from './installation.ts';
import { connect, createLaunch } from './launch.ts';
import { type Launch, OperatorProcess } from './operator-process.ts';

interface Parts {
  readonly cluster: Cluster;
  readonly name: string;
  readonly folder: string;
  readonly connection: KubeConnection;
  readonly launch: Launch;
  readonly withheld: readonly object[];
}

/**
 * An operator on this machine, beside a test cluster, with the rights that it has in production: it reaches servers on
 * 127.0.0.1, and can be killed. It does not run until `start`.
 */
export class OperatorBeside {
  readonly #parts: Parts;
  #process: OperatorProcess | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Installs everything but pods under a name of its own; `namespaces`: the only ones that it watches besides its own. */
  static async open(cluster: Cluster, namespaces: readonly string[] = []): Promise<OperatorBeside> {
    const name = `beside-${randomBytes(3).toString('hex')}`;
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const installation = await install(cluster, name, namespaces);
    const { withheld } = installation;
    const webhookHost = cluster.hostAddress ?? '127.0.0.1';
    const parts = { cluster, folder, output: folder, webhookHost, installation, profile: false };
    const launch = { ...(await createLaunch(parts)), procs: undefined };
    return new OperatorBeside({ cluster, name, folder, connection: connect(cluster), launch, withheld });
  }

  /** The operator's own namespace: stores in it may log in with its identity. */
  get namespace(): string {
    return this.#parts.name;
  }

  /** As a person who may do everything. */
  get client(): KubeClient {
    return new HttpKubeClient(this.#parts.connection);
  }

  /** Of the operator itself, with its rights and no others. */
  get kubeconfig(): string {
    return this.#parts.launch.env['KUBECONFIG'] ?? '';
  }

  /** Applies what the chart has for namespaces that were not there at first. */
  async installRest(): Promise<void> {
    await apply(this.#parts.cluster, this.#parts.withheld);
  }

  /** Port of its API, on 127.0.0.1; its certificate is that of the webhook. */
  get apiPort(): number {
    return this.#parts.launch.apiPort;
  }

  /** Where its log is. */
  get logFile(): string {
    return join(this.#parts.folder, 'operator.log');
  }

  /** Resolves when it leads: after a kill that is when the lease has run out. */
  async start(): Promise<void> {
    this.#process = await OperatorProcess.start(this.#parts.launch);
  }

  async metrics(): Promise<string> {
    return (await this.#process?.metrics()) ?? '';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Removes all that `open` made. */
  async close(): Promise<void> {
    await this.stop();
    await this.#parts.connection.close();
    await uninstall(this.#parts.cluster, this.#parts.name);
    await rm(this.#parts.folder, { recursive: true });
  }
}
