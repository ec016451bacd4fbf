import { expect } from 'chai';
import { format, inspect } from 'node:util';
import { SecretValue } from '../../operator/api/secret-value.ts';

describe('a secret value', () => {
  const value = SecretValue.fromText('hunter2');

  it('prints as [redacted], however it is printed', () => {
    const ways = [
      String(value),
      JSON.stringify({ value }),
      inspect({ deep: { value } }, { depth: 9, showHidden: true, getters: true }),
      format('%s %o %j', value, value, value),
      ['', value].join(''),
    ];
    for (const way of ways) expect(way).to.include('[redacted]').and.not.include('hunter2');
    expect(JSON.stringify(structuredClone(value))).not.to.include('hunter2');
    expect(Object.values(value)).to.deep.equal([]);
  });

  it('keeps its bytes whatever happens to those it was made of', () => {
    const bytes = Buffer.from('hunter2');
    const made = SecretValue.fromBytes(bytes);
    bytes.fill(0);
    expect(made.reveal().toString()).to.equal('hunter2');
  });

  it('is equal to the same bytes and to nothing else', () => {
    expect(value.equals(SecretValue.fromBase64('aHVudGVyMg=='))).to.be.true;
    for (const other of ['hunter3', 'hunter22', '']) expect(value.equals(SecretValue.fromText(other))).to.be.false;
  });

  it('has a fingerprint that changes with the value, its context and its key', () => {
    const prints = [
      value.fingerprint('uid', 'a'),
      value.fingerprint('uid', 'b'),
      value.fingerprint('other', 'a'),
      SecretValue.fromText('hunter3').fingerprint('uid', 'a'),
    ];
    expect(new Set(prints).size).to.equal(4);
    expect(prints[0])
      .to.match(/^[A-Za-z0-9_-]{12}$/)
      .and.equal(SecretValue.fromText('hunter2').fingerprint('uid', 'a'));
  });
});
