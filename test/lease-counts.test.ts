import { expect } from 'chai';
import { leaseNoteText } from '../operator/api/lease-note.ts';
import { leaseCounts } from '../operator/lease-counts.ts';

describe('the count of leases', () => {
  it('is by store, of all runs, and leaves out those without', () => {
    const run = (store: string, ...paths: string[]) => {
      const leases = Object.fromEntries(paths.map((path) => [path, 'a b']));
      const note = leaseNoteText({ binding: 'orders', store: { namespace: 'a', name: store }, leases });
      return { metadata: { name: 'run', annotations: { 'secrets.iomete.com/leases': note } } };
    };
    const runs = [run('x', 'p', 'q'), run('x', 'p'), run('y', 'p'), { metadata: { name: 'none' } }];
    expect(leaseCounts(runs)).to.deep.equal([
      { namespace: 'a', store: 'x', count: 3 },
      { namespace: 'a', store: 'y', count: 1 },
    ]);
  });
});
