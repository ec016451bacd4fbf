import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { crdReference } from './crd-reference.ts';
import { crdTypes, type Crd } from './crd-types.ts';

/** Every generated file of the tree, path from the root → text. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const crds: Crd[] = [];
  for (const name of (await readdir(join(root, 'crds'))).filter((file) => file.endsWith('.yaml')).sort()) {
    const read = async (): Promise<Crd> => parse(await readFile(join(root, 'crds', name), 'utf8')) as Crd;
    const crd = await read();
    crds.push(crd);
    files.set(`operator/api/generated/${kebab(crd.spec.names.kind)}.ts`, await crdTypes(await read(), `crds/${name}`));
  }
  files.set('crds/README.md', crdReference(crds));
  return files;
}

function kebab(kind: string): string {
  return kind.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
