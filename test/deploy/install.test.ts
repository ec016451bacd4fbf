import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { chartCrds } from '../../deploy/manifests/chart-crds.ts';
import { renderInstall } from '../../deploy/manifests/render.ts';
import { manifests, rendered } from './rendered-chart.ts';

const root = join(import.meta.dirname, '..', '..');

describe('install.yaml', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('is what the chart renders', async () => {
    expect(await readFile(join(root, 'deploy', 'manifests', 'install.yaml'), 'utf8')).to.equal(await renderInstall());
  });

  it('starts with a namespace that enforces the restricted pod security standard', async () => {
    const [first] = manifests(await renderInstall());
    expect(first).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: 'spark-secrets-system',
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    });
  });

  it('has the objects of the chart in that namespace, and none of them is marked as Helm’s', async () => {
    const text = await renderInstall();
    const objects = manifests(text);
    expect(objects.length).to.equal((await rendered()).length + 1);
    const homes = new Set(objects.map((object) => object.metadata.namespace));
    expect([...homes]).to.have.members([undefined, 'spark-secrets-system']);
    expect(text).not.to.match(/managed-by|helm\.sh\/chart/);
  });
});

describe('the chart’s copies of the custom resource definitions', () => {
  it('are in step with crds/, but for annotations: one keeps them, the other changes with the content', async () => {
    const copies = await chartCrds();
    expect(copies.length).to.equal(2);
    for (const { path, content } of copies) {
      expect(await readFile(join(root, path), 'utf8'), path).to.equal(content);
      const original = parse(await readFile(join(root, path.replace('deploy/chart/', '')), 'utf8')) as Crd;
      const copy = parse(content) as Crd;
      expect(copy.metadata.annotations).to.include({ 'helm.sh/resource-policy': 'keep' });
      expect(copy.metadata.annotations?.['secrets.iomete.com/definition-digest']).to.match(/^[0-9a-f]{12}$/);
      expect(withoutAnnotations(copy)).to.deep.equal(withoutAnnotations(original));
    }
  });
});

interface Crd {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

function withoutAnnotations(object: Crd): object {
  return { ...object, metadata: { ...object.metadata, annotations: undefined } };
}
