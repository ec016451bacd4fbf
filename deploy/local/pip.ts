import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from './packages.ts';
import { run } from './run.ts';

/** A file of the Python package index, pinned. */
export interface PinnedFile {
  readonly package: string;
  readonly version: string;
  readonly sha256: string;
}

/**
 * Downloads a pinned file with pip, which checks its sum, and hands its path to a function; the file is gone afterwards.
 * @throws CommandFailed when it cannot be had or its sum differs.
 */
export async function withDownload(pin: PinnedFile, use: (file: string) => Promise<void>): Promise<void> {
  await ensurePackages(['python3-pip']);
  const folder = await mkdtemp(join(tmpdir(), 'spark-secrets-download-'));
  try {
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, `${pin.package}==${pin.version} --hash=sha256:${pin.sha256}\n`);
    const files = join(folder, 'files');
    await run('pip3', ['download', '--quiet', '--no-deps', '--require-hashes', '-r', requirements, '-d', files], {
      timeoutMs: 1_200_000,
    });
    const [name] = await readdir(files);
    if (name === undefined) throw new Error(`pip downloaded nothing for ${pin.package} ${pin.version}`);
    await use(join(files, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
