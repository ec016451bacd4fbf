import { expect } from 'chai';
import { OwnWrites } from '../../operator/runtime/own-writes.ts';

describe('own writes', () => {
  it('are known by their versions, and no others are', () => {
    const writes = new OwnWrites();
    writes.note('7');
    writes.note(undefined);
    expect(writes.has('7')).to.be.true;
    expect(writes.has('8')).to.be.false;
    expect(writes.has(undefined)).to.be.false;
  });

  it('are remembered while they are young, so that nothing grows', () => {
    const writes = new OwnWrites();
    for (let version = 0; version < 5_000; version += 1) writes.note(String(version));
    expect(writes.has('0')).to.be.false;
    expect(writes.has('4600')).to.be.true;
    const known = Array.from({ length: 5_000 }, (_, version) => writes.has(String(version))).filter(Boolean);
    expect(known).to.have.length(500);
  });
});
