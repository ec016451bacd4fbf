import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { waitUntil } from './progress.ts';

/** The processes that hold a cluster's namespaces, as the host numbers them. */
export interface Holders {
  /** unshare, on the host's side; it may be gone. */
  readonly outer: readonly number[];
  /** The first process inside: everything inside dies with it. */
  readonly inner: readonly number[];
}

/**
 * Finds a cluster's processes by the mark in their command line. There is no file of process ids that could be missing,
 * or name a stranger's process after a crash.
 */
export async function findHolders(state: string): Promise<Holders> {
  const outer: number[] = [];
  const inner: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!words.includes(mark(state))) continue;
    (words[0] === 'unshare' ? outer : inner).push(Number(entry));
  }
  return { outer, inner };
}

/**
 * Starts the namespaces (network, mount, process, host name, IPC) with a first process that only waits.
 * @param init the program that is to be that process.
 * @returns its process id on the host.
 */
export async function createNamespaces(init: string, state: string, log: string): Promise<number> {
  const output = openSync(log, 'a');
  const kinds = ['--net', '--mount', '--pid', '--uts', '--ipc'];
  const options = ['--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const child = spawn('unshare', [...kinds, ...options, init, mark(state)], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: '/',
  });
  closeSync(output);
  child.unref();
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code) => (failure = `unshare ended with ${code ?? 'a signal'}`));
  let pid: number | undefined;
  await waitUntil('the namespaces exist', 10_000, async () => {
    if (failure !== undefined) throw new Error(`cannot make namespaces: ${failure}; see ${log}`);
    pid = (await findHolders(state)).inner[0];
    return pid !== undefined;
  });
  return pid ?? 0;
}

/** Ends everything in a cluster's namespaces, and waits until the kernel has collected the last process. */
export async function destroyNamespaces(state: string): Promise<void> {
  await waitUntil('the processes of the cluster end', 60_000, async () => {
    const { outer, inner } = await findHolders(state);
    for (const pid of [...inner, ...outer]) killIfThere(pid);
    return inner.length + outer.length === 0;
  });
}

/** The arguments of nsenter that start a command inside, to be put before it. */
export function enter(pid: number): string[] {
  return ['--target', String(pid), '--net', '--mount', '--pid', '--uts', '--ipc', '--'];
}

function mark(state: string): string {
  return `--cluster=${state}`;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
