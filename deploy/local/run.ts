import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** How a program is run: its input, environment, folder, and how long it may take. */
export interface RunOptions {
  readonly input?: string;
  /** A file that is its input instead; it is opened here, whatever the program sees of the file system. */
  readonly inputFile?: string;
  /** The whole environment; that of this process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which the program is killed; ten minutes when absent. */
  readonly timeoutMs?: number;
}

/** A program that could not be started, failed or took too long; the message ends with the last lines it wrote. */
export class CommandFailed extends Error {
  readonly stderr: string;
  constructor(command: string, reason: string, stderr: string) {
    super(`${command}: ${reason}${stderr === '' ? '' : `\n${lastLines(stderr, 20)}`}`);
    this.name = 'CommandFailed';
    this.stderr = stderr;
  }
}

/**
 * Runs a program without a shell and gives what it wrote to its standard output.
 * Output counts until a second after the program's end, whoever still holds its pipes then. What the program has started
 * itself may live on: killing all would take a session of its own, in which no Ctrl-C and no password of sudo's arrives.
 * @throws CommandFailed when it cannot be started, ends with another code than 0, or takes longer than it may.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timeoutMs = options.timeoutMs ?? 600_000;
  const child = start(command, args, options);
  let stdout = '';
  let stderr = '';
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that does not read its input to the end closes the pipe: its exit code says what matters.
  child.stdin?.on('error', () => undefined).end(options.input ?? '');
  child.on('error', (cause) => {
    clearTimeout(timer);
    reject(new CommandFailed(command, cause.message, ''));
  });
  let grace: NodeJS.Timeout | undefined;
  child.on('exit', () => {
    grace = setTimeout(() => setImmediate(leavePipes, child), 1000);
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    clearTimeout(grace);
    if (code === 0) resolve(stdout);
    else if (late) reject(new CommandFailed(command, `took longer than ${timeoutMs / 1000} s`, stderr));
    else reject(new CommandFailed(command, `failed with ${code ?? signal ?? 'no code'}`, stderr || stdout));
  });
  return promise;
}

type Running = ChildProcessByStdio<Writable | null, Readable, Readable>;

function start(command: string, args: readonly string[], options: RunOptions): Running {
  const input = options.inputFile === undefined ? 'pipe' : openSync(options.inputFile, 'r');
  const { cwd, env = process.env } = options;
  try {
    return spawn(command, args, { cwd, env, stdio: [input, 'pipe', 'pipe'] }) as Running;
  } finally {
    if (typeof input === 'number') closeSync(input);
  }
}

/** The event `close` follows. To be called when everything in the pipes has been read: after timers, Node reads first. */
function leavePipes({ stdout, stderr }: Running): void {
  stdout.destroy();
  stderr.destroy();
}

/** Like run, but false instead of an error. */
export async function succeeds(command: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(command, args, options);
    return true;
  } catch {
    return false;
  }
}

/** The last lines of a text, without the empty ones at its end. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
