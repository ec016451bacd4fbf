import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { withProgress } from '../local/progress.ts';
import { run } from '../local/run.ts';
import { baseImage } from './base-image.ts';
import { buildInto, mainBuildah, operatorImage } from './build.ts';
import { Buildah } from './buildah.ts';

// Builds the operator's image twice from the same base, each time from a new copy of the tree and with nothing kept of an
// earlier build (no layers, no packages), and once as ever: all must have one digest. Takes some minutes.

const repository = join(import.meta.dirname, '..', '..');
const name = 'registry.local/spark-secrets-operator:reproduced';
const folder = await mkdtemp(join(tmpdir(), 'reproduce-image-'));
try {
  const tree = join(folder, 'tree');
  await copyTree(repository, tree);
  const { digest: usual } = await operatorImage(tree);
  const kept = await mainBuildah();
  const base = await baseImage(kept, join(folder, 'base'));
  const archive = `oci-archive:${join(folder, 'base.tar')}:${base}`;
  await kept.run('push', '--quiet', base, archive);
  const digests = [usual];
  for (const round of ['first', 'second']) digests.push(await buildAfresh(tree, join(folder, round), base, archive));
  console.log(digests.join('\n'));
  if (new Set(digests).size > 1) {
    process.exitCode = 1;
    console.error('They differ. The first, if it alone does, may have kept a busybox that Debian has replaced since.');
    console.error(`Between the two that were built afresh:\n${await differences()}`);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** What goes into the image, with new times of files. */
async function copyTree(from: string, to: string): Promise<void> {
  for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'operator', 'deploy/image']) {
    await cp(join(from, path), join(to, path), { recursive: true });
  }
}

async function buildAfresh(tree: string, round: string, base: string, archive: string): Promise<string> {
  const [context, result] = [join(round, 'context'), join(round, 'result')];
  await mkdir(result, { recursive: true });
  await copyTree(tree, context);
  const buildah = new Buildah(join(round, 'storage'));
  await buildah.run('pull', '--quiet', archive);
  const build = (): ReturnType<typeof buildInto> => buildInto(result, buildah, { base, context, name });
  const { digest, tar } = await withProgress('Building with nothing kept of before', build);
  await run('tar', ['--extract', `--file=${tar}`, `--directory=${result}`]);
  await rm(tar); // its own members have times
  return digest;
}

/** The files that are not the same in both: a layer, the configuration that names it, the SBOM. */
async function differences(): Promise<string> {
  const [first, second] = [join(folder, 'first', 'result'), join(folder, 'second', 'result')];
  return run('sh', ['-c', 'diff -rq "$1" "$2"; true', 'sh', first, second]);
}
