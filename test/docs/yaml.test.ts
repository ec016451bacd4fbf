import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { expectValid, isOurs, type Manifest } from '../support/crd-schema.ts';
import { renderText } from './commands/helm.ts';
import { pages, ROOT } from './commands/pages.ts';

const HEAD = { apiVersion: 'secrets.iomete.com/v1alpha1', metadata: { name: 'x', namespace: 'y' } };
/** What a page may show alone: parts of a binding's spec, of a pod, a role, or JupyterHub's values. */
const OF_BINDING = ['env', 'envFrom', 'sparkConf', 'presets', 'references', 'files', 'rotation', 'scope', 'precedence'];
const OTHERS = ['rules', 'metadata', 'singleuser'];
const VALUES = Object.keys(parse(readFileSync(join(ROOT, 'deploy/chart/values.yaml'), 'utf8')) as Manifest);

describe('the YAML of the documentation', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  for (const page of pages().filter((each) => each.blocks('yaml').length > 0))
    it(`${page.path}: our kinds by their definitions, values of the chart by helm`, async () => {
      for (const { where, text } of page.blocks('yaml')) await check(text, where);
    });
});

async function check(text: string, where: string): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    expect(document.errors, where).to.deep.equal([]);
    const block = document.toJS() as Manifest;
    if (isOurs(block['kind'])) expectValid(block, where);
    else if ('kind' in block || OTHERS.some((name) => name in block)) continue;
    else if (VALUES.some((name) => name in block)) await renderText(document.toString());
    else expectValid(wholeOf(block, where), where);
  }
}

/** A part as what it is a part of. */
function wholeOf(block: Manifest, where: string): Manifest {
  if ('spec' in block) return { ...HEAD, kind: 'SecretStoreConfig', ...block };
  const other = Object.keys(block).find((name) => !OF_BINDING.includes(name));
  expect(other, `${where} what is that?`).to.be.undefined;
  const spec = { storeRef: { name: 'x' }, selector: { applications: ['x'] }, ...block };
  return { ...HEAD, kind: 'SparkJobSecretBinding', spec };
}
