import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getAll, getOne, type KubeObject, type Pod } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { lastingPlaces } from '../../tools/spark/places.ts';
import { compare, type Expected, type Report } from '../../tools/spark/report.ts';
import { ended, type Outcome, release, reports, type Submission } from '../../tools/spark/submit.ts';
import { canary } from './support/canary.ts';
import {
  binding,
  bindingData,
  readiness,
  removeNamespaces,
  sparkNamespace,
  store,
  storeSecret,
} from './support/declare.ts';
import { environment } from './support/environment.ts';
import { executorOf, fileDigests, sha256 } from './support/files.ts';
import { startJob } from './support/job.ts';
import { secondsUntilRotated } from './support/rotation.ts';

type Secret = KubeObject & { readonly immutable?: boolean };

const namespace = 'e2e-application-scope';
const where = `--namespace=${namespace}`;
const words = { old: canary(), new: canary() };

/** What a pod is given, of one version of the value: sealed for the run, and of the binding that all runs share. */
function expected(own: string, shared: string): Expected {
  return { env: { OWN: own, SHARED: shared }, conf: { 'spark.e2e.own': own } };
}

describe('a job with a binding of scope Application and one of scope Shared', function () {
  this.timeout(420_000);
  let cluster: Cluster;
  let first: { run: Submission; received: readonly Report[]; outcome: Outcome; secret: Secret | undefined };
  let second: readonly Report[];
  let places: readonly Place[];
  let secretsAfter: readonly Secret[];
  let files: Readonly<Record<string, string>>;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [store(namespace), storeSecret(namespace, { TOKEN: words.old })]);
    const selector = { applications: ['scope-*'] };
    await apply(cluster, [
      binding(namespace, 'own', {
        selector,
        scope: 'Application',
        env: [{ name: 'OWN', key: 'TOKEN' }],
        sparkConf: [{ name: 'spark.e2e.own', key: 'TOKEN' }],
        files: [{ path: 'token', key: 'TOKEN' }],
      }),
      binding(namespace, 'shared', { selector, env: [{ name: 'SHARED', key: 'TOKEN' }] }),
    ]);
    for (const name of ['own', 'shared']) await readiness(cluster, namespace, name);
    const job = (name: string): Promise<Submission> =>
      startJob(cluster, {
        namespace,
        name,
        image: shared.sparkImage,
        conf: { 'spark.executor.instances': '1' },
        args: ['--env', 'OWN', 'SHARED', '--conf', 'spark.e2e.own', '--tasks=2', '--hold-seconds=240'],
      });
    const run = await job('scope-first');
    await reports(cluster, run, { count: 2, timeoutMs: 120_000 });
    const secret = await runSecret(cluster, run.driver);
    const rotated = storeSecret(namespace, { TOKEN: words.new });
    const change = { namespace, binding: 'own', key: 'OWN', value: words.new, secret: rotated };
    await secondsUntilRotated(cluster, change);
    await eventually('the shared Secret follows as well', 10_000, async () =>
      (await bindingData(cluster, namespace, 'shared'))?.['SHARED'] === words.new ? true : undefined,
    );
    await cluster.kubectl(['delete', 'pod', '--selector=spark-role=executor', where, '--wait=false']);
    const received = await reports(cluster, run, { count: 3, timeoutMs: 120_000 });
    files = await fileDigests(cluster, await executorOf(cluster, namespace, 2), 'own/token');
    places = await lastingPlaces(cluster, [namespace, OPERATOR.namespace]);
    await release(cluster, run);
    first = { run, received, secret, outcome: await ended(cluster, run, 120_000) };
    const next = await job('scope-second');
    second = await reports(cluster, next, { count: 2, timeoutMs: 120_000 });
    await release(cluster, next);
    await ended(cluster, next, 120_000);
    await cluster.kubectl(['delete', 'pod', run.driver, where, '--timeout=60s']);
    const own = `secret/${secret?.metadata.name ?? ''}`;
    await cluster.kubectl(['wait', '--for=delete', own, `${own}-files`, where, '--timeout=60s']);
    secretsAfter = await getAll<Secret>(cluster, 'secrets', where, '--selector=secrets.iomete.com/run');
  });
  after(() => removeNamespaces(cluster, namespace));

  it('comes to a good end', () => {
    expect(first.outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
  });

  it('gives an executor that starts after a rotation the value of its run, and of the shared binding the new one', () => {
    const pods = ['driver', 'executor 1'];
    const before = first.received.filter(({ pod }) => pods.includes(pod));
    const replaced = first.received.filter(({ pod }) => !pods.includes(pod));
    expect([before.length, replaced.length]).to.deep.equal([2, 1]);
    expect(compare(before, expected(words.old, words.old)).filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(compare(replaced, expected(words.old, words.new)).filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(files).to.deep.equal({ 'own/token': sha256(words.old) });
  });

  it('gives the next run the new value, on driver and executor', () => {
    expect(second).to.have.length(2);
    expect(compare(second, expected(words.new, words.new)).filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('has immutable Secrets of its own that went with its driver, while the other run’s are still there', () => {
    expect(first.secret).to.include({ immutable: true });
    const names = secretsAfter.map(({ metadata }) => metadata.name);
    expect(names)
      .to.have.length(2)
      .and.to.include(`${names[0] ?? ''}-files`);
    expect(names).not.to.include(first.secret?.metadata.name);
  });

  it('leaves no value in any place that people see', () => {
    expect(places.length).to.be.greaterThan(10);
    expect(new LeakSearch(words).search(places)).to.deep.equal([]);
  });
});

/** The Secret of a driver's run. */
async function runSecret(cluster: Cluster, driver: string): Promise<Secret | undefined> {
  const pod = await getOne<Pod>(cluster, 'pod', driver, where);
  const run = pod?.metadata.annotations?.['secrets.iomete.com/run'] ?? 'none';
  return (await getAll<Secret>(cluster, 'secrets', where, `--selector=secrets.iomete.com/run=${run}`))[0];
}
