import { expect } from 'chai';
import { leaseNoteOf, leaseNoteText, type LeaseNote } from '../../operator/api/lease-note.ts';

const noted = (text: string | undefined): LeaseNote | undefined => {
  const annotations = text === undefined ? undefined : { 'secrets.iomete.com/leases': text };
  return leaseNoteOf({ metadata: { name: 'a', ...(annotations && { annotations }) } });
};

describe('the note of leases on a run’s Secret', () => {
  it('is read back as it was written', () => {
    const note = { binding: 'orders', store: { namespace: 'a', name: 'b' }, leases: { 'x/y': 'accessor id' } };
    expect(noted(leaseNoteText(note))).to.deep.equal(note);
  });

  for (const text of [
    undefined,
    '',
    '{',
    'null',
    '[]',
    '{"binding":1}',
    '{"binding":"a","store":"b/c","leases":null}',
  ]) {
    it(`is none when there stands ${String(text)}`, () => {
      expect(noted(text)).to.be.undefined;
    });
  }

  it('has no handle that is no text', () => {
    expect(noted('{"binding":"a","store":"b/c","leases":{"x":1,"y":"h"}}')?.leases).to.deep.equal({ y: 'h' });
  });
});
