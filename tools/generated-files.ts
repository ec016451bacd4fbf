import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { chartCrds } from '../deploy/manifests/chart-crds.ts';
import { chartReadme } from '../deploy/manifests/chart-readme.ts';
import { dashboard } from '../deploy/manifests/dashboard.ts';
import { renderInstaller } from '../deploy/manifests/installer.ts';
import { renderInstall } from '../deploy/manifests/render.ts';
import { crdReference } from './crd-reference.ts';
import { crdTypes, type Crd } from './crd-types.ts';
import { metricsReference } from './metrics-reference.ts';

/** A generated file: its path from the root of the tree, and its text. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Every generated file of the tree. Write each before the next is asked for: the manifests are made from the chart's. */
export async function* generatedFiles(root: string): AsyncGenerator<GeneratedFile> {
  const crds: Crd[] = [];
  for (const name of (await readdir(join(root, 'crds'))).filter((file) => file.endsWith('.yaml')).sort()) {
    const read = async (): Promise<Crd> => parse(await readFile(join(root, 'crds', name), 'utf8')) as Crd;
    const crd = await read();
    crds.push(crd);
    const path = `operator/api/generated/${kebab(crd.spec.names.kind)}.ts`;
    yield { path, text: await crdTypes(await read(), `crds/${name}`) };
  }
  yield { path: 'crds/README.md', text: crdReference(crds) };
  const alerts = await readFile(join(root, 'deploy/chart/files/alerts.yaml'), 'utf8');
  yield { path: 'docs/metrics.md', text: metricsReference(alerts) };
  for (const { path, content } of [...(await chartCrds()), dashboard(), await chartReadme()])
    yield { path, text: content };
  yield { path: 'deploy/manifests/install.yaml', text: await renderInstall() };
  yield { path: 'deploy/manifests/installer.yaml', text: await renderInstaller() };
}

function kebab(kind: string): string {
  return kind.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
