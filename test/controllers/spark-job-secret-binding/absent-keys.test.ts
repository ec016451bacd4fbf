import { expect } from 'chai';
import { plan } from '../../../operator/controllers/spark-job-secret-binding/plan.ts';
import { GRANT_ALL, storeConfig } from '../../support/objects.ts';
import { groups, answer, observed } from '../../support/observed.ts';

const BAD = ['Orders/DB', 'or_ders/DB', 'orders/DB'].map((name) => ({ key: name }));

describe('the plan of a binding whose keys are not in its store', () => {
  function told(more: Parameters<typeof observed>): string {
    const { conditions } = plan(observed(...more), new Date('2026-01-01T00:00:00Z')).status;
    return conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
  }

  it('says in which group no Secret can have one, of type kubernetes', () => {
    expect(told([{ references: BAD }])).to.match(
      /correct the binding\. No Secret can be called after Orders, or_ders: groups in a store .* are lower-case /,
    );
  });

  it('says so of an empty group too', () => {
    const empty = answer({}, { groups: groups({ Orders: [] }) });
    expect(told([{ references: [{ group: 'Orders' }] }, { answer: empty }])).to.match(
      /correct envFrom or references\. No Secret can be called after Orders: /,
    );
  });

  it('says no such thing of another store, nor of other groups', () => {
    const store = storeConfig({ access: GRANT_ALL, type: 'database' });
    expect(told([{ references: BAD }, { store }])).to.match(/add what is missing, or correct the binding\.$/);
    expect(told([{ references: [{ key: 'orders/DB' }] }])).to.match(/or correct the binding\.$/);
  });
});
