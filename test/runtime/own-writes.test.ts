import { expect } from 'chai';
import { OwnWrites } from '../../operator/runtime/own-writes.ts';

const ORDERS = { namespace: 'analytics', name: 'orders' };
const OTHER = { namespace: 'analytics', name: 'other' };

describe('own writes', () => {
  let writes: OwnWrites;

  beforeEach(() => {
    writes = new OwnWrites();
  });

  function wrote(resourceVersion?: string): void {
    writes.note(ORDERS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'any', ...(resourceVersion && { resourceVersion }) },
    });
  }

  it('are known by their versions, once, and no others are', () => {
    wrote('7');
    wrote('8');
    wrote(undefined);
    expect(writes.take(ORDERS, '6')).to.be.false;
    expect(writes.take(OTHER, '7')).to.be.false;
    expect(writes.take(ORDERS, undefined)).to.be.false;
    expect([writes.take(ORDERS, '7'), writes.take(ORDERS, '8')]).to.deep.equal([true, true]);
    expect([writes.take(ORDERS, '7'), writes.take(ORDERS, '8')]).to.deep.equal([false, false]);
  });

  it('are news once more was looked, as that look may not have seen them yet', () => {
    wrote('7');
    writes.begin(OTHER);
    writes.begin(ORDERS);
    wrote('9');
    expect(writes.take(ORDERS, '7')).to.be.false;
    expect(writes.take(ORDERS, '9')).to.be.true;
  });
});
