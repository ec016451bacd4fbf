import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

export interface StepOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Also called with what the command prints, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Milliseconds after which the command is ended and counts as failed. */
  readonly limitMs: number;
  /** Its output is shown when it has ended, in one piece: something else runs at the same time. */
  readonly held?: boolean;
}

/** Runs a command of node_modules/.bin in the root of the tree, its output shown; true when it ends with 0. */
export async function runStep(command: string, args: readonly string[], options: StepOptions): Promise<boolean> {
  const child = spawn(join(ROOT, 'node_modules', '.bin', command), args, {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let held = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (options.held === true) held += text;
    else process.stdout.write(text);
    options.onOutput?.(text);
  });
  const limit = setTimeout(() => {
    console.error(`${command} did not end within ${options.limitMs / 1000} s: stopped`);
    child.kill('SIGKILL');
  }, options.limitMs);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      clearTimeout(limit);
      resolve(false);
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      process.stdout.write(held);
      resolve(code === 0);
    });
  });
}
