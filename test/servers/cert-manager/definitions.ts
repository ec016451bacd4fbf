import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { cached, shortHash } from '../../../deploy/local/cache.ts';
import { goToolchain } from '../../../deploy/local/go-toolchain.ts';
import { withProgress } from '../../../deploy/local/progress.ts';
import { run } from '../../../deploy/local/run.ts';
import type { Manifest } from '../../support/crd-schema.ts';

const module = 'github.com/cert-manager/cert-manager';
const source = join(import.meta.dirname, 'module');

/** The definition of a kind of cert-manager, by its plural, as its own installation has it. @throws CommandFailed */
export async function certManagerDefinition(plural: string): Promise<Manifest> {
  const pins = await readFile(join(source, 'go.sum'), 'utf8');
  const folder = await cached('cert-manager', shortHash(pins), (made) =>
    withProgress('Fetching the definitions of cert-manager from its Go module (once)', () => fetchTo(made)),
  );
  return parse(await readFile(join(folder, 'crds', `cert-manager.io_${plural}.yaml`), 'utf8')) as Manifest;
}

async function fetchTo(folder: string): Promise<void> {
  const env = { ...process.env, GOFLAGS: '-mod=readonly' };
  const text = await run(await goToolchain(), ['mod', 'download', '-json', module], {
    cwd: source,
    env,
    timeoutMs: 300_000,
  });
  const { Dir: dir } = JSON.parse(text) as { readonly Dir: string };
  // Go's own cache is read-only, and what is copied from it must be removable.
  await run('cp', ['--recursive', '--no-preserve=mode', join(dir, 'deploy', 'crds'), folder]);
}
