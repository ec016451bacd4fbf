import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

// Writes every generated file of the tree. `npm run check` compares instead.
const root = join(import.meta.dirname, '..');
for await (const { path, text } of generatedFiles(root)) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  console.log(path);
}
