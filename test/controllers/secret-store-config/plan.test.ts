import { expect } from 'chai';
import { plan } from '../../../operator/controllers/secret-store-config/plan.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { storeConfig } from '../../support/objects.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const LATER = new Date('2026-01-01T01:00:00Z');

describe('the plan of a store', () => {
  const well = { ready: true, message: 'It is followed.', keys: 3 };
  const store = storeConfig({ refreshInterval: '1m' });
  const cases = {
    'is ready while it answers': [well, 'True Connected', 60_000],
    'waits for its Secret': [{ ready: false, message: 'create it', keys: 0 }, 'False SecretNotFound', 5_000],
    'does not answer': [new OperatorError('StoreUnreachable', 'Timeout'), 'False StoreUnreachable', 5_000],
    'refuses the operator': [new OperatorError('AuthenticationFailed'), 'False AuthenticationFailed', 5_000],
    'fails in any other way': [new OperatorError('InvalidKey'), 'False StoreUnreachable', 5_000],
  } as const;
  for (const [sentence, [health, says, requeueAfterMs]] of Object.entries(cases)) {
    it(sentence, () => {
      const made = plan({ store, health, bindings: 2 }, NOW);
      const [condition] = made.status?.conditions ?? [];
      expect(`${condition?.status} ${condition?.reason}`).to.equal(says);
      expect(made.requeueAfterMs).to.equal(requeueAfterMs);
      expect(made.status).to.include({ observedGeneration: 1, bindings: 2, lastCheckTime: '2026-01-01T00:00:00Z' });
    });

    it(`${sentence}: and says so once, whatever the clock says`, () => {
      const { status } = plan({ store, health, bindings: 2 }, NOW);
      const again = plan({ store: { ...store, status: status! }, health, bindings: 2 }, LATER);
      expect(again).to.deep.equal({ status: undefined, requeueAfterMs });
    });
  }

  const { status } = plan({ store, health: well, bindings: 2 }, NOW);
  const known = { ...store, status: status! };

  it('tells when what it says has changed', () => {
    for (const [health, bindings] of [
      [{ ...well, keys: 4 }, 2],
      [well, 3],
    ] as const) {
      const after = plan({ store: known, health, bindings }, LATER).status;
      expect(after).to.include({ lastCheckTime: '2026-01-01T01:00:00Z', keys: health.keys, bindings });
      expect(after?.conditions?.[0]?.lastTransitionTime).to.equal('2026-01-01T00:00:00Z');
    }
  });

  it('keeps the count of keys that it last had, while it fails', () => {
    const after = plan({ store: known, health: new OperatorError('StoreUnreachable'), bindings: 2 }, LATER).status;
    expect(after?.keys).to.equal(3);
    expect(after?.conditions?.[0]?.lastTransitionTime).to.equal('2026-01-01T01:00:00Z');
  });

  it('has no count of keys when the store may not list', () => {
    const after = plan({ store: known, health: { ready: true, message: 'x' }, bindings: 2 }, LATER).status;
    expect(after).not.to.have.property('keys');
  });

  it('asks a failing store no less often than a well one', () => {
    const quick = storeConfig({ refreshInterval: '1s' });
    expect(
      plan({ store: quick, health: new OperatorError('StoreUnreachable'), bindings: 0 }, NOW).requeueAfterMs,
    ).to.equal(1_000);
  });
});
