import { expect } from 'chai';
import { describe, it } from 'mocha';
import { freeSubnets, isSomewhere, parseRange, podRange, serviceRange, type Range } from '../../deploy/local/subnet.ts';

describe('the subnets of local clusters', () => {
  it('are four addresses each, with the host before the node', () => {
    const [first, second] = freeSubnets([]);
    expect(first).to.deep.equal({ index: 0, hostAddress: '10.98.0.1', nodeAddress: '10.98.0.2' });
    expect(second).to.deep.equal({ index: 1, hostAddress: '10.98.0.5', nodeAddress: '10.98.0.6' });
  });

  it('have numbers of their own, for links of their own', () => {
    const indexes = freeSubnets([]).map(({ index }) => index);
    expect(new Set(indexes).size).to.equal(indexes.length).and.to.be.greaterThan(200);
  });

  it('leave out what another cluster uses', () => {
    expect(freeSubnets(['10.98.0.1/30', '10.98.0.4/30'])[0]?.hostAddress).to.equal('10.98.0.9');
  });

  it('leave out a subnet of which a single address is taken', () => {
    for (const address of ['10.98.0.0', '10.98.0.3']) {
      expect(freeSubnets([address])[0]?.hostAddress).to.equal('10.98.0.5');
    }
  });

  it('lie elsewhere where the host routes all of 10.0.0.0/8', () => {
    for (const { hostAddress } of freeSubnets(['10.0.0.0/8'])) expect(hostAddress).to.match(/^(172|192|198)\./);
  });

  it('never lie among the addresses of pods and Services', () => {
    const inner = [podRange, serviceRange].map(parseRange);
    for (const { nodeAddress } of freeSubnets([])) {
      expect(inner.some((range) => overlap(range, parseRange(nodeAddress)))).to.equal(false);
    }
  });

  it('do not exist where everything is taken', () => {
    expect(freeSubnets(['0.0.0.0/0'])).to.deep.equal([]);
  });

  it('are there all the same with a VPN that routes the two halves of everything', () => {
    expect(['default', '0.0.0.0/1', '128.0.0.0/1', '10.98.0.0/30', '10.0.0.7'].filter(isSomewhere)).to.deep.equal([
      '10.98.0.0/30',
      '10.0.0.7',
    ]);
  });

  it('are compared as numbers, from the first address of a range', () => {
    expect(parseRange('10.0.1.7/24')).to.deep.equal({ first: 167_772_416, last: 167_772_671 });
    expect(parseRange('255.255.255.255')).to.deep.equal({ first: 4_294_967_295, last: 4_294_967_295 });
  });
});

function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}
