import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { say } from './progress.ts';

/** The holder may have waited for a file that was removed meanwhile, while another process already holds a new one. */
const HOLD = `
while :; do
  exec 9>>"$0" || exit 66
  flock --exclusive --timeout 1800 9 || exit
  [ "$0" -ef /proc/self/fd/9 ] && break
done
echo locked
exec cat >/dev/null`;

/**
 * Does something while no other process does it, held by a file that is locked in the kernel: a process that dies,
 * however it dies, frees it. The lock is a child whose input ends with this process. Who holds it may remove the file.
 * @throws Error when the lock cannot be had within 30 minutes or its file not be opened, and whatever the work throws.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // A session of its own: a Ctrl-C in the terminal must not free the lock while this process still cleans up.
  const holder = spawn('sh', ['-c', HOLD, file], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const waiting = setTimeout(() => {
    say(`waiting for another process that holds ${file}…`);
  }, 2000);
  try {
    const ended = once(holder, 'exit').then(([code]) => {
      // The shell itself has said why it cannot open a file.
      const reason =
        code === 1 ? 'another process has held it for 30 minutes' : `its holder ended with ${code ?? 'a signal'}`;
      throw new Error(`cannot lock ${file}: ${reason}`);
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
