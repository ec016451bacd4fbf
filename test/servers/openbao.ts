import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeCertificates, writeConfig, type OpenBaoSetup } from './openbao-config.ts';
import { openBaoProgram } from './openbao-program.ts';
import { sendRequest, type ServerAnswer } from './openbao-request.ts';
import { freePort } from '../support/free-port.ts';

/** A line of the audit log, as far as tests look at it. */
export interface Audited {
  readonly type: string;
  readonly request: { readonly operation: string; readonly path: string };
}

const START_MS = 20_000;

/** A real OpenBao on a free port of 127.0.0.1 (or another address of this machine), with its state in a temporary folder. */
export class OpenBao {
  readonly url: string;
  readonly folder: string;
  /** The CA that signed its certificate (PEM). */
  readonly ca: string | undefined;
  readonly #args: readonly string[];
  readonly #program: string;
  readonly #ending: () => void;
  #process: ChildProcess;
  #output = '';
  rootToken = 'root';
  #unsealKey = '';

  private constructor(parts: { url: string; folder: string; ca: string | undefined; program: string; args: string[] }) {
    this.url = parts.url;
    this.folder = parts.folder;
    this.ca = parts.ca;
    this.#program = parts.program;
    this.#args = parts.args;
    this.#process = this.#spawn();
    this.#ending = () => {
      this.#process.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    };
    process.once('exit', this.#ending);
  }

  /** Starts a server; one of production is initialized and unsealed too. */
  static async start({ mode = 'dev', tls = false, host = '127.0.0.1' }: Partial<OpenBaoSetup> = {}): Promise<OpenBao> {
    const program = await openBaoProgram();
    const folder = await mkdtemp(join(tmpdir(), 'openbao-'));
    // Its cluster takes the next one too, which is free as a rule.
    const port = await freePort();
    const ca = tls ? await readFile(await writeCertificates(folder), 'utf8') : undefined;
    const args = await writeConfig(folder, port, { mode, tls, host });
    const url = `${tls ? 'https' : 'http'}://${host}:${port}`;
    const server = new OpenBao({ url, folder, ca, program, args });
    try {
      await server.#listening();
      if (mode !== 'dev') await server.#initialize();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Sends a request of the root's, or with another token. Any status is an answer. */
  async request(method: string, path: string, json?: unknown, token = this.rootToken): Promise<ServerAnswer> {
    return sendRequest({ url: `${this.url}/v1/${path}`, method, json, token, ca: this.ca });
  }

  /** As `request`, and throws unless it succeeds. */
  async must(method: string, path: string, json?: unknown, token = this.rootToken): Promise<ServerAnswer['body']> {
    const { status, body } = await this.request(method, path, json, token);
    if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The requests that the server wrote down, without those of its own start. */
  async audited(): Promise<readonly Audited[]> {
    const log = await readFile(join(this.folder, 'audit.log'), 'utf8');
    const lines = log.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Audited).filter(({ type }) => type === 'request');
  }

  /** The whole audit log, as it stands in its file. */
  async auditLog(): Promise<string> {
    return readFile(join(this.folder, 'audit.log'), 'utf8');
  }

  /** Key and certificate of a server with TLS, and who signed it: for a proxy in its place. */
  async tls(): Promise<{ readonly key: string; readonly cert: string; readonly ca: string }> {
    const [key, cert] = await Promise.all(
      ['tls.key', 'tls.crt'].map((name) => readFile(join(this.folder, name), 'utf8')),
    );
    return { key: key ?? '', cert: cert ?? '', ca: this.ca ?? '' };
  }

  async seal(): Promise<void> {
    await this.must('PUT', 'sys/seal');
  }

  async unseal(): Promise<void> {
    await this.must('PUT', 'sys/unseal', { key: this.#unsealKey });
    await this.#serving();
  }

  /** It hangs: connections stay, nothing is answered. A thread on another processor may run on for a moment: waits for that. */
  pause(): void {
    this.#process.kill('SIGSTOP');
    const threads = `/proc/${String(this.#process.pid)}/task`;
    const isStopped = (thread: string): boolean =>
      readFileSync(`${threads}/${thread}/status`, 'utf8').includes('\nState:\tT');
    for (const end = performance.now() + 1000; !readdirSync(threads).every(isStopped);)
      if (performance.now() > end) throw new Error('the server does not stop');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  /** Ends as by a crash. What is in its folder stays. */
  async kill(): Promise<void> {
    const ended =
      this.#process.exitCode === null && this.#process.signalCode === null ? once(this.#process, 'exit') : undefined;
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Starts again after `kill`: sealed, unless it is of dev mode, which has forgotten everything. */
  async startAgain(): Promise<void> {
    this.#process = this.#spawn();
    await this.#listening();
  }

  /** Ends it and removes everything. */
  async stop(): Promise<void> {
    process.off('exit', this.#ending);
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    // The kernel ends it if the tests are killed.
    const args = ['--pdeathsig', 'KILL', this.#program, 'server', ...this.#args];
    const child = spawn('setpriv', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { HOME: this.folder, PATH: process.env['PATH'] },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output = (this.#output + text).slice(-4000)));
    return child;
  }

  async #listening(): Promise<void> {
    await this.#until(async () => (await this.request('GET', 'sys/health')).status > 0);
  }

  /** A moment after it says that it is active its engines still fail. */
  async #serving(): Promise<void> {
    await this.#until(async () => (await this.request('GET', 'secret/data/tests/probe')).status === 200);
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + START_MS;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > end || this.#process.exitCode !== null)
        throw new Error(`OpenBao did not come up: ${this.#output}`);
      await sleep(25);
    }
  }

  async #initialize(): Promise<void> {
    const body = await this.must('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
    this.rootToken = body['root_token'] as string;
    this.#unsealKey = (body['keys'] as string[])[0] ?? '';
    await this.must('PUT', 'sys/unseal', { key: this.#unsealKey });
    await this.#until(async () => (await this.request('GET', 'sys/health')).status === 200);
    await this.must('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
    const probe = { data: { value: 'it serves' } };
    await this.#until(async () => (await this.request('POST', 'secret/data/tests/probe', probe)).status === 200);
  }
}
