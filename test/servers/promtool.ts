import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../deploy/local/cache.ts';
import { onPath } from '../../deploy/local/packages.ts';
import { run } from '../../deploy/local/run.ts';

/**
 * Runs promtool, Prometheus' own, and gives its output. It is taken out of Debian's package, which is not installed: that
 * would bring a server and start it.
 *
 * @throws CommandFailed with its message when it does not agree
 */
export async function promtool(...args: readonly string[]): Promise<string> {
  return run(await program(), args, { timeoutMs: 60_000 });
}

async function program(): Promise<string> {
  if (onPath('promtool')) return 'promtool';
  const folder = await cached('promtool', 'debian', async (unfinished) => {
    const download = (): Promise<string> => run('apt-get', ['-qq', 'download', 'prometheus'], { cwd: unfinished });
    await download().catch(async () => {
      await run('apt-get', ['-qq', 'update']);
      await download();
    });
    const [archive = ''] = await readdir(unfinished);
    await run('dpkg-deb', ['--extract', archive, '.'], { cwd: unfinished });
  });
  return join(folder, 'usr', 'bin', 'promtool');
}
