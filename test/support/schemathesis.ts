import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from '../../deploy/local/cache.ts';
import { ensurePackages } from '../../deploy/local/packages.ts';
import { withProgress } from '../../deploy/local/progress.ts';
import { CommandFailed, lastLines, run } from '../../deploy/local/run.ts';

/** Pinned with their sums. */
const REQUIREMENTS = join(import.meta.dirname, 'schemathesis.txt');
const INSTALL_MS = 600_000;
const RUN_MS = 120_000;

/**
 * Installs schemathesis (a fuzzer that reads OpenAPI, of the Python package index) into the cache, outside of any Python that
 * is there; once, in some ten seconds. Returns the folder.
 */
export async function schemathesis(): Promise<string> {
  await ensurePackages(['python3', 'python3-pip']);
  const [requirements, python] = await Promise.all([readFile(REQUIREMENTS), run('python3', ['--version'])]);
  const key = shortHash(requirements, python);
  return cached('schemathesis', key, (folder) =>
    withProgress('Installing schemathesis', async () => {
      const exactly = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--requirement', REQUIREMENTS];
      const where = ['--target', folder, '--no-compile', '--disable-pip-version-check', '--quiet'];
      await run('pip3', ['install', ...where, ...exactly], { timeoutMs: INSTALL_MS });
    }),
  );
}

/** What a run of schemathesis is to do. */
export interface FuzzRun {
  /** Of the OpenAPI document. */
  readonly url: string;
  /** File with the certificate of who signed the server's. */
  readonly ca: string;
  readonly token: string;
  /** A folder for what it writes. */
  readonly folder: string;
  /** schemathesis.toml */
  readonly config: string;
  /** The same number: the same requests. */
  readonly seed: number;
  readonly options: readonly string[];
}

/** Lines of a failed run that are shown, and how much of each: the requests in them may be long. */
const LINES = 120;
const COLUMNS = 300;

/** Runs it with all of its checks. Resolves to what it says when all of them hold; throws with what it says otherwise. */
export async function fuzz({ url, ca, token, folder, config, seed, options }: FuzzRun): Promise<string> {
  const installed = await schemathesis();
  const args = [
    ...['--config-file', config, 'run', url, '--tls-verify', ca, '--header', `Authorization: Bearer ${token}`],
    ...['--seed', String(seed), '--continue-on-failure', '--suppress-health-check', 'all', '--no-color', ...options],
  ];
  const env = { ...process.env, PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: '1' };
  const program = join(installed, 'bin', 'schemathesis');
  try {
    return await run('python3', [program, ...args], { cwd: folder, env, timeoutMs: RUN_MS });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const lines = lastLines(error.stderr, LINES).split('\n');
    throw new Error(`${error.message.split('\n')[0] ?? ''}\n${lines.map((line) => line.slice(0, COLUMNS)).join('\n')}`);
  }
}
