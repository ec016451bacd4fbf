import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Runs a command at the user's terminal as if it had been started there: it gets the signals that this process gets.
 * @returns its exit code; of a command that a signal ended, 128 and the signal's number, as a shell says it.
 */
export async function attend(command: string, args: readonly string[], env = process.env): Promise<number> {
  // Before the command starts, for it may be told something at once. It gets a terminal's Ctrl-C itself, and decides.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!handOn(signal, receivers(command, child.pid))) process.exit(exitCode(signal));
    });
  }
  const child = spawn(command, args, { env, stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? exitCode(signal ?? 'SIGKILL');
}

function exitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** nsenter only waits for the command, which would outlive it: the command is meant, and nsenter ends as it does. */
function receivers(command: string, pid: number | undefined): number[] {
  if (pid === undefined) return [];
  if (command !== 'nsenter') return [pid];
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [pid] : children.split(' ').map(Number);
  } catch {
    return [pid];
  }
}

/** False when nobody could be told: sudo, for one, takes no signals from the user who called it. */
function handOn(signal: NodeJS.Signals, pids: readonly number[]): boolean {
  try {
    for (const pid of pids) process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
