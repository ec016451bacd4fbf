import { expect } from 'chai';
import {
  isDynamic,
  leaseFieldOf,
  leasePathOf,
  parseDynamicReference,
  parseSource,
} from '../../operator/api/dynamic-reference.ts';

describe('a dynamic reference', () => {
  it('is a path and a field', () => {
    const reference = parseDynamicReference('database/creds/readonly#username')!;
    expect([leasePathOf(reference), leaseFieldOf(reference), isDynamic(reference)]).to.deep.equal([
      'database/creds/readonly',
      'username',
      true,
    ]);
  });

  const NONE = ['a', 'a#', '#b', 'a#b#c', 'a#b/c', 'a//b#c', '../a#b', 'a/..#b', 'a#b c', 'a#ä', 'a＃b', 'a%23b', ''];
  for (const text of [...NONE, `${'x'.repeat(512)}#a`, `a#${'x'.repeat(129)}`]) {
    it(`is not ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(parseDynamicReference(text)).to.be.undefined;
    });
  }

  it('is a source of values as a key is', () => {
    expect(['a/b', 'a/b#c', 'a//b', 'a#'].map(parseSource)).to.deep.equal(['a/b', 'a/b#c', undefined, undefined]);
    expect(isDynamic(parseSource('a/b')!)).to.be.false;
  });
});
