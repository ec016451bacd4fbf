import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import {
  declareBinding,
  declareStore,
  example,
  expectedOf,
  QUICKSTART,
  randomValues,
  startJob,
} from '../../tools/spark/quickstart.ts';
import { compare } from '../../tools/spark/report.ts';
import { ended, release, reports } from '../../tools/spark/submit.ts';
import { removeNamespaces } from './support/declare.ts';
import { environment } from './support/environment.ts';

describe('examples/quickstart', function () {
  this.timeout(300_000);
  let cluster: Cluster;

  before(async () => ({ cluster } = await environment()));
  after(() => removeNamespaces(cluster, QUICKSTART.jobNamespace, QUICKSTART.storeNamespace));

  it('its README shows the binding that is applied', async () => {
    expect(await example('README.md')).to.include(await example('binding.yaml'));
  });

  it('its manifests, applied as they are, give the driver and both executors all values', async () => {
    const { sparkImage } = await environment();
    const values = randomValues();
    await declareStore(cluster, values);
    await declareBinding(cluster);
    const run = await startJob(cluster, sparkImage);
    const received = await reports(cluster, run, { count: 3, timeoutMs: 200_000 });
    await release(cluster, run);
    const { succeeded, driverPhase } = await ended(cluster, run, 60_000);
    expect(received.map(({ pod }) => pod)).to.have.members(['driver', 'executor 1', 'executor 2']);
    expect(compare(received, expectedOf(values)).filter(({ ok }) => !ok)).to.deep.equal([]);
    expect([succeeded, driverPhase]).to.deep.equal([true, 'Succeeded']);
  });
});
