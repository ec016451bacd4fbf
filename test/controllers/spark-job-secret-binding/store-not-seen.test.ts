import { expect } from 'chai';
import { findCondition } from '../../../operator/api/conditions.ts';
import { SECRET_STORE_CONFIG } from '../../../operator/api/kinds.ts';
import type { Observed } from '../../../operator/controllers/spark-job-secret-binding/observe.ts';
import { plan } from '../../../operator/controllers/spark-job-secret-binding/plan.ts';
import { carriedOut, observed } from '../../support/observed.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const NOT_SEEN = { store: undefined, answer: undefined } as const;

describe('a binding whose store is not seen', () => {
  /** Status and reason of Ready and Resolved, and what Ready says. */
  function told(given: Observed): { readonly says: string; readonly message: string } {
    const { status } = plan(given, NOW);
    const [ready, resolved] = ['Ready', 'Resolved'].map((type) => findCondition(status.conditions, type));
    const says = [ready, resolved].map((each) => `${each?.status} ${each?.reason}`).join(', ');
    return { says, message: ready?.message ?? '' };
  }

  it('is told that there is none, where all is known', () => {
    const { says, message } = told(observed(undefined, NOT_SEEN));
    expect(says).to.equal('False StoreNotFound, False StoreNotFound');
    expect(message).to.match(/iomete-system[/]default does not exist: create it, or correct spec.storeRef[.]$/);
  });

  it('is told that the store’s namespace is not watched, and who can change that', () => {
    const { says, message } = told(observed(undefined, { ...NOT_SEEN, storeNamespace: 'unwatched' }));
    expect(says).to.equal('False StoreNotFound, False StoreNotFound');
    expect(message).to.match(/namespace iomete-system is not among those that the operator watches/);
  });

  it('keeps what it has while the store’s namespace can not be read, as in an outage', () => {
    const given = { ...carriedOut(observed(), NOW), ...NOT_SEEN, storeNamespace: 'unknown' as const };
    const { says, message } = told(given);
    expect(says).to.equal('False StoreUnreachable, True AllKeysResolved');
    expect(message).to.match(
      /^Jobs start with the values of the last good read[.] .*may not list what is in namespace/,
    );
    expect(plan(given, NOW).secret).to.be.undefined;
  });

  it('has nothing to give meanwhile when it never had', () => {
    const { says } = told(observed(undefined, { ...NOT_SEEN, storeNamespace: 'unknown' }));
    expect(says).to.equal('False StoreUnreachable, False StoreUnreachable');
  });

  it('hears no more of the values of one that is gone', async () => {
    const world = new BindingWorld();
    world.put(storeConfig({ access: GRANT_ALL }));
    world.put(binding({ env: [{ name: 'A', key: 'A' }] }));
    await world.store.put('A', '1');
    await world.reconcile();
    world.cluster.remove(SECRET_STORE_CONFIG, 'iomete-system', 'default');
    await world.reconcile();
    await world.store.put('A', '2');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(world.told).to.deep.equal([]);
    await world.cache.closeAll();
  });

  it('asks of which namespace all is known', async () => {
    const world = new BindingWorld();
    world.scope.exceptions.set('iomete-system', 'unwatched');
    world.put(binding({ env: [{ name: 'A', key: 'A' }] }));
    await world.reconcile();
    const ready = findCondition(world.binding()?.status?.conditions, 'Ready');
    expect(ready?.message).to.match(/not among those that the operator watches/);
  });
});
