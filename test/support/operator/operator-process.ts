import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../../deploy/local/progress.ts';
import { lastLines, run } from '../../../deploy/local/run.ts';
import { sumOf } from '../prometheus.ts';

/** What every start of the operator has in common. */
export interface Launch {
  /** The bundle. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly healthPort: number;
  readonly webhookPort: number;
  readonly apiPort: number;
  /** Of a cgroup to start in: see `limitMemory`. */
  readonly procs: string | undefined;
  /** For the log, and the CPU profiles if `profile`. */
  readonly folder: string;
  readonly profile: boolean;
}

const STOP_MS = 10_000;

/** The operator as a process of this machine. */
export class OperatorProcess {
  /** Those that run. */
  static readonly #running = new Set<OperatorProcess>();
  readonly #launch: Launch;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(launch: Launch, child: ChildProcess) {
    this.#launch = launch;
    this.#child = child;
    OperatorProcess.#running.add(this);
    this.#exited = once(child, 'exit').finally(() => OperatorProcess.#running.delete(this));
  }

  /** Fills Node's compile cache, as the image's build does. */
  static async prepare({ file, env }: Launch): Promise<void> {
    await run(process.execPath, [file, '--selftest'], { env: { ...env }, timeoutMs: 60_000 });
  }

  /** Ends every operator that was started here. */
  static async stopAll(): Promise<void> {
    await Promise.all([...OperatorProcess.#running].map((operator) => operator.stop()));
  }

  /** Resolves when it is ready and leads. Throws an Error with the end of its log. */
  static async start(launch: Launch): Promise<OperatorProcess> {
    const { file, env, folder, procs, profile } = launch;
    const log = openSync(join(folder, 'operator.log'), 'a');
    const node = [process.execPath, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []), file];
    const script = procs === undefined ? 'exec "$@"' : 'echo $$ > "$0"; exec "$@"';
    const child = spawn('sh', ['-c', script, procs ?? 'sh', ...node], { env: { ...env }, stdio: ['ignore', log, log] });
    closeSync(log);
    const operator = new OperatorProcess(launch, child);
    try {
      await waitUntil('the operator is ready and leads', 60_000, () => operator.#leads());
    } catch (error) {
      await operator.stop();
      throw new Error(`${(error as Error).message}\n${await operator.#logEnd()}`, { cause: error });
    }
    return operator;
  }

  /** `VmRSS`: what it holds in memory, shared pages of the node binary included; MiB. */
  async rss(): Promise<number> {
    const status = await readFile(`/proc/${String(this.#child.pid)}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Its page of metrics. */
  async metrics(): Promise<string> {
    const url = `http://127.0.0.1:${this.#launch.healthPort}/metrics`;
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return response.text();
  }

  /** As kubelet does it: SIGTERM, and SIGKILL if that does not help. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const late = new AbortController();
    const timer = sleep(STOP_MS, undefined, { signal: late.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#exited;
    late.abort();
    await timer;
  }

  /** As a node that dies does it: SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #leads(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`the operator ended with ${this.#child.exitCode}`);
    try {
      const url = `http://127.0.0.1:${this.#launch.healthPort}/readyz`;
      const { ok } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return ok && sumOf(await this.metrics(), 'spark_secrets_leader') === 1;
    } catch {
      return false;
    }
  }

  async #logEnd(): Promise<string> {
    return lastLines(await readFile(join(this.#launch.folder, 'operator.log'), 'utf8'), 20);
  }
}
