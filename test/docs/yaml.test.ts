import { Ajv } from 'ajv';
import { expect } from 'chai';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { expectValid, isOurs, type Manifest } from '../support/crd-schema.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['README.md', 'docs/*.md', 'examples/*/README.md'];
const BLOCK = /^```yaml\n([^]*?)^```$/gm;
const HEAD = { apiVersion: 'secrets.iomete.com/v1alpha1', metadata: { name: 'x', namespace: 'y' } };
/** What a page may show alone: parts of a binding's spec, of the chart's values, of a pod or a role. */
const OF_BINDING = ['env', 'envFrom', 'sparkConf', 'presets', 'references', 'files', 'rotation', 'scope', 'precedence'];
const OF_VALUES = ['secretStore', 'stores', 'namespaces', 'finalStateGuard', 'networkPolicy', 'ingress', 'monitoring'];
const OTHERS = ['rules', 'metadata'];

describe('the YAML of the documentation', () => {
  it('is valid: our kinds by their definitions, values of the chart by its schema', async () => {
    const schema = JSON.parse(await readFile(join(ROOT, 'deploy/chart/values.schema.json'), 'utf8')) as Manifest;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const validateValues = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
    const defaults = parse(await readFile(join(ROOT, 'deploy/chart/values.yaml'), 'utf8')) as Manifest;
    let seen = 0;
    for await (const page of glob(PAGES, { cwd: ROOT })) {
      for (const [at, block] of (await blocksOf(page)).entries()) {
        const where = `${page}, YAML ${at + 1}:`;
        seen += 1;
        if (isOurs(block['kind'])) expectValid(block, where);
        else if (OTHERS.some((name) => name in block)) continue;
        else if (OF_VALUES.some((name) => name in block))
          expect(validateValues(over(defaults, block)), `${where} ${ajv.errorsText(validateValues.errors)}`).to.be.true;
        else expectValid(wholeOf(block, where), where);
      }
    }
    expect(seen).to.be.above(10);
  });
});

async function blocksOf(page: string): Promise<Manifest[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const documents = [...text.matchAll(BLOCK)].flatMap(([, yaml = '']) => parseAllDocuments(yaml));
  return documents.map((document) => {
    expect(document.errors, page).to.deep.equal([]);
    return document.toJS() as Manifest;
  });
}

/** A part as what it is a part of. */
function wholeOf(block: Manifest, where: string): Manifest {
  if ('spec' in block) return { ...HEAD, kind: 'SecretStoreConfig', ...block };
  const other = Object.keys(block).find((name) => !OF_BINDING.includes(name));
  expect(other, `${where} what is that?`).to.be.undefined;
  const spec = { storeRef: { name: 'x' }, selector: { applications: ['x'] }, ...block };
  return { ...HEAD, kind: 'SparkJobSecretBinding', spec };
}

/** Values of the chart with others over them, as Helm puts them together. */
function over(values: unknown, own: unknown): unknown {
  const isMap = (value: unknown): value is Manifest =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(values) || !isMap(own)) return own;
  const changed = Object.entries(own).map(([name, value]) => [name, over(values[name], value)]);
  return { ...values, ...(Object.fromEntries(changed) as Manifest) };
}
