import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { shortHash } from '../local/cache.ts';

const root = join(import.meta.dirname, '..', '..');
/** The chart compares this one with the cluster's. */
const DIGEST = 'secrets.iomete.com/definition-digest';

/** A generated file: its path from the root of the repository, and its content. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The chart's copies of crds/*.yaml, in its crds/ folder: Helm installs those before it looks at anything else of the
 * chart, so that the same release can have objects of these kinds. It never updates them: the chart has a Job for that,
 * which goes by the digest. The other annotation makes Argo CD leave them when the application is deleted, as Helm does.
 *
 * @throws Error when a file of crds/ is not one custom resource definition
 */
export async function chartCrds(): Promise<readonly GeneratedFile[]> {
  const names = (await readdir(join(root, 'crds'))).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      path: `deploy/chart/crds/${name}`,
      content: `# Generated from crds/${name} by npm run generate: do not edit.\n${marked(name, await readFile(join(root, 'crds', name), 'utf8'))}`,
    })),
  );
}

/** The text with two annotations more; comments and layout stay as they were written. */
function marked(name: string, text: string): string {
  const annotations = { 'helm.sh/resource-policy': 'keep', [DIGEST]: shortHash(text) };
  const lines = Object.entries(annotations)
    .map(([key, value]) => `    ${key}: '${value}'\n`)
    .join('');
  const annotated = /^metadata:\n(?: {2}.*\n)*? {2}annotations:\n/m;
  const result = annotated.test(text)
    ? text.replace(annotated, (head) => head + lines)
    : text.replace(/^metadata:\n/m, (head) => `${head}  annotations:\n${lines}`);
  const crd = parse(result) as { kind?: string; metadata?: { annotations?: Record<string, string> } };
  if (crd.kind === 'CustomResourceDefinition' && crd.metadata?.annotations?.[DIGEST] === annotations[DIGEST])
    return result;
  throw new Error(`crds/${name}: one CustomResourceDefinition with its metadata as a block is expected`);
}
