import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { sparkImage, sparkVersion } from '../../deploy/local/spark-image.ts';
import type { SparkVersion } from '../../deploy/local/spark-releases.ts';
import { apply, getOne, type Pod } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { lastingPlaces, merged, runningPlaces } from '../../tools/spark/places.ts';
import { compare, type Report } from '../../tools/spark/report.ts';
import { ended, type Outcome, release, reports } from '../../tools/spark/submit.ts';
import { canary, nasty } from './support/canary.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';

const VERSIONS: readonly SparkVersion[] = ['3.5', '4.1'];
const namespace = 'e2e-versions';
const words = { nasty: canary(), plain: canary() };
const values = { NASTY: nasty(words.nasty), PLAIN: words.plain };
const spec = {
  selector: { applications: ['version-*'] },
  env: [{ name: 'NASTY', key: 'NASTY' }],
  sparkConf: [
    { name: 'spark.e2e.nasty', key: 'NASTY' },
    { name: 'spark.e2e.template', template: 'jdbc:x://db?password=${PLAIN}' },
  ],
};
const expected = {
  env: { NASTY: values.NASTY },
  conf: { 'spark.e2e.nasty': values.NASTY, 'spark.e2e.template': `jdbc:x://db?password=${words.plain}` },
};

describe('versions of Spark beside the default', function () {
  this.timeout(300_000);
  let cluster: Cluster;

  before(async () => {
    ({ cluster } = await environment());
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [store(namespace), storeSecret(namespace, values), binding(namespace, 'job', spec)]);
    await readiness(cluster, namespace, 'job');
  });
  after(() => removeNamespaces(cluster, namespace));

  for (const version of VERSIONS) {
    describe(`a Python job on Spark ${sparkVersion(version)}`, function () {
      // The image of another version may have to be downloaded first: 460 MB at most.
      this.timeout(600_000);
      let received: readonly Report[];
      let outcome: Outcome;
      let driver: Pod | undefined;
      let places: readonly Place[];

      before(async () => {
        const image = await sparkImage({ version });
        await cluster.loadImage(image.tar);
        const args = ['--env', ...Object.keys(expected.env), '--conf', ...Object.keys(expected.conf)];
        const run = await startJob(cluster, {
          namespace,
          name: `version-${version.replace('.', '-')}`,
          image: image.name,
          conf: { 'spark.executor.instances': '1' },
          args: [...args, '--hold-seconds=120'],
        });
        received = await reports(cluster, run, { count: 2, timeoutMs: 120_000 });
        driver = await getOne<Pod>(cluster, 'pod', run.driver, `--namespace=${namespace}`);
        const early = [...(await runningPlaces(cluster, run)), ...(await lastingPlaces(cluster, [namespace]))];
        await release(cluster, run);
        outcome = await ended(cluster, run, 120_000);
        places = merged([...early, ...(await lastingPlaces(cluster, [namespace]))]);
      });

      it('is what its driver says that it runs on, and comes to a good end', () => {
        expect(driver?.metadata.labels?.['spark-version']).to.equal(sparkVersion(version));
        expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
      });

      it('gets every value exactly, on the driver and on its executor', () => {
        expect(received.map(({ pod }) => pod)).to.have.members(['driver', 'executor 1']);
        expect(compare(received, expected).filter(({ ok }) => !ok)).to.deep.equal([]);
      });

      it('leaves no value in any place that people see', () => {
        expect(places.length).to.be.greaterThan(15);
        expect(new LeakSearch(words).search(places)).to.deep.equal([]);
      });
    });
  }
});
