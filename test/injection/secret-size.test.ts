import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { secretContent } from '../../operator/injection/secret-content.ts';
import { key, spec } from './bindings.ts';

const LONG = 'x'.repeat(1_020);
const count = <T>(size: number, make: (at: number) => T): T[] => Array.from({ length: size }, (_, at) => make(at));

function contentOf(part: Partial<BindingSpec>, keys: readonly SecretKey[]) {
  const values = new Map(keys.map((one) => [one, SecretValue.fromBytes(Buffer.from('x'))]));
  return secretContent({ spec: spec(part), binding: 'b', secretName: 's', values, groups: new Map() });
}

describe('what a Secret’s annotations say of its content', () => {
  const templates = count(256, (at) => ({ name: `V${at}`, template: `\${k}${LONG}` }));

  it('is refused where the API server would refuse it, with what to do', () => {
    const content = contentOf({ env: templates }, [key('k')]);
    if (!('problems' in content)) throw new Error('there is no problem');
    expect(content.problems).to.deep.equal([
      {
        reason: 'ValueTooLarge',
        message:
          'what is noted of variables with their keys and templates, of keys that jobs may refer to, and of versions, has 266917 ' +
          'bytes together, the annotations of a Kubernetes Secret carry 253952 of it: shorten templates or use two bindings.',
      },
    ]);
  });

  it('leaves out keys that no reference lists where they would have no room', () => {
    const env = templates.slice(0, 200);
    const some = count(256, (at) => ({ name: `spark.v${at}`, key: `${'k'.repeat(100)}${at}` }));
    const keys = [key('k'), ...some.map((entry) => key(entry.key))];
    const without = contentOf({ env, sparkConf: some }, keys);
    if ('problems' in without) throw new Error(JSON.stringify(without.problems));
    expect(without.referenceKeys).to.deep.equal([]);
    expect(contentOf({ env: [], sparkConf: some }, keys))
      .to.have.property('referenceKeys')
      .with.lengthOf(257);
    const listed = contentOf({ env, sparkConf: some, references: some.map((entry) => ({ key: entry.key })) }, keys);
    expect(listed).to.have.property('problems').with.lengthOf(1);
  });
});
