import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { say } from './progress.ts';

/**
 * Does something while no other process does it, held by a file that is locked in the kernel: a process that dies,
 * however it dies, frees it. The lock is a child, `flock`, whose input ends with this process.
 * @throws Error when the lock cannot be had within 30 minutes, and whatever the work throws.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const command = ['--exclusive', '--timeout', '1800', file, 'sh', '-c', 'echo locked; exec cat >/dev/null'];
  // A session of its own: a Ctrl-C in the terminal must not free the lock while this process still cleans up.
  const holder = spawn('flock', command, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const waiting = setTimeout(() => {
    say(`waiting for another process that holds ${file}…`);
  }, 2000);
  try {
    const ended = once(holder, 'exit').then(() => {
      throw new Error(`cannot lock ${file}: another process has held it for 30 minutes`);
    });
    await Promise.race([once(holder.stdout, 'data'), ended]);
    clearTimeout(waiting);
    ended.catch(() => undefined);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
  }
}
