import { expect } from 'chai';
import { groupOf, keyIn, nameOf, parseGroup, parseKey, ROOT_GROUP } from '../../operator/api/secret-key.ts';
import { group, key } from '../support/keys.ts';

describe('a key', () => {
  for (const text of ['K', 'a/b/K', '...', '.hidden', 'a.b-c_d/E.9', 'x'.repeat(512)])
    it(`may be ${text.slice(0, 20)}`, () => {
      expect(parseKey(text)).to.equal(text);
    });

  const refused = [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/.',
    'a b',
    'a\nb',
    'a\n',
    'ä',
    '${a}',
    'a%2Fb',
    'a\\b',
  ];
  for (const text of [...refused, 'x'.repeat(513)])
    it(`may not be ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(parseKey(text)).to.be.undefined;
    });

  it('lies in a group, and has a name', () => {
    expect([groupOf(key('a/b/K')), nameOf(key('a/b/K'))]).to.deep.equal(['a/b', 'K']);
    expect([groupOf(key('K')), nameOf(key('K'))]).to.deep.equal([ROOT_GROUP, 'K']);
  });

  it('is made of a group and a name, when that gives one', () => {
    expect(keyIn(group('a/b'), 'K')).to.equal('a/b/K');
    expect(keyIn(ROOT_GROUP, 'K')).to.equal('K');
    for (const name of ['..', '', 'x/../y', 'x y']) expect(keyIn(group('a'), name)).to.be.undefined;
  });
});

describe('a group', () => {
  it('is a path, or the root', () => {
    expect(parseGroup('')).to.equal(ROOT_GROUP);
    expect(parseGroup('a/b')).to.equal('a/b');
    for (const text of ['/', 'a/', '..', 'a b']) expect(parseGroup(text)).to.be.undefined;
  });
});
