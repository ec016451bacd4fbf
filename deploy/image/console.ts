import { build, type Metafile } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { bundledPackages, licenceTexts } from './packages.ts';

const app = join(import.meta.dirname, '..', '..', 'operator', 'console', 'app');
/** The oldest browsers that know what the styles are written in (`light-dark()`). */
const browsers = ['chrome123', 'firefox121', 'safari17.5', 'es2022'];

/**
 * Writes the Secrets page into a folder, which is emptied before: index.html, one script, one style sheet and an icon, with names that
 * change with their content, each also compressed (`.br`, `.gz`), and the licences of what is in them. Answers what it is made of.
 */
export async function buildConsole(folder: string): Promise<Metafile> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: ['main.tsx', 'style/style.css', 'icon.svg'].map((name) => join(app, name)),
    outdir: folder,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: browsers,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  let page = await readFile(join(app, 'index.html'), 'utf8');
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  for (const name of names) page = page.replace(`"${plain(name)}"`, `"${name}"`);
  await writeFile(join(folder, 'index.html'), page);
  const { packages } = await bundledPackages(metafile);
  await writeFile(join(folder, 'LICENSES.txt'), await licenceTexts(packages));
  for (const name of [...names, 'index.html', 'LICENSES.txt']) await compress(join(folder, name));
  return metafile;
}

/** The name of the source. */
function plain(name: string): string {
  return name.replace(/-[A-Z0-9]{8}(?=[.][a-z]+$)/, '');
}

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  const params = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node console.ts FOLDER');
  await buildConsole(folder);
}
