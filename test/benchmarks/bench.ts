import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, openCluster } from '../../deploy/local/cluster.ts';
import { say } from '../../deploy/local/progress.ts';
import { HttpKubeClient, type KubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { Arguments } from './arguments.ts';
import { install, uninstall } from '../support/operator/installation.ts';
import { connect, createLaunch } from '../support/operator/launch.ts';
import { type Launch, OperatorProcess } from '../support/operator/operator-process.ts';
import { limitMemory, type MemoryLimit } from './memory-limit.ts';

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
