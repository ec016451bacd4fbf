import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';

/** The folder that keeps what is slow to make, outside of the repository: see README.md. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['SPARK_SECRETS_CACHE'];
  if (own !== undefined && own !== '') return own;
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
    await utimes(entry, new Date(), new Date());
    return entry;
  }
  return withLock(lockFile(kind), async () => {
    if (existsSync(entry)) return entry;
    await removeUnfinished(root, kind);
    const unfinished = join(root, `${unfinishedPrefix(kind)}${randomBytes(4).toString('hex')}`);
    await mkdir(unfinished, { recursive: true });
    try {
      await make(unfinished);
      await rename(unfinished, entry);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return entry;
  });
}

function unfinishedPrefix(kind: string): string {
  return `.unfinished-${kind}-`;
}

/** What a killed process left: under the kind's lock nobody else can be at work on it. */
async function removeUnfinished(root: string, kind: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(unfinishedPrefix(kind))) await rm(join(root, name), { recursive: true, force: true });
  }
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

async function removeOld(kind: string, kept: string): Promise<void> {
  const root = cacheFolder();
  for (const name of await readdir(root)) {
    const entry = join(root, name);
    if (!new RegExp(`^${kind}-[0-9a-f]{12}$`).test(name) || entry === kept) continue;
    const { mtimeMs } = await stat(entry);
    if (Date.now() - mtimeMs > 86_400_000) await rm(entry, { recursive: true, force: true });
  }
}
