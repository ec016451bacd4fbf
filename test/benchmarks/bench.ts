import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { bundle } from '../../deploy/image/bundle.ts';
import { type Cluster, openCluster } from '../../deploy/local/cluster.ts';
import { say } from '../../deploy/local/progress.ts';
import { HttpKubeClient, type KubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { Arguments } from './arguments.ts';
import { install, type Installation, uninstall } from './installation.ts';
import { limitMemory, type MemoryLimit } from './memory-limit.ts';
import { type Launch, OperatorProcess } from './operator-process.ts';

/** What every scenario works with. */
export interface Bench {
  /** Unique: begins the name of everything that is made. */
  readonly name: string;
  readonly cluster: Cluster;
  readonly connection: KubeConnection;
  readonly client: KubeClient;
  readonly launch: Launch;
  /** Name of the host in the webhook's certificate. */
  readonly webhookHost: string;
  readonly webhookConfiguration: string;
}

/** Opens a cluster, installs the operator's rights, builds its bundle, runs `work`, and removes all of it again. */
export async function withBench(options: Arguments, work: (bench: Bench) => Promise<void>): Promise<void> {
  const name = `bench-${randomBytes(3).toString('hex')}`;
  const lent = options.context ?? process.env['TEST_CLUSTER'];
  const context = options.context === undefined ? {} : { context: options.context };
  const cluster = await openCluster({ name: lent ?? name, ...context });
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const connection = connect(cluster);
  let limit: MemoryLimit | undefined;
  try {
    say('Installing the operator, and bundling it as its image does…');
    const installation = await install(cluster, name);
    limit = await limitMemory(`spark-secrets-${name}`, installation.memoryLimit);
    const webhookHost = cluster.hostAddress ?? '127.0.0.1';
    const output = options.keep ?? folder;
    await mkdir(output, { recursive: true });
    const parts = { cluster, folder, output, webhookHost, installation, profile: options.keep !== undefined };
    const launch = { ...(await createLaunch(parts)), procs: limit.procs };
    await OperatorProcess.prepare(launch);
    const webhookConfiguration = installation.env['WEBHOOK_CONFIGURATION'] ?? '';
    const client = new HttpKubeClient(connection);
    await uninterrupted(work({ name, cluster, connection, client, launch, webhookHost, webhookConfiguration }));
  } finally {
    await OperatorProcess.stopAll();
    await connection.close();
    await limit?.remove();
    if (lent === undefined) await cluster.down();
    else await uninstall(cluster, name);
    await rm(folder, { recursive: true });
  }
}

/** A Ctrl-C ends the wait for `work` with an Error, so that what was made is removed. */
async function uninterrupted(work: Promise<void>): Promise<void> {
  const interrupted = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      interrupted.reject(new Error(`interrupted by ${signal}`));
    });
  // Once interrupted, what `work` still runs into is of no interest.
  work.catch(() => undefined);
  await Promise.race([work, interrupted.promise]);
}

/** Starts the operator, runs `work`, and stops it whatever came of that. */
export async function withOperator<T>(bench: Bench, work: (operator: OperatorProcess) => Promise<T>): Promise<T> {
  const operator = await OperatorProcess.start(bench.launch);
  try {
    return await work(operator);
  } finally {
    await operator.stop();
  }
}

interface LaunchParts {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly output: string;
  readonly webhookHost: string;
  readonly installation: Installation;
  readonly profile: boolean;
}

/**
 * The environment is the chart's and the image's; only ports and addresses are those of this machine. For a profile the
 * sources run as they are: in the bundle's nobody could tell one function from another.
 */
async function createLaunch(parts: LaunchParts): Promise<Omit<Launch, 'procs'>> {
  const { cluster, folder, installation, webhookHost } = parts;
  const main = join(import.meta.dirname, '..', '..', 'operator', 'main.ts');
  const file = parts.profile ? main : join(folder, 'operator.mjs');
  if (!parts.profile) await bundle(main, file);
  const kubeconfig = join(folder, 'operator.kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(cluster, installation.token), { mode: 0o600 });
  const [webhookPort, healthPort] = [await freePort(), await freePort()];
  const env = {
    ...installation.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: '--max-old-space-size-percentage=50 --max-semi-space-size=8 --disable-warning=DEP0040',
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    KUBECONFIG: kubeconfig,
    POD_NAMESPACE: installation.namespace,
    POD_NAME: installation.namespace,
    WEBHOOK_PORT: String(webhookPort),
    WEBHOOK_URL: `https://${webhookHost}:${webhookPort}`,
    HEALTH_PORT: String(healthPort),
  };
  return { file, env, webhookPort, healthPort, folder: parts.output, profile: parts.profile };
}

/** The cluster's kubeconfig with the operator's own token instead of a person's credentials. */
function kubeconfigOf(cluster: Cluster, token: string): string {
  const config = load(cluster);
  const server = config.getCurrentCluster();
  if (server === null) throw new Error('the kubeconfig has no current cluster');
  const own = new KubeConfig();
  own.loadFromClusterAndUser(server, { name: 'operator', token });
  return own.exportConfig();
}

function connect(cluster: Cluster): KubeConnection {
  return new KubeConnection(load(cluster));
}

function load({ kubeconfig, context }: Cluster): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
