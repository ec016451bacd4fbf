import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { specDigest } from '../../operator/injection/spec-digest.ts';
import { spec } from './bindings.ts';

const BASE = spec({
  env: [
    { name: 'A', key: 'a' },
    { name: 'B', key: 'b' },
  ],
  sparkConf: [{ name: 'spark.x', key: 'x' }],
});

describe('specDigest', () => {
  it('changes with the name, the key and the encoding of a file, and not with the order of files', () => {
    const files = [
      { path: 'f', key: 'k' },
      { path: 'g', key: 'k', encoding: 'base64' as const },
    ];
    const others = [
      [{ path: 'x', key: 'k' }, files[1]!],
      [{ path: 'f', key: 'x' }, files[1]!],
      [{ ...files[0]!, encoding: 'base64' as const }, files[1]!],
    ];
    const digests = [files, ...others].map((each) => specDigest({ ...BASE, files: each }));
    expect(new Set(digests).size).to.equal(4);
    const written = [files[1]!, { ...files[0]!, encoding: 'text' as const }];
    expect(specDigest({ ...BASE, files: written })).to.equal(digests[0]);
  });

  const same: Record<string, BindingSpec> = {
    'the order of properties': {
      sparkConf: BASE.sparkConf!,
      selector: BASE.selector,
      env: BASE.env!,
      storeRef: BASE.storeRef,
    },
    'the order of entries': { ...BASE, env: [...BASE.env!].reverse() },
    'defaults that are written out': {
      ...BASE,
      env: BASE.env!.map((entry) => ({ ...entry, targets: ['executor', 'driver'] as ('driver' | 'executor')[] })),
      envFrom: [],
      precedence: 'Binding',
      scope: 'Shared',
    },
    'the scope, which decides when the content is copied': { ...BASE, scope: 'Application' },
    'the selector': { ...BASE, selector: { matchLabels: { a: 'b' } } },
  };
  for (const [sentence, other] of Object.entries(same)) {
    it(`does not depend on ${sentence}`, () => {
      expect(specDigest(other)).to.equal(specDigest(BASE));
    });
  }

  const different: Record<string, Partial<BindingSpec>> = {
    'the store': { storeRef: { name: 'other' } },
    "the store's namespace": { storeRef: { name: 'default', namespace: 'other' } },
    'a key': { env: [{ name: 'A', key: 'z' }, BASE.env![1]!] },
    'a target': { env: [{ name: 'A', key: 'a', targets: ['driver'] }, BASE.env![1]!] },
    'a group': { envFrom: [{ group: 'a' }] },
    'a property': { sparkConf: [{ name: 'spark.y', key: 'x' }] },
    'a template in the place of a key': { sparkConf: [{ name: 'spark.x', template: 'x' }] },
    precedence: { precedence: 'Pod' },
    'a file': { files: [{ path: 'f', key: 'k' }] },
  };
  for (const [sentence, part] of Object.entries(different)) {
    it(`changes with ${sentence}`, () => {
      expect(specDigest({ ...BASE, ...part })).not.to.equal(specDigest(BASE));
    });
  }
});
