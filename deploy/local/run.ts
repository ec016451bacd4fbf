import { spawn } from 'node:child_process';

/** How a program is run: its input, environment, folder, and how long it may take. */
export interface RunOptions {
  readonly input?: string;
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
 * @throws CommandFailed when it cannot be started, ends with another code than 0, or takes longer than it may.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timeoutMs = options.timeoutMs ?? 600_000;
  const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env });
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
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  child.on('error', (cause) => {
    clearTimeout(timer);
    reject(new CommandFailed(command, cause.message, ''));
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    if (code === 0) resolve(stdout);
    else if (late) reject(new CommandFailed(command, `took longer than ${timeoutMs / 1000} s`, stderr));
    else reject(new CommandFailed(command, `failed with ${code ?? signal ?? 'no code'}`, stderr || stdout));
  });
  return promise;
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
