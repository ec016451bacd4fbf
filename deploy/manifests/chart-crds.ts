import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

/** A generated file: its path from the root of the repository, and its content. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The chart's copies of crds/*.yaml. They are among its templates' files, not in its crds/ folder, because Helm never
 * updates what lies there. The annotation makes Helm leave them when the release is uninstalled.
 *
 * @throws Error when a file of crds/ is not one custom resource definition
 */
export async function chartCrds(): Promise<readonly GeneratedFile[]> {
  const names = (await readdir(join(root, 'crds'))).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      path: `deploy/chart/files/crds/${name}`,
      content: `# Generated from crds/${name} by npm run generate: do not edit.\n${kept(name, await readFile(join(root, 'crds', name), 'utf8'))}`,
    })),
  );
}

/** The text with one annotation more; comments and layout stay as they were written. */
function kept(name: string, text: string): string {
  const annotation = '    helm.sh/resource-policy: keep\n';
  const annotated = /^metadata:\n(?: {2}.*\n)*? {2}annotations:\n/m;
  const result = annotated.test(text)
    ? text.replace(annotated, (head) => head + annotation)
    : text.replace(/^metadata:\n/m, (head) => `${head}  annotations:\n${annotation}`);
  const crd = parse(result) as { kind?: string; metadata?: { annotations?: Record<string, string> } };
  if (crd.kind === 'CustomResourceDefinition' && crd.metadata?.annotations?.['helm.sh/resource-policy'] === 'keep') {
    return result;
  }
  throw new Error(`crds/${name}: one CustomResourceDefinition with its metadata as a block is expected`);
}
