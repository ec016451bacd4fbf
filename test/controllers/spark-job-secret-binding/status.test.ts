import { expect } from 'chai';
import { SPARK_JOB_SECRET_BINDING } from '../../../operator/api/kinds.ts';
import { ConflictError } from '../../../operator/runtime/api-error.ts';
import { BindingWorld } from '../../support/binding-world.ts';
import { failureOf } from '../../support/failure.ts';
import { binding, GRANT_ALL, storeConfig } from '../../support/objects.ts';

describe('the status of a binding', () => {
  let world: BindingWorld;

  beforeEach(async () => {
    world = new BindingWorld();
    await world.store.put('A', '1');
    world.put(storeConfig({ access: GRANT_ALL }));
    world.put(binding({ env: [{ name: 'A', key: 'A' }] }));
  });
  afterEach(async () => {
    await world.cache.closeAll();
  });

  it('is ours, whoever wrote into it', async () => {
    const applied: unknown[] = [];
    const apply = world.cluster.apply.bind(world.cluster);
    world.cluster.apply = (kind, object, options) => {
      applied.push([object.apiVersion, object.kind, options.subresource, options.force]);
      return apply(kind, object, options);
    };
    await world.reconcile();
    expect(applied).to.deep.equal([['secrets.iomete.com/v1alpha1', 'SparkJobSecretBinding', 'status', true]]);
  });

  it('is not given to a binding that was made anew under the name, which the informer does not show yet', async () => {
    world.cluster.lag();
    world.cluster.remove(SPARK_JOB_SECRET_BINDING, 'analytics', 'orders');
    world.put(binding());
    expect(await failureOf(world.reconcile())).to.be.instanceOf(ConflictError);
    expect(world.binding()?.status).to.be.undefined;
  });
});
