import { expect } from 'chai';
import { parseKey } from '../../../operator/api/secret-key.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { KvPath } from '../../../operator/stores/vault/path.ts';
import { group, key } from '../../support/keys.ts';

describe('the path of a vault store', () => {
  it('is KV version 2 with a segment "data" behind the mount', () => {
    const path = new KvPath('/v1/secret/data/iomete/poc');
    expect(path.version).to.equal(2);
    expect(path.value(key('a/K'))).to.equal('/secret/data/iomete/poc/a/K');
    expect(path.everything(key('a/K'))).to.equal('/secret/metadata/iomete/poc/a/K');
    expect(path.folder(group(''))).to.equal('/secret/metadata/iomete/poc/');
    expect(path.folder(group('a'))).to.equal('/secret/metadata/iomete/poc/a/');
    expect(path.isIn('secret/')).to.be.true;
    expect(path.isIn('secret/data/')).to.be.false;
  });

  it('is KV version 1 without one', () => {
    const path = new KvPath('/v1/kv/iomete/poc/');
    expect(path.version).to.equal(1);
    expect(path.value(key('a/K'))).to.equal('/kv/iomete/poc/a/K');
    expect(path.everything(key('a/K'))).to.equal('/kv/iomete/poc/a/K');
    expect(path.folder(group(''))).to.equal('/kv/iomete/poc/');
    expect(path.isIn('kv/')).to.be.true;
    expect(path.isIn('k/')).to.be.false;
  });

  it('may have nothing before the keys but the mount, which may have several segments', () => {
    expect(new KvPath('/v1/secret/data').value(key('K'))).to.equal('/secret/data/K');
    expect(new KvPath('/v1/secret/data/').folder(group(''))).to.equal('/secret/metadata/');
    expect(new KvPath('/v1/team/kv/data/app').value(key('K'))).to.equal('/team/kv/data/app/K');
    expect(new KvPath('/v1/data/data/data').value(key('K'))).to.equal('/data/data/data/K');
  });

  it('says how it would be spelled for the other version', () => {
    expect(new KvPath('/v1/secret/data/app').spelledOtherwise('secret/')).to.equal('/v1/secret/app');
    expect(new KvPath('/v1/team/kv/app').spelledOtherwise('team/kv/')).to.equal('/v1/team/kv/data/app');
  });

  it('encodes what has a meaning in a URL', () => {
    expect(new KvPath('/v1/secret/data/a b/ä').value(key('K'))).to.equal('/secret/data/a%20b/%C3%A4/K');
  });

  const refused = [
    '/v1/secret/data/../other',
    '/v1/secret/data/./a',
    '/v1/secret//data',
    '/v1//secret',
    '/v1/secret/data/a?list=true',
    '/v1/secret/data/%2e%2e/other',
    '/v1/secret/data/a\\..\\b',
    '/v1/secret/data/a\r\nX-Evil: 1',
    '/v1/secret/data/*',
    '/v1/..',
  ];
  for (const path of refused) {
    it(`is not ${JSON.stringify(path)}`, () => {
      expect(() => new KvPath(path)).to.throw(OperatorError, 'a segment that is no name');
    });
  }

  it('says which other paths may lie in its mount', () => {
    const paths = ['secret/data/other', 'secret', 'secrets/x', 'team/kv/data/x', 'team/database/creds/x'];
    const held = (path: string) => paths.filter((other) => new KvPath(path).mayHold(other));
    expect(held('/v1/secret/data/app')).to.deep.equal(['secret/data/other', 'secret']);
    expect(held('/v1/team/kv/data/app')).to.deep.equal(['team/kv/data/x']);
    expect(held('/v1/team/kv/app')).to.deep.equal(['team/kv/data/x', 'team/database/creds/x']);
  });

  it('is never left by a key: those that could are none', () => {
    const attacks = [
      '../b',
      'a/../../b',
      './a',
      '%2e%2e/b',
      '..%2fb',
      'a//b',
      '/a',
      'a/',
      '．．/b',
      '‥/b',
      'a\u0000',
      'a\\..\\b',
      'a b',
    ];
    for (const attack of attacks) expect(parseKey(attack), attack).to.be.undefined;
    const path = new KvPath('/v1/secret/data/app');
    for (const odd of ['...', '..a', 'a..', 'a/.../b', '-', '_'])
      expect(new URL(`http://x${path.value(key(odd))}`).pathname, odd).to.equal(`/secret/data/app/${odd}`);
  });
});
