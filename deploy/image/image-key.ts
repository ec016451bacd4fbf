import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { shortHash } from '../local/cache.ts';

const folder = join('deploy', 'image');
const ignoreFile = 'Dockerfile.dockerignore';
const recipe = ['Dockerfile', ignoreFile, 'base-image.ts', 'build.ts', 'buildah.ts'];

/**
 * Twelve hexadecimal digits that change when anything changes that goes into the operator's image: its sources, its
 * packages, its recipe. What goes in, Dockerfile.dockerignore says: it shuts out all but what it names.
 *
 * @param context the folder with operator/, package.json and deploy/image/, as the Dockerfile sees it
 */
export async function imageKey(context: string): Promise<string> {
  const ignore = await readFile(join(context, folder, ignoreFile), 'utf8');
  const admitted = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path = '']) => join(context, path));
  const files = await Promise.all([...recipe.map((file) => join(context, folder, file)), ...admitted].map(filesAt));
  const parts: (string | Buffer)[] = [];
  for (const path of files.flat().toSorted()) parts.push(relative(context, path), await readFile(path));
  return shortHash(...parts);
}

/** The file itself, or all files within the folder. */
async function filesAt(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
