import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from '../../deploy/local/cache.ts';
import { ensurePackages } from '../../deploy/local/packages.ts';
import { run } from '../../deploy/local/run.ts';

const PINS = join(import.meta.dirname, 'requirements.txt');

/** A folder for PYTHONPATH with the type checker and the build backend of requirements.txt, kept in the cache. */
export async function pythonTools(): Promise<string> {
  await ensurePackages(['python3', 'python3-pip']);
  const version = await run('python3', ['--version']);
  const key = shortHash(await readFile(PINS), version, process.arch);
  return cached('python-tools', key, async (folder) => {
    const args = [
      'install',
      '--quiet',
      '--no-deps',
      '--require-hashes',
      '--only-binary=:all:',
      '--no-warn-script-location',
    ];
    await run('pip3', [...args, '--root-user-action=ignore', '-r', PINS, '--target', folder]);
  });
}
