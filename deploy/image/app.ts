import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bundle } from './bundle.ts';
import { buildConsole } from './console.ts';
import { parseDebianPackages } from './debian-packages.ts';
import { bundledPackages } from './packages.ts';
import { type ImageContent, sbom } from './sbom.ts';

const root = join(import.meta.dirname, '..', '..');
/** Where the image says what is in it. */
const documents = join('usr', 'share', 'doc', 'spark-secrets-operator');

/**
 * Writes what the image has of this repository into a folder that stands for its root: the operator and the Secrets page under
 * /app, and the SBOM of the whole image.
 *
 * @param debian the packages of Debian that are in the image, as {@link parseDebianPackages} reads them
 */
export async function writeApp(folder: string, debian: string): Promise<void> {
  const fromDebian = parseDebianPackages(debian);
  const app = join(folder, 'app');
  const metafiles = [
    await bundle(join(root, 'operator', 'main.ts'), join(app, 'operator.mjs')),
    await buildConsole(join(app, 'console')),
  ];
  const content: ImageContent = {
    operator: await readJson<ImageContent['operator']>('package.json'),
    npm: await bundledPackages(...metafiles),
    lock: (await readJson<{ packages: ImageContent['lock'] }>('package-lock.json')).packages,
    debian: fromDebian,
    node: process.versions,
  };
  await mkdir(join(folder, documents), { recursive: true });
  await writeFile(join(folder, documents, 'sbom.cdx.json'), `${JSON.stringify(sbom(content), undefined, 1)}\n`);
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(root, name), 'utf8')) as T;
}

if (import.meta.main) {
  const [folder, ...lists] = process.argv.slice(2);
  if (folder === undefined || lists.length === 0) throw new Error('usage: node app.ts FOLDER LIST-OF-DEBIAN-PACKAGES…');
  const texts = await Promise.all(lists.map((list) => readFile(list, 'utf8')));
  await writeApp(folder, texts.join(''));
}
