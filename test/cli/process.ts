import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { CliWorld } from './cli-world.ts';

const BIN = join(import.meta.dirname, '..', '..', 'cli', 'spark-secrets.mjs');
const IN_TERMINAL = join(import.meta.dirname, 'in_terminal.py');
const LIMIT_MS = 100_000;

/** What a process gave. */
export interface Gave {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** Starts the command as a process, as the owner of the world's store, with pipes. */
export function startCommand(world: CliWorld, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { env: envOf(world), timeout: LIMIT_MS });
}

/** Starts a line of a shell that runs the command as `"$@"`. */
export function spawnInShell(world: CliWorld, line: string, ...args: readonly string[]): ChildProcess {
  return spawn('bash', ['--norc', '-c', line, 'bash', process.execPath, BIN, ...args], {
    env: envOf(world),
    timeout: LIMIT_MS,
  });
}

export async function endOf(child: ChildProcess): Promise<Gave> {
  const [out, err, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<unknown[]>,
  ]);
  return { code, out, err };
}

/** Runs it at a terminal of its own; `dialogue`: what to wait for, and what to type then. */
export async function atTerminal(
  world: CliWorld,
  args: readonly string[],
  dialogue: readonly (readonly [string, string])[] = [],
): Promise<{ readonly shown: string; readonly code: number }> {
  const all = [IN_TERMINAL, JSON.stringify(dialogue), process.execPath, BIN, ...args];
  const env = { TERM: 'xterm', ...envOf(world) };
  const { stdout } = await promisify(execFile)('python3', all, { env, timeout: LIMIT_MS, maxBuffer: 1e8 });
  return JSON.parse(stdout) as { shown: string; code: number };
}

function envOf(world: CliWorld): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], ...world.env, SPARK_SECRETS_TOKEN: 'owner' };
}
