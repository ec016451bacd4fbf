import { type ChildProcess, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { clientPrograms } from './binaries.ts';
import { down, findRunning, type RunningCluster, up } from './local-cluster.ts';
import { enter } from './namespaces.ts';
import { importImage } from './import-image.ts';
import { nodeEnvironment } from './node.ts';
import { onPath } from './packages.ts';
import { run, type RunOptions } from './run.ts';

/** A cluster that scripts and tests work with: a local one, or an existing one of the user's. */
export interface Cluster {
  readonly name: string;
  /** The context of the user's kubeconfig; undefined for a local cluster. */
  readonly context: string | undefined;
  /** The path (with a context: what KUBECONFIG says) of the kubeconfig. */
  readonly kubeconfig: string;
  /** Where pods and the API server reach programs of this machine; undefined with a context. */
  readonly hostAddress: string | undefined;
  /** Runs kubectl on this cluster and gives its output. @throws CommandFailed */
  kubectl(args: readonly string[], options?: Pick<RunOptions, 'input' | 'timeoutMs'>): Promise<string>;
  /** Runs helm on this cluster and gives its output. @throws CommandFailed */
  helm(args: readonly string[], options?: Pick<RunOptions, 'input' | 'timeoutMs'>): Promise<string>;
  /** Starts kubectl without waiting for its end: port-forward, logs --follow. Its output is piped. */
  startKubectl(args: readonly string[]): ChildProcess;
  /** Puts the images of an archive where the cluster's node finds them. @throws Error where that is not possible. */
  loadImage(tar: string): Promise<void>;
  /** Runs a program in a local cluster's namespaces and gives its output. @throws Error with a context */
  exec(command: readonly string[], options?: Pick<RunOptions, 'input' | 'timeoutMs'>): Promise<string>;
  /** Removes a local cluster; leaves an existing one alone. */
  down(): Promise<void>;
}

/** Which cluster is meant. */
export interface ClusterOptions {
  /** The local cluster's name; it is brought up when it is not. */
  readonly name: string;
  /** A context of the user's kubeconfig: that cluster is used, and nothing local is touched. */
  readonly context?: string;
  /** Archives of images to import. */
  readonly images?: readonly string[];
}

/**
 * Gives a cluster that is up.
 * @throws Error that says which part of a local cluster did not come up, or that the existing one does not answer.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { name, context, images = [] } = options;
  if (context === undefined) return localCluster(await up(name, images));
  const cluster = existingCluster(context, await clientPrograms());
  await cluster.kubectl(['get', '--raw=/readyz'], { timeoutMs: 30_000 });
  for (const tar of images) await cluster.loadImage(tar);
  return cluster;
}

/** The local cluster of a name when it is up: nothing is started. */
export async function findLocalCluster(name: string): Promise<Cluster | undefined> {
  const running = await findRunning(name);
  return running === undefined ? undefined : localCluster(running);
}

/** The arguments of nsenter and the environment that run a command inside of a local cluster, in the present folder if it is there. */
export function insideCommand(cluster: RunningCluster, command: readonly string[]): [string[], NodeJS.ProcessEnv] {
  const { layout, pid, programs } = cluster;
  const env = {
    ...nodeEnvironment(layout, programs),
    TERM: process.env['TERM'] ?? 'dumb',
    KUBECONFIG: layout.kubeconfig,
    CONTAINERD_ADDRESS: layout.socket,
    CONTAINERD_NAMESPACE: 'k8s.io',
  };
  const script = 'cd "$0" 2>/dev/null; exec "$@"';
  // nsenter only waits for the command, which must not outlive it when a time limit ends it.
  const bound = ['setpriv', '--pdeathsig', 'KILL'];
  return [[...enter(pid), ...bound, 'sh', '-c', script, process.cwd(), ...command], env];
}

function localCluster(running: RunningCluster): Cluster {
  const { layout, pid, programs } = running;
  const env = { ...nodeEnvironment(layout, programs), HOME: homedir(), KUBECONFIG: layout.kubeconfig };
  return {
    name: layout.name,
    context: undefined,
    kubeconfig: layout.kubeconfig,
    hostAddress: layout.subnet.hostAddress,
    kubectl: (args, options) => run('kubectl', args, { ...options, env }),
    helm: (args, options) => run('helm', args, { ...options, env }),
    startKubectl: (args) => spawn('kubectl', args, { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    loadImage: (tar) => importImage(layout, pid, tar),
    exec: (command, options) => {
      const [args, inside] = insideCommand(running, command);
      return run('nsenter', args, { ...options, env: inside });
    },
    down: () => down(layout.name),
  };
}

/** The user's own environment stays: a kubeconfig may name a program that logs in. */
function existingCluster(context: string, programs: string): Cluster {
  const env = { ...process.env, PATH: [process.env['PATH'] ?? '', programs].join(delimiter) };
  const kubectl = [`--context=${context}`];
  return {
    name: context,
    context,
    kubeconfig: process.env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config'),
    hostAddress: undefined,
    kubectl: (args, options) => run('kubectl', [...kubectl, ...args], { ...options, env }),
    helm: (args, options) => run('helm', [`--kube-context=${context}`, ...args], { ...options, env }),
    startKubectl: (args) => spawn('kubectl', [...kubectl, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    loadImage: (tar) => loadIntoExisting(context, tar),
    exec: () => Promise.reject(new Error(`exec is for local clusters, and ${context} is a context of your kubeconfig`)),
    down: () => Promise.resolve(),
  };
}

/** The names are those that kind and minikube give their contexts. */
async function loadIntoExisting(context: string, tar: string): Promise<void> {
  if (context.startsWith('kind-') && onPath('kind')) {
    await run('kind', ['load', 'image-archive', tar, '--name', context.slice('kind-'.length)]);
  } else if (context === 'minikube' && onPath('minikube')) {
    await run('minikube', ['image', 'load', tar]);
  } else {
    throw new Error(
      `cannot load ${tar} into ${context}: push the image to a registry that its nodes reach, and pass its name`,
    );
  }
}
