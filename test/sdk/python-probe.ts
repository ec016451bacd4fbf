import { expect } from 'chai';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CANARY } from '../http/api-world.ts';
import type { Pod } from './pod.ts';

export const PYTHON_SDK = join(import.meta.dirname, '..', '..', 'sdk', 'python');

/** One of: what was returned, what was raised, what a watch saw. */
export interface Told {
  readonly value?: unknown;
  readonly error?: string;
  readonly code?: string | null;
  readonly message?: string;
  readonly holds?: string;
  readonly changed?: string;
}

// Those of nobody: the operator is inside of the cluster, so no proxy is to be used.
const PROXIES = {
  HTTPS_PROXY: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
  ALL_PROXY: 'http://127.0.0.1:9',
};

/** A Python process, which calls the SDK as it is told: first `enter`, then whatever Secrets has. */
export class PythonProbe {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((told: Told) => void)[] = [];
  /** What watches saw since it entered its pod. */
  readonly changes: string[] = [];
  /** What it logged since it entered its pod. */
  log = '';

  constructor() {
    const args = ['-W', 'error', join(import.meta.dirname, 'probe.py')];
    const { PATH } = process.env;
    const env = { PATH, PYTHONPATH: PYTHON_SDK, PYTHONDONTWRITEBYTECODE: '1', ...PROXIES };
    this.#child = spawn('python3', args, { env });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      if (told.changed === undefined) this.#waiting.shift()?.(told);
      else this.changes.push(told.changed);
    });
    this.#child.on('close', () => {
      for (const tell of this.#waiting.splice(0)) tell({ error: 'ended', message: this.log });
    });
  }

  /** From now on it is in this pod, as the pod is now. `options`: of Secrets. */
  async enter({ environ }: Pod, options: Readonly<Record<string, number>> = {}): Promise<void> {
    expect(await this.call('enter', { environ, options })).to.deep.equal({ value: null });
    this.log = '';
    this.changes.length = 0;
  }

  /** No error and no log may have a value. */
  async call(what: string, options: Readonly<Record<string, unknown>> = {}): Promise<Told> {
    const { promise, resolve } = Promise.withResolvers<Told>();
    this.#waiting.push(resolve);
    this.#child.stdin.write(`${JSON.stringify({ do: what, ...options })}\n`);
    const told = await promise;
    expect(this.log).not.to.contain(CANARY);
    expect(`${told.message ?? ''} ${told.holds ?? ''}`).not.to.contain(CANARY);
    return told;
  }

  get(key: string, options: Readonly<Record<string, unknown>> = {}): Promise<Told> {
    return this.call('get', { key, ...options });
  }

  async end(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}
