import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../cli/program.ts';
import type { CommandFailed } from '../../../deploy/local/run.ts';
import { silentIo } from '../../cli/silent-io.ts';
import { tokenConfig } from '../../support/kubeconfig.ts';
import type { Cluster } from '../../support/test-cluster.ts';
import { tokenOf } from '../api-scene.ts';
import { RecordingProxy, type Asked } from './recording-proxy.ts';

/** Somebody who has the rights of a ServiceAccount, and no others. */
export class Person {
  readonly #cluster: Cluster;
  readonly #proxy: RecordingProxy;
  readonly #recorded: string;
  readonly #direct: string;

  private constructor(cluster: Cluster, proxy: RecordingProxy, path: string) {
    this.#cluster = cluster;
    this.#proxy = proxy;
    this.#recorded = `${path}.recorded`;
    this.#direct = path;
  }

  static async of(cluster: Cluster, folder: string, namespace: string, name: string): Promise<Person> {
    const token = await tokenOf(cluster, namespace, name);
    const person = new Person(cluster, await RecordingProxy.start(cluster, token), join(folder, name));
    await writeFile(person.#direct, tokenConfig(cluster, token), { mode: 0o600 });
    await writeFile(person.#recorded, person.#proxy.kubeconfig);
    return person;
  }

  /** What kubectl and helm asked for this person so far. */
  get asked(): readonly Asked[] {
    return this.#proxy.asked;
  }

  kubectl(args: readonly string[], objects: readonly object[] = []): Promise<string> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    return this.#cluster.kubectl([...args, `--kubeconfig=${this.#recorded}`], { input, timeoutMs: 60_000 });
  }

  helm(args: readonly string[]): Promise<string> {
    return this.#cluster.helm([...args, `--kubeconfig=${this.#recorded}`], { timeoutMs: 100_000 });
  }

  /** The command spark-secrets: what it wrote, or the error. */
  async command(...args: readonly string[]): Promise<string> {
    const io = silentIo();
    await run([...args, '--kubeconfig', this.#direct], io);
    return io.err() + io.out();
  }

  /** Why kubectl is refused. @throws Error when it is not */
  async refusal(args: readonly string[], objects: readonly object[] = []): Promise<string> {
    const given = await this.kubectl(args, objects).catch((error: unknown) => (error as CommandFailed).stderr);
    if (!given.includes('orbidden')) throw new Error(`kubectl ${args.join(' ')} is not refused: ${given}`);
    return given;
  }

  stop(): Promise<void> {
    return this.#proxy.stop();
  }
}
