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

/** What a job on one version came to. */
interface Result {
  readonly received: readonly Report[];
  readonly outcome: Outcome;
  readonly driver: Pod | undefined;
  readonly places: readonly Place[];
}

describe('versions of Spark beside the default', function () {
  // Two images may have to be downloaded first: 460 MB at most each.
  this.timeout(900_000);
  let cluster: Cluster;
  let results: ReadonlyMap<SparkVersion, Result>;

  before(async () => {
    ({ cluster } = await environment());
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [store(namespace), storeSecret(namespace, values), binding(namespace, 'job', spec)]);
    await readiness(cluster, namespace, 'job');
    const images = [];
    for (const version of VERSIONS) {
      const image = await sparkImage({ version });
      await cluster.loadImage(image.tar);
      images.push([version, image.name] as const);
    }
    const ran = images.map(async ([version, image]) => [version, await run(version, image)] as const);
    results = new Map(await Promise.all(ran));
  });
  after(() => removeNamespaces(cluster, namespace));

  async function run(version: SparkVersion, image: string): Promise<Result> {
    const args = ['--env', ...Object.keys(expected.env), '--conf', ...Object.keys(expected.conf)];
    const job = await startJob(cluster, {
      namespace,
      name: `version-${version.replace('.', '-')}`,
      image,
      conf: { 'spark.executor.instances': '1' },
      args: [...args, '--hold-seconds=120'],
    });
    const received = await reports(cluster, job, { count: 2, timeoutMs: 180_000 });
    const driver = await getOne<Pod>(cluster, 'pod', job.driver, `--namespace=${namespace}`);
    const early = [...(await runningPlaces(cluster, job)), ...(await lastingPlaces(cluster, [namespace]))];
    await release(cluster, job);
    const outcome = await ended(cluster, job, 120_000);
    const places = merged([...early, ...(await lastingPlaces(cluster, [namespace]))]);
    return { received, outcome, driver, places };
  }

  for (const version of VERSIONS) {
    describe(`a Python job on Spark ${sparkVersion(version)}`, () => {
      it('is what its driver says that it runs on, and comes to a good end', () => {
        const { driver, outcome } = results.get(version)!;
        expect(driver?.metadata.labels?.['spark-version']).to.equal(sparkVersion(version));
        expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
      });

      it('gets every value exactly, on the driver and on its executor', () => {
        const { received } = results.get(version)!;
        expect(received.map(({ pod }) => pod)).to.have.members(['driver', 'executor 1']);
        expect(compare(received, expected).filter(({ ok }) => !ok)).to.deep.equal([]);
      });

      it('leaves no value in any place that people see', () => {
        const { places } = results.get(version)!;
        expect(places.length).to.be.greaterThan(15);
        expect(new LeakSearch(words).search(places)).to.deep.equal([]);
      });
    });
  }
});
