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
      const made = plan({ store, health, failure: undefined, bindings: 2 }, NOW);
      const [condition] = made.status?.conditions ?? [];
      expect(`${condition?.status} ${condition?.reason}`).to.equal(says);
      expect(made.requeueAfterMs).to.equal(requeueAfterMs);
      expect(made.status).to.include({ observedGeneration: 1, bindings: 2, lastCheckTime: '2026-01-01T00:00:00Z' });
    });

    it(`${sentence}: and says so once, whatever the clock says`, () => {
      const { status } = plan({ store, health, failure: undefined, bindings: 2 }, NOW);
      const again = plan({ store: { ...store, status: status! }, health, failure: undefined, bindings: 2 }, LATER);
      expect(again).to.deep.equal({ status: undefined, requeueAfterMs });
    });
  }

  const { status } = plan({ store, health: well, failure: undefined, bindings: 2 }, NOW);
  const known = { ...store, status: status! };

  it('says of which generation it is', () => {
    const changed = { ...known, metadata: { ...known.metadata, generation: 2 } };
    const after = plan({ store: changed, health: well, failure: undefined, bindings: 2 }, LATER).status;
    expect([after?.observedGeneration, after?.conditions?.[0]?.observedGeneration]).to.deep.equal([2, 2]);
  });

  it('tells when what it says has changed', () => {
    for (const [health, bindings] of [
      [{ ...well, keys: 4 }, 2],
      [well, 3],
    ] as const) {
      const after = plan({ store: known, health, failure: undefined, bindings }, LATER).status;
      expect(after).to.include({ lastCheckTime: '2026-01-01T01:00:00Z', keys: health.keys, bindings });
      expect(after?.conditions?.[0]?.lastTransitionTime).to.equal('2026-01-01T00:00:00Z');
    }
  });

  it('keeps the count of keys that it last had, while it fails', () => {
    const after = plan(
      { store: known, health: new OperatorError('StoreUnreachable'), failure: undefined, bindings: 2 },
      LATER,
    ).status;
    expect(after?.keys).to.equal(3);
    expect(after?.conditions?.[0]?.lastTransitionTime).to.equal('2026-01-01T01:00:00Z');
  });

  it('has no count of keys when the store may not list', () => {
    const after = plan(
      { store: known, health: { ready: true, message: 'x' }, failure: undefined, bindings: 2 },
      LATER,
    ).status;
    expect(after).not.to.have.property('keys');
  });

  it('asks a failing store no less often than a well one, and a well one not for each refresh', () => {
    const quick = storeConfig({ refreshInterval: '1s' });
    const given = { store: quick, failure: undefined, bindings: 0 };
    expect(plan({ ...given, health: new OperatorError('StoreUnreachable') }, NOW).requeueAfterMs).to.equal(1_000);
    expect(plan({ ...given, health: well }, NOW).requeueAfterMs).to.equal(30_000);
  });

  it('says what its bindings say, since when, and the same from retry to retry', () => {
    const failure = {
      error: new OperatorError('StoreUnreachable', 'no answer in time'),
      lastGood: new Date('2025-12-31T23:59:58.700Z'),
    };
    const health = new OperatorError('StoreUnreachable', 'in other words');
    const made = plan({ store: known, health, failure, bindings: 2 }, NOW);
    expect(made.status?.conditions?.[0]?.message).to.match(
      /no answer in time[.] It last answered at 2025-12-31T23:59:58Z/,
    );
    expect(made.requeueAfterMs).to.equal(5_000);
    const told = { ...store, status: made.status! };
    const again = { store: told, failure, bindings: 2 };
    expect(plan({ ...again, health: new OperatorError('StoreUnreachable', 'x') }, LATER).status).to.be.undefined;
    expect(plan({ ...again, health: { ...well, keys: 3 } }, LATER).status).to.be.undefined;
  });

  it('asks for the Secret that its spec names and nobody made', () => {
    const health = new OperatorError('CredentialsMissing', 'create Secret vault-token');
    const [condition] = plan({ store, health, failure: undefined, bindings: 0 }, NOW).status?.conditions ?? [];
    expect(condition).to.include({ status: 'False', reason: 'SecretNotFound' });
    expect(condition?.message).to.include('create Secret vault-token');
  });

  it('is not written again because somebody added a condition of their own', () => {
    const foreign = { ...status!.conditions![0]!, type: 'example.com/Audited' };
    const theirs = { ...store, status: { ...status!, conditions: [foreign, ...status!.conditions!] } };
    expect(plan({ store: theirs, health: well, failure: undefined, bindings: 2 }, LATER).status).to.be.undefined;
  });

  it('survives an interval that is none', () => {
    const odd = storeConfig({ refreshInterval: 'soon' });
    const health = new OperatorError('StoreUnreachable', 'its spec can not be used');
    expect(plan({ store: odd, health, failure: undefined, bindings: 0 }, NOW).requeueAfterMs).to.equal(5_000);
  });
});
