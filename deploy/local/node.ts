import { mkdir, readdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { delimiter, dirname, join } from 'node:path';
import { ApiReader } from './api-reader.ts';
import { commands, type Component } from './components.ts';
import { configFiles, dnsObjects, kernelSettings, kubeconfig, type Snapshotter } from './config-files.ts';
import type { Layout } from './layout.ts';
import { enter } from './namespaces.ts';
import { writePki } from './pki.ts';
import { importImage } from './import-image.ts';
import { waitUntil, withProgress } from './progress.ts';
import { lastLines, run, succeeds } from './run.ts';

/** What a node is started with. */
export interface NodeOptions {
  /** Folders of programs. */
  readonly programs: readonly string[];
  readonly pause: { readonly name: string; readonly tar: string };
  /** Archives of further images. */
  readonly images: readonly string[];
  /** Ends the waiting, when the user has had enough. */
  readonly signal: AbortSignal;
}

const overlayMagic = 0x794c7630;

/** Starts the parts of a cluster inside of its namespaces, in order, and waits for each; every wait has an end. */
export class ClusterNode {
  readonly #layout: Layout;
  readonly #pid: number;
  readonly #options: NodeOptions;
  readonly #api: ApiReader;

  /** @param pid the first process of the namespaces. */
  constructor(layout: Layout, pid: number, options: NodeOptions) {
    this.#layout = layout;
    this.#pid = pid;
    this.#options = options;
    this.#api = new ApiReader(layout);
  }

  /** @throws Error that ends with the last lines of the log of the part that did not come up. */
  async start(): Promise<void> {
    await this.#writeFiles();
    await this.#setUp();
    await withProgress('Starting the cluster', async () => {
      for (const component of ['etcd', 'kube-apiserver', 'containerd'] as const) await this.#launch(component);
      await Promise.all([this.#startControlPlane(), this.#startContainerd()]);
      await this.#startNode();
    });
  }

  async #startControlPlane(): Promise<void> {
    await this.#wait('kube-apiserver', 'the API server is ready', 120_000, () => this.#answers('/readyz'));
    for (const component of ['kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'coredns'] as const) {
      await this.#launch(component);
    }
    await run('kubectl', [`--kubeconfig=${this.#layout.kubeconfig}`, 'apply', '--validate=false', '-f', '-'], {
      env: this.#env(),
      input: dnsObjects(this.#layout),
    });
  }

  async #startContainerd(): Promise<void> {
    await this.#wait('containerd', 'containerd answers', 60_000, () =>
      this.#inside('ctr', '--address', this.#layout.socket, 'version'),
    );
    for (const tar of [this.#options.pause.tar, ...this.#options.images]) {
      await importImage(this.#layout, this.#pid, tar);
    }
  }

  async #startNode(): Promise<void> {
    await this.#launch('kubelet');
    await this.#wait('kubelet', 'the node is ready', 120_000, async () =>
      isReady(await this.#api.read('/api/v1/nodes/node')),
    );
    await this.#wait('coredns', 'the DNS server answers', 60_000, () => this.#resolves());
    // From inside, by the Service's address: only the proxy's rules lead there.
    await this.#wait('kube-proxy', 'Services lead to their endpoints', 60_000, () =>
      this.#inside('timeout', '2', 'bash', '-c', 'exec 3<>/dev/tcp/10.96.0.1/443'),
    );
    await this.#wait('kube-controller-manager', 'the default service account exists', 60_000, () =>
      this.#answers('/api/v1/namespaces/default/serviceaccounts/default'),
    );
  }

  async #answers(path: string): Promise<boolean> {
    return (await this.#api.read(path)) !== undefined;
  }

  async #resolves(): Promise<boolean> {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([this.#layout.subnet.nodeAddress]);
    const found = await resolver.resolve4('kubernetes.default.svc.cluster.local').catch(() => []);
    return found.length > 0;
  }

  async #writeFiles(): Promise<void> {
    const { state, subnet } = this.#layout;
    await writePki(join(state, 'pki'), subnet.nodeAddress);
    const snapshotter: Snapshotter = (await statfs(state)).type === overlayMagic ? 'native' : 'overlayfs';
    for (const [path, text] of configFiles(this.#layout, this.#options.pause.name, snapshotter)) {
      await mkdir(dirname(join(state, path)), { recursive: true });
      await writeFile(join(state, path), text);
    }
    for (const user of ['admin', 'controllers', 'scheduler', 'node', 'proxy']) {
      await writeFile(join(state, `${user}.kubeconfig`), await kubeconfig(this.#layout, user), { mode: 0o600 });
    }
    await mkdir(join(state, 'exited'));
  }

  async #setUp(): Promise<void> {
    const { state, subnet } = this.#layout;
    const args = [...enter(this.#pid), 'sh', join(import.meta.dirname, 'node-setup.sh')];
    const settings = [...kernelSettings.keys()];
    await run('nsenter', [...args, state, subnet.nodeAddress, subnet.hostAddress, ...settings], { env: this.#env() });
  }

  /** The part runs on after this process; when it ends, a file tells its exit code. */
  async #launch(component: Component): Promise<void> {
    const { state } = this.#layout;
    const script = '(trap "" HUP; "$@" >>"$0.log" 2>&1 </dev/null; echo $? >"$E") >/dev/null 2>&1 &';
    const env = { ...this.#env(), E: join(state, 'exited', component) };
    const args = [...enter(this.#pid), 'setsid', 'sh', '-c', script, join(state, 'log', component)];
    await run('nsenter', [...args, ...commands(this.#layout)[component]], { env });
  }

  async #wait(component: Component, what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
    const { state } = this.#layout;
    try {
      await waitUntil(what, timeoutMs, async () => {
        this.#options.signal.throwIfAborted();
        const code = await readFile(join(state, 'exited', component), 'utf8').catch(() => undefined);
        if (code !== undefined) throw new Error(`${component} ended with code ${code.trim()}`);
        return isSo();
      });
    } catch (cause) {
      const log = await readFile(join(state, 'log', `${component}.log`), 'utf8').catch(() => '');
      throw new Error(`${(cause as Error).message}; the end of ${component}'s log:\n${lastLines(log, 30)}`, { cause });
    }
  }

  async #inside(...command: readonly string[]): Promise<boolean> {
    const args = [...enter(this.#pid), ...command];
    return succeeds('nsenter', args, { env: this.#env(), timeoutMs: 10_000 });
  }

  #env(): NodeJS.ProcessEnv {
    return nodeEnvironment(this.#layout, this.#options.programs);
  }
}

/**
 * A plain environment: a proxy or a KUBECONFIG of the user's is not for the cluster. GOGC: on two cores it is time that is
 * short, not memory; collecting less often saved a tenth of the time of a thousand bindings. KUBERC and KUBECACHEDIR: kubectl
 * would take settings from the user's home, and leave there what it knows of a cluster that another may get the address of.
 */
export function nodeEnvironment({ state }: Layout, programs: readonly string[]): NodeJS.ProcessEnv {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const kubectl = { KUBERC: 'off', KUBECACHEDIR: join(state, 'kube-cache') };
  return { PATH: [...programs, ...system].join(delimiter), HOME: '/root', LANG: 'C.UTF-8', GOGC: '400', ...kubectl };
}

/** The parts of a cluster that are no longer running, with their exit codes. */
export async function endedComponents(state: string): Promise<string[]> {
  const names = await readdir(join(state, 'exited')).catch(() => []);
  return Promise.all(
    names.map(async (name) => `${name} (${(await readFile(join(state, 'exited', name), 'utf8')).trim()})`),
  );
}

function isReady(node: string | undefined): boolean {
  if (node === undefined) return false;
  const { status } = JSON.parse(node) as { status?: { conditions?: { type: string; status: string }[] } };
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}
