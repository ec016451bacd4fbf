import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ensurePackages } from '../../deploy/local/packages.ts';
import { run } from '../../deploy/local/run.ts';
import { freePort } from '../support/free-port.ts';

const ADMIN = { user: 'admin', password: 'admin-of-tests', database: 'postgres' };
const START_MS = 30_000;

/** As tests like it: quick, and safe from all but a power cut of the machine. */
const OPTIONS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'password_encryption=scram-sha-256',
  'fsync=off',
  'full_page_writes=off',
  'autovacuum=off',
  'shared_buffers=32MB',
  'max_connections=60',
];

/**
 * A real PostgreSQL server (Debian's) with a folder and a port of its own on 127.0.0.1. Its default collation is the one
 * of a language, not of bytes, as in most installations. It dies with this process.
 */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #bin: string;
  #process: ChildProcess | undefined;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.port = port;
    process.once('exit', this.#removeFolder);
  }

  static async start(): Promise<PostgresServer> {
    const bin = await postgresPrograms();
    const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
    const server = new PostgresServer(bin, folder, await freePort());
    try {
      await server.#init();
      await server.restart();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** A connection URL. */
  url({ user, password, database } = ADMIN): string {
    return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a user and a database that is theirs. */
  async createDatabase(name: string, password: string): Promise<string> {
    await this.query(`CREATE ROLE "${name}" LOGIN PASSWORD '${password}'`);
    await this.query(`CREATE DATABASE "${name}" OWNER "${name}"`);
    return this.url({ user: name, password, database: name });
  }

  /** Rows of one statement, as the administrator or with another URL. */
  async query<Row>(text: string, values: readonly unknown[] = [], url = this.url()): Promise<Row[]> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** All of a database as pg_dump writes it. */
  async dump(database: string): Promise<string> {
    return this.client('pg_dump', database, []);
  }

  /** Runs a program of PostgreSQL, such as pg_restore, on a database of this server, as its administrator. */
  async client(program: string, database: string, args: readonly string[]): Promise<string> {
    const env = { ...process.env, PGPASSWORD: ADMIN.password };
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', ADMIN.user, '-d', database];
    return run(join(this.#bin, program), [...where, ...args], { env, timeoutMs: 30_000 });
  }

  /** Cuts the connections of a user, of those the ones whose last statement is like that; returns how many. */
  async cutConnections(user: string, statement = '%'): Promise<number> {
    const rows = await this.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND query LIKE $2',
      [user, statement],
    );
    return rows.length;
  }

  /** From now on it also speaks TLS, with a certificate for that address; returns it, as its own CA. */
  async enableTls(address: string): Promise<string> {
    const [key, certificate] = [join(this.#data, 'server.key'), join(this.#data, 'server.crt')];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...[
        '-subj',
        '/CN=postgres-of-tests',
        '-addext',
        `subjectAltName=IP:${address}`,
        '-keyout',
        key,
        '-out',
        certificate,
      ],
    ]);
    const owner = await owningIds();
    if (owner) await chown(key, owner.uid, owner.gid);
    await chmod(key, 0o600);
    await this.query('ALTER SYSTEM SET ssl = on');
    await this.restart();
    return readFile(certificate, 'utf8');
  }

  /** Starts it, after it was stopped first if it runs. */
  async restart(): Promise<void> {
    await this.stop();
    const deadline = performance.now() + START_MS;
    for (;;) {
      // After a crash it refuses to start while a process of before is not yet gone.
      if (this.#ended) this.#spawn();
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
      await sleep(50);
    }
  }

  /** Stops it as an administrator would (`fast`): connections are cut. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** As a machine that loses power: no goodbye. */
  async kill(): Promise<void> {
    // The first process comes first, or it would begin anew without the others.
    const others = this.#backends();
    const ended = this.#end('SIGKILL');
    for (const pid of others) signal(pid, 'SIGKILL');
    await ended;
  }

  /** It hangs: connections stay, nothing answers. */
  pause(): void {
    for (const pid of this.#processes()) signal(pid, 'SIGSTOP');
  }

  resume(): void {
    for (const pid of this.#processes()) signal(pid, 'SIGCONT');
  }

  /** Ends it, and leaves nothing behind. */
  async remove(): Promise<void> {
    if (!this.#ended) this.resume();
    await this.kill();
    process.off('exit', this.#removeFolder);
    this.#removeFolder();
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #pid(): number {
    return this.#process?.pid ?? 0;
  }

  readonly #removeFolder = (): void => {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  };

  async #init(): Promise<void> {
    const passwordFile = join(this.#folder, 'password');
    await writeFile(passwordFile, ADMIN.password);
    const owner = await owningIds();
    if (owner) for (const path of [this.#folder, passwordFile]) await chown(path, owner.uid, owner.gid);
    await chmod(this.#folder, 0o700);
    const [program = '', ...args] = asUser([
      ...[join(this.#bin, 'initdb'), '-D', this.#data, '-U', ADMIN.user, `--pwfile=${passwordFile}`],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
      ...['--locale-provider=icu', '--icu-locale=en-US'],
    ]);
    await run(program, args, { timeoutMs: START_MS, cwd: '/' });
  }

  #spawn(): void {
    const settings = [...OPTIONS, `port=${this.port}`].flatMap((option) => ['-c', option]);
    const [program = '', ...args] = asUser([join(this.#bin, 'postgres'), '-D', this.#data, ...settings]);
    this.#process = spawn(program, args, { stdio: 'ignore' });
  }

  get #ended(): boolean {
    const { exitCode = 0, signalCode = null } = this.#process ?? {};
    return exitCode !== null || signalCode !== null;
  }

  async #end(how: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (running === undefined || this.#ended) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(how);
    if ((await Promise.race([ended, sleep(10_000, 'late', { ref: false })])) === 'late') running.kill('SIGKILL');
    await ended;
  }

  #processes(): number[] {
    return this.#ended ? [] : [this.#pid, ...this.#backends()];
  }

  /** Its processes are children of the first one. */
  #backends(): number[] {
    const stats = globSync('/proc/[0-9]*/stat').flatMap((path) => {
      try {
        const stat = readFileSync(path, 'utf8');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === this.#pid ? [Number(path.split('/')[2])] : [];
      } catch {
        return [];
      }
    });
    return this.#ended ? [] : stats;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** PostgreSQL refuses to run as root: then as the user that its package made. It ends when this process does. */
function asUser(command: readonly string[]): string[] {
  const user = process.getuid?.() === 0 ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return ['setpriv', '--pdeathsig', 'INT', ...user, ...command];
}

async function owningIds(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => run('id', [which, 'postgres'])));
  return { uid: Number(uid), gid: Number(gid) };
}

/** Folder of the newest PostgreSQL's programs; the package is installed where there is none. */
export async function postgresPrograms(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const find = async (): Promise<string | undefined> => {
    const versions = existsSync(root) ? await readdir(root) : [];
    const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'));
    return folders.find((folder) => ['postgres', 'initdb', 'pg_dump'].every((name) => existsSync(join(folder, name))));
  };
  const there = await find();
  if (there !== undefined) return there;
  await ensurePackages(['postgresql-15']);
  const installed = await find();
  if (installed === undefined) throw new Error('install PostgreSQL 15 or later: apt-get install postgresql-15');
  return installed;
}
