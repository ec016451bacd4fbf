import { randomBytes } from 'node:crypto';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandProblem } from './problem.ts';

/** What file systems say that have no links, such as FAT. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Whether something is at a path: a file that would be lost, or what can only be written to (a pipe, a device). */
export async function whatIsAt(path: string): Promise<'nothing' | 'file' | 'stream'> {
  try {
    return (await stat(path)).isFile() ? 'file' : 'stream';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing';
    throw cannot(path, error);
  }
}

/**
 * Writes a file that only its owner may read: whole or not at all. A pipe or a device is written to as it is. Throws
 * CommandProblem, also when a file is there and `replace` is not said.
 */
export async function writePrivate(
  path: string,
  text: string,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  try {
    if ((await whatIsAt(path)) === 'stream') await writeTo(path, 'w', text);
    else await writeBeside(path, text, replace);
  } catch (error) {
    throw error instanceof CommandProblem ? error : cannot(path, error);
  }
}

async function writeBeside(path: string, text: string, replace: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeTo(temporary, 'wx', text);
    if (replace) await rename(temporary, path);
    else await moveNew(temporary, path);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** Moves a file to where nothing is. */
async function moveNew(temporary: string, path: string): Promise<void> {
  try {
    // A link is not made where something is.
    await link(temporary, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code)) throw error;
    await (await open(path, 'wx', 0o600)).close();
    await rename(temporary, path);
  }
}

async function writeTo(path: string, flags: string, text: string): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

function cannot(path: string, error: unknown): CommandProblem {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return new CommandProblem(`${path} is there already: --force replaces it`);
  return new CommandProblem(`${path} can't be written (${code ?? 'unknown'})`);
}
