import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import { apply, eventually, getAll, inPod, type Pod } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { lastingPlaces, merged, runningPlaces } from '../../tools/spark/places.ts';
import { compare, type Report } from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER, ended, type Outcome, release, reports, type Submission } from '../../tools/spark/submit.ts';
import { canary, large, nasty } from './support/canary.ts';
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
import { asked, executorOf, fileDigests, fileRenewed, sha256, variables } from './support/files.ts';
import { injectionsSoFar } from './support/injections.ts';
import { startJob } from './support/job.ts';
import { secondsUntilRotated } from './support/rotation.ts';

const namespace = 'e2e-python';
const words = {
  nasty: canary(),
  large: canary(),
  rotated: canary(),
  next: canary(),
  plain: canary(),
  binary: canary(),
};
/** Each byte there is, and a word. */
const binary = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, at) => at)), Buffer.from(words.binary)]);
const values = {
  NASTY: nasty(words.nasty),
  LARGE: large(65_536, words.large),
  ROTATED: words.rotated,
  PLAIN: words.plain,
  // As `base64` prints it.
  BINARY: `${binary.toString('base64').replaceAll(/.{76}/g, '$&\n')}\n`,
};
const bindings = {
  // Selected by a label that the job gives its driver.
  labelled: {
    selector: { matchLabels: { team: 'orders' } },
    env: [
      { name: 'NASTY', key: 'NASTY' },
      { name: 'LARGE', key: 'LARGE' },
    ],
    sparkConf: [
      { name: 'spark.e2e.nasty', key: 'NASTY' },
      { name: 'spark.e2e.large', key: 'LARGE' },
    ],
    files: [
      { path: 'nasty.txt', key: 'NASTY' },
      { path: 'binary', key: 'BINARY', encoding: 'base64' },
    ],
  },
  // Selected by name; it shares a variable with the one above, from the same key.
  named: {
    selector: { applications: ['python-*'] },
    env: [
      { name: 'NASTY', key: 'NASTY' },
      { name: 'ROTATED', key: 'ROTATED' },
      { name: 'THEIRS', key: 'PLAIN' },
    ],
    sparkConf: [
      { name: 'spark.e2e.template', template: 'jdbc:x://db?password=${PLAIN}&literal=$${x}' },
      { name: 'spark.e2e.theirs', key: 'PLAIN' },
    ],
    files: [{ path: 'rotated.txt', key: 'ROTATED' }],
  },
  polite: {
    selector: { applications: ['python-job'], matchLabels: { team: 'orders' } },
    precedence: 'Pod',
    env: [{ name: 'MINE', key: 'PLAIN' }],
    sparkConf: [{ name: 'spark.e2e.mine', key: 'PLAIN' }],
  },
};
const expected = {
  env: { NASTY: values.NASTY, LARGE: values.LARGE, ROTATED: words.rotated, THEIRS: words.plain, MINE: 'own' },
  conf: {
    'spark.e2e.nasty': values.NASTY,
    'spark.e2e.large': values.LARGE,
    'spark.e2e.template': `jdbc:x://db?password=${words.plain}&literal=\${x}`,
    'spark.e2e.theirs': words.plain,
    'spark.e2e.mine': 'own',
  },
};
const given = { 'labelled/nasty.txt': values.NASTY, 'labelled/binary': binary, 'named/rotated.txt': words.rotated };
const indexes = ['labelled', 'named', 'polite'].map(keyIndexName);
const told = ['SPARK_SECRETS_API_URL', 'SPARK_SECRETS_API_CA', ...indexes];
const conf = {
  'spark.kubernetes.driver.label.team': 'orders',
  'spark.dynamicAllocation.enabled': 'true',
  'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
  'spark.dynamicAllocation.initialExecutors': '1',
  'spark.dynamicAllocation.maxExecutors': '2',
  'spark.executor.instances': '1',
  'spark.kubernetes.driverEnv.MINE': 'own',
  'spark.executorEnv.MINE': 'own',
  'spark.e2e.mine': 'own',
  'spark.kubernetes.driverEnv.THEIRS': 'overruled',
  'spark.executorEnv.THEIRS': 'overruled',
  'spark.e2e.theirs': 'overruled',
  'spark.redaction.regex': '(?i)hide-me|mine\\.\\w+=#!',
  'spark.e2e.hide-me': 'hidden-by-the-user',
  'spark.e2e.password': 'shown-by-the-user',
};

describe('a Python job that three bindings select', function () {
  this.timeout(420_000);
  let cluster: Cluster;
  let run: Submission;
  let received: readonly Report[];
  let places: readonly Place[];
  let outcome: Outcome;
  let rotationSeconds: number;
  let askedAboutDriver: number;
  let askedAtTheEnd: number;
  let merge: string;
  /** Of the driver, and of an executor. */
  let files: readonly Readonly<Record<string, string>>[];
  let environments: readonly Readonly<Record<string, string>>[];
  let answers: readonly string[];

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [store(namespace), storeSecret(namespace, values)]);
    for (const [name, spec] of Object.entries(bindings)) await apply(cluster, [binding(namespace, name, spec)]);
    for (const name of Object.keys(bindings)) await readiness(cluster, namespace, name);
    const args = ['--env', ...Object.keys(expected.env), '--conf', ...Object.keys(expected.conf)];
    run = await startJob(cluster, {
      namespace,
      name: 'python-job',
      image: shared.sparkImage,
      conf,
      args: [...args, '--tasks=6', '--task-seconds=1', '--hold-seconds=240'],
    });
    await reports(cluster, run, { count: 1, timeoutMs: 120_000 });
    askedAboutDriver = await injectionsSoFar(cluster);
    await reports(cluster, run, { count: 3, timeoutMs: 120_000 });
    const early = [...(await runningPlaces(cluster, run)), ...(await lastingPlaces(cluster, [namespace]))];
    const driver = { namespace, name: run.driver, container: DRIVER_CONTAINER };
    const both = [driver, await executorOf(cluster, namespace, 2)];
    files = await Promise.all(both.map((pod) => fileDigests(cluster, pod, ...Object.keys(given))));
    environments = await Promise.all(both.map((pod) => variables(cluster, pod, ...told)));
    rotationSeconds = await secondsUntilRotated(cluster, {
      namespace,
      binding: 'named',
      key: 'ROTATED',
      value: words.next,
      secret: storeSecret(namespace, { ...values, ROTATED: words.next }),
    });
    await Promise.all(both.map((pod) => fileRenewed(cluster, pod, 'named/rotated.txt', words.next)));
    answers = await Promise.all(both.map((pod) => asked(cluster, pod, 'ROTATED')));
    const { env, ...rest } = bindings.labelled;
    await apply(cluster, [
      binding(namespace, 'labelled', { ...rest, env: env.filter(({ name }) => name !== 'LARGE') }),
    ]);
    await readiness(cluster, namespace, 'labelled');
    const selector = '--selector=spark-role=executor,spark-exec-id=1';
    await cluster.kubectl(['delete', 'pod', selector, `--namespace=${namespace}`, '--wait=false']);
    received = await reports(cluster, run, { count: 4, timeoutMs: 120_000 });
    merge = await inPod(cluster, driver, 'grep', '^spark.redaction.regex=', '/mnt/spark-secrets/conf/spark.properties');
    askedAtTheEnd = await injectionsSoFar(cluster);
    const late = await lastingPlaces(cluster, [namespace, OPERATOR.namespace]);
    await release(cluster, run);
    outcome = await ended(cluster, run, 120_000);
    places = merged([...early, ...late, ...(await lastingPlaces(cluster, [namespace, OPERATOR.namespace]))]);
  });
  after(() => removeNamespaces(cluster, namespace));

  it('comes to a good end', () => {
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
  });

  it('gets every value exactly, on the driver and on executors, and keeps its own where a binding leaves precedence', () => {
    const pods = received.filter(({ pod }) => ['driver', 'executor 1', 'executor 2'].includes(pod));
    expect(pods).to.have.length(3);
    expect(compare(pods, expected).filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('gives them to the executor that replaces a killed one: what was rotated meanwhile, and what its binding lost', () => {
    const last = received.filter(({ pod }) => pod === 'executor 3');
    expect(last).to.have.length(1);
    const rotated = { ...expected, env: { ...expected.env, ROTATED: words.next } };
    expect(compare(last, rotated).filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('leaves nothing in the Secret that its binding lost meanwhile, once it has ended', async () => {
    await eventually('the binding’s Secret has no LARGE any more', 20_000, async () => {
      const data = await bindingData(cluster, namespace, 'labelled');
      return data?.['NASTY'] !== undefined && data['LARGE'] === undefined ? true : undefined;
    });
  });

  it('sees the files of its bindings, text and binary, on the driver and on executors; a new value reaches those that run', () => {
    const expectedFiles = Object.fromEntries(Object.entries(given).map(([name, content]) => [name, sha256(content)]));
    expect(files).to.deep.equal([expectedFiles, expectedFiles]);
  });

  it('is told where its keys are, and where the API is, which gives the newest value', () => {
    const [first, second] = environments;
    expect(first).to.deep.equal(second);
    expect(indexes.map((name) => first?.[name])).to.deep.equal([
      'LARGE env LARGE\n' + 'NASTY env NASTY\nNASTY file /mnt/spark-secrets/files/labelled/nasty.txt\n',
      'NASTY env NASTY\nPLAIN env THEIRS\nROTATED env ROTATED\nROTATED file /mnt/spark-secrets/files/named/rotated.txt\n',
      'PLAIN env MINE\n',
    ]);
    expect(first?.['SPARK_SECRETS_API_URL']).to.equal(`https://${OPERATOR.name}.${OPERATOR.namespace}.svc:8443`);
    const authorities = (first?.['SPARK_SECRETS_API_CA'] ?? '').split(' ');
    for (const text of authorities) expect(new X509Certificate(Buffer.from(text, 'base64')).ca).to.equal(true);
    expect(answers).to.deep.equal([sha256(words.next), sha256(words.next)]);
  });

  it('has its rotated value in the binding’s Secret long before its store would be asked', async () => {
    expect(rotationSeconds).to.be.lessThan(20);
    expect(await bindingData(cluster, namespace, 'named')).to.include({ ROTATED: words.next });
  });

  it('asks the webhook about its driver, and never about an executor', async () => {
    expect(askedAboutDriver).to.be.greaterThan(0);
    expect(askedAtTheEnd).to.equal(askedAboutDriver);
    const drivers = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, '--selector=spark-role=driver');
    expect(drivers.map(({ metadata }) => metadata.annotations?.['secrets.iomete.com/bindings'])).to.deep.equal([
      'labelled,named,polite',
    ]);
  });

  it('keeps the redaction that its user chose, and has the bindings’ properties redacted as well', () => {
    const page = places.find(({ where }) => where.startsWith('environment page'))?.text ?? '';
    expect(page).to.include('shown-by-the-user');
    expect(page).to.not.include('hidden-by-the-user');
    expect(merge).to.include('hide-me|mine').and.to.include('^spark[.]e2e[.]template$');
  });

  it('leaves no value in any place that people see', () => {
    const search = new LeakSearch(words);
    expect(places.length).to.be.greaterThan(25);
    expect(search.search(places)).to.deep.equal([]);
  });
});
