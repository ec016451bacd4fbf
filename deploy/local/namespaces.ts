import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openSync, closeSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from './progress.ts';

/** The processes that hold a cluster's namespaces, as the host numbers them. */
export interface Holders {
  /** unshare, on the host's side; it may be gone. */
  readonly outer: readonly number[];
  /** The first process inside: everything inside dies with it. */
  readonly inner: readonly number[];
}

/**
 * Finds a cluster's processes by their names. There is no file of process ids that could be missing, or name a stranger's
 * process after a crash. The first process inside is known by its short name, which it keeps to its very end: its command
 * line is gone already while the kernel still ends the others.
 */
export async function findHolders(state: string): Promise<Holders> {
  const outer: number[] = [];
  const inner: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // `123 (name) S …`, where S is the state; Z and X are processes that have ended.
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    if (/\) [ZX]/.test(stat)) continue;
    if (stat.includes(` (${initName(state)}) `)) inner.push(Number(entry));
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0] === 'unshare' && words.includes(join(state, initName(state)))) outer.push(Number(entry));
  }
  return { outer, inner };
}

/** The name of the program that is a cluster's first process: the kernel keeps 15 characters of it. */
export function initName(state: string): string {
  return `ssc-${createHash('sha256').update(state).digest('hex').slice(0, 11)}`;
}

/**
 * Starts the namespaces (network, mount, process, host name, IPC) with a first process that only waits.
 * @param state a folder in which that process's program lies, under initName.
 * @returns its process id on the host.
 */
export async function createNamespaces(state: string, log: string): Promise<number> {
  const output = openSync(log, 'a');
  const kinds = ['--net', '--mount', '--pid', '--uts', '--ipc'];
  const options = ['--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const child = spawn('unshare', [...kinds, ...options, join(state, initName(state))], {
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

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
