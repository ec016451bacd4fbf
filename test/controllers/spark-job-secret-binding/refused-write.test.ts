import { expect } from 'chai';
import { findCondition } from '../../../operator/api/conditions.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf } from '../../support/failure.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

const HINTS = [/immutable/, /policy/, /ResourceQuota/];

describe('the condition of a Secret that the API server refuses', () => {
  const world = new BindingWorld();
  after(() => world.cache.closeAll());

  const cases: Record<string, readonly [code: number, exceededQuota: string | undefined, says: RegExp]> = {
    'a quota is used up': [403, 'q1', /: refused\. ResourceQuota q1 of namespace analytics is used up: raise it/],
    'a policy may be against it': [403, undefined, /policy.* -n analytics --from-literal=a=b --dry-run=server; else/],
    'the Secret may be immutable': [422, undefined, /: refused\. If it is immutable or of another type, delete it/],
    'it is too large': [413, undefined, /: refused\.$/],
  };
  for (const [what, [code, exceededQuota, says]] of Object.entries(cases)) {
    it(`says what to do when ${what}, and only that`, async () => {
      world.put(storeConfig({ access: GRANT_ALL }));
      await world.store.put('A', '1');
      world.put(binding({ env: [{ name: 'A', key: 'A' }] }));
      world.cluster.meanwhile = () => {
        throw new ApiError('POST Secret: refused', { code, reason: 'Forbidden', exceededQuota });
      };
      await failureOf(world.reconcile());
      const message = findCondition(world.binding()?.status?.conditions, 'Ready')?.message ?? '';
      expect(message).to.match(says);
      expect(HINTS.filter((hint) => hint.test(message))).to.have.lengthOf(code === 413 ? 0 : 1);
    });
  }
});
