import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** For what a program has written last, when one that it started still holds its output. Milliseconds. */
const GRACE_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StepOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the command, and all that it started, is ended and counts as failed. */
  readonly limitMs: number;
  /** Its output is shown when it has ended, in one piece: something else runs at the same time. */
  readonly held?: boolean;
}

/**
 * Runs a command of node_modules/.bin in the root of the tree, its output shown; true when it ends with 0. A signal to
 * this process ends it with all that it started, and then this process.
 */
export async function runStep(command: string, args: readonly string[], options: StepOptions): Promise<boolean> {
  // A group of its own, so that all of it can be ended: mocha's workers would live on.
  const child = spawn(join(ROOT, 'node_modules', '.bin', command), args, {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let held = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (options.held === true) held += text;
    else process.stdout.write(text);
  });
  let interruption: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    interruption = signal;
    endGroup(child.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const limit = setTimeout(() => {
    console.error(`${command} did not end within ${options.limitMs / 1000} s: stopped`);
    endGroup(child.pid, 'SIGKILL');
  }, options.limitMs);
  const code = await endOf(child, command);
  clearTimeout(limit);
  for (const signal of SIGNALS) process.off(signal, interrupt);
  process.stdout.write(held);
  if (interruption === undefined) return code === 0;
  // Nothing comes after it: whoever has to clean up first listens to the signal as well.
  process.kill(process.pid, interruption);
  return new Promise(() => undefined);
}

/** Its exit code; null: ended by a signal, or never started, which is said. */
function endOf(child: ReturnType<typeof spawn>, command: string): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(null);
    });
    child.on('close', resolve);
    child.on('exit', (code) => setTimeout(resolve, GRACE_MS, code).unref());
  });
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
