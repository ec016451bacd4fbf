import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { shortHash } from '../local/cache.ts';

/** What the Dockerfile copies of this folder. */
const appSources = ['app.ts', 'bundle.ts', 'console.ts', 'debian-packages.ts', 'packages.ts', 'sbom.ts'];
const files = ['package.json', 'package-lock.json', 'tsconfig.json'];
const recipe = ['Dockerfile', 'Dockerfile.dockerignore', 'base-image.ts', 'build.ts', ...appSources];

/**
 * Twelve hexadecimal digits that change when anything changes that goes into the operator's image: its sources, its
 * packages, its recipe.
 *
 * @param context the folder with operator/, package.json and deploy/image/, as the Dockerfile sees it
 */
export async function imageKey(context: string): Promise<string> {
  const sources = await readdir(join(context, 'operator'), { recursive: true, withFileTypes: true });
  const paths = [
    ...files.map((file) => join(context, file)),
    ...recipe.map((file) => join(context, 'deploy', 'image', file)),
    ...sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
  ];
  const parts: (string | Buffer)[] = [];
  for (const path of paths.toSorted()) parts.push(relative(context, path), await readFile(path));
  return shortHash(...parts);
}
