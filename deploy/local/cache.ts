import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { withLock } from './lock.ts';
import { waitUntil } from './progress.ts';

/** The folder that keeps what is slow to make, outside of the repository: see README.md. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['SPARK_SECRETS_CACHE'];
  if (own !== undefined && own !== '') return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'spark-secrets-operator');
}

/** A file that processes lock to take turns; it is empty and stays. */
export function lockFile(name: string): string {
  return join(cacheFolder(), 'locks', `${name}.lock`);
}

/** The short name of some content: 12 hex digits. */
export function shortHash(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/**
 * The folder `kind-KEY` of the cache, made first when it is not there. It is made under another name and renamed, and one
 * process makes it while others wait: nobody ever sees half of it. Its time is that of its last use.
 * @throws whatever make throws; nothing is left then.
 */
export async function cached(kind: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const root = cacheFolder();
  const entry = join(root, `${kind}-${key}`);
  if (existsSync(entry)) {
    // Somebody else's cache, of root for one, serves all the same.
    await utimes(entry, new Date(), new Date()).catch(() => undefined);
    return entry;
  }
  return withLock(lockFile(kind), async () => {
    if (existsSync(entry)) return entry;
    await removeUnfinished(root, kind);
    const unfinished = unfinishedFolder(root, kind);
    await mkdir(unfinished, { recursive: true });
    try {
      await make(unfinished);
      await rename(unfinished, entry);
    } finally {
      await removeTree(unfinished);
    }
    return entry;
  });
}

function unfinishedFolder(root: string, kind: string): string {
  return join(root, `.unfinished-${kind}-${randomBytes(4).toString('hex')}`);
}

/** What a killed process left: under the kind's lock nobody else can be at work on it. */
async function removeUnfinished(root: string, kind: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (isNamed(name, `.unfinished-${kind}-`, 8)) await removeTree(join(root, name));
  }
}

/** Whether a name is a prefix and then hex digits alone: the kind `spark` must not take what is of `spark-3.5`. */
function isNamed(name: string, prefix: string, digits: number): boolean {
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return rest.length === digits && /^[0-9a-f]+$/.test(rest);
}

/** A program whose starter was killed may still write there: it is removed until it is gone. */
async function removeTree(folder: string): Promise<void> {
  await waitUntil(`nothing writes to ${folder}`, 30_000, async () => {
    try {
      await rm(folder, { recursive: true, force: true });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
      throw error;
    }
  });
}

/** Like cached, for what each change of a file makes anew: entries of the kind that nobody used for a day are removed. */
export async function cachedWhileUsed(
  kind: string,
  key: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const entry = await cached(kind, key, make);
  await removeOld(kind, entry);
  return entry;
}

/** An entry loses its name before its content: a crash must not leave half of one for others to use. */
async function removeOld(kind: string, kept: string): Promise<void> {
  if ((await oldEntries(kind, kept)).length === 0) return;
  await withLock(lockFile(kind), async () => {
    for (const entry of await oldEntries(kind, kept)) {
      const unfinished = unfinishedFolder(cacheFolder(), kind);
      await rename(entry, unfinished);
      await removeTree(unfinished);
    }
  });
}

async function oldEntries(kind: string, kept: string): Promise<string[]> {
  const root = cacheFolder();
  const old: string[] = [];
  for (const name of await readdir(root)) {
    const entry = join(root, name);
    if (!isNamed(name, `${kind}-`, 12) || entry === kept) continue;
    const found = await stat(entry).catch(() => undefined);
    if (found === undefined || !mayRemove(found.uid)) continue;
    if (Date.now() - found.mtimeMs > 86_400_000) old.push(entry);
  }
  return old;
}

/** One cache may have entries of a user and, made with sudo, of root. */
function mayRemove(owner: number): boolean {
  const own = process.getuid?.() ?? 0;
  return own === 0 || own === owner;
}
