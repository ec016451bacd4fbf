import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, eventually, getAll, inPod, type KubeObject } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { lastingPlaces, merged, runningPlaces } from '../../tools/spark/places.ts';
import { compare, type Expected, type Report } from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER, ended, logs, release, reports, type Outcome } from '../../tools/spark/submit.ts';
import { clientRun, javaEnvironment, podImages, type PodImages } from './support/client-pod.ts';
import { declarations, expected, expectedOfExecutor, LOG_MARK, pods, words } from './support/client-scene.ts';
import { readiness, removeNamespaces, sparkNamespace } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { executorOf, fileDigests, variables } from './support/files.ts';
import { beeline, thriftServes } from './support/thrift.ts';

const namespace = 'e2e-client';
const runs = {
  script: clientRun(namespace, 'script'),
  notebook: clientRun(namespace, 'notebook'),
  thrift: clientRun(namespace, 'thrift'),
  nowhere: clientRun(namespace, 'nowhere'),
};

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

describe('drivers in pods that opted in', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let refusal: string;
  let script: readonly Report[];
  let notebook: readonly Report[];
  let sql: string;
  let nowhere: string;
  let outcomes: readonly Outcome[];
  let executorConf: readonly ConfigMap[];
  let confFolder: string;
  /** Of the script, and of its executor. */
  let files: readonly Readonly<Record<string, string>>[];
  let addresses: readonly Readonly<Record<string, string>>[];
  let notebookEnvironment: Place;
  let notebookPod: PodImages;
  let places: readonly Place[];

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, await declarations(namespace, shared.sparkImage));
    for (const name of ['launches', 'notebook']) await readiness(cluster, namespace, name);
    const all = pods(namespace, shared.sparkImage);
    await apply(cluster, [all.script, all.thrift, all.notebook, all.nowhere]);
    refusal = await apply(cluster, [all['nowhere-env']]).catch((error: unknown) => (error as Error).message);
    notebook = await reports(cluster, runs.notebook, { count: 2, timeoutMs: 120_000 });
    await thriftServes(cluster, runs.thrift, 120_000);
    script = await reports(cluster, runs.script, { count: 2, timeoutMs: 120_000 });
    [sql, nowhere] = await Promise.all([
      beeline(cluster, runs.thrift, [...queries(expected.thrift), 'SET', 'SET -v', 'SET spark.e2e.command']),
      describedEnd(cluster, 'nowhere'),
    ]);
    const early = await whileTheyRun();
    const live = [runs.script, runs.notebook];
    for (const run of live) await release(cluster, run);
    outcomes = await Promise.all(live.map((run) => ended(cluster, run, 60_000)));
    places = merged([...early, ...(await lastingPlaces(cluster, [namespace, OPERATOR.namespace]))]);
  });
  after(() => removeNamespaces(cluster, namespace));

  async function whileTheyRun(): Promise<readonly Place[]> {
    notebookEnvironment = await javaEnvironment(cluster, runs.notebook);
    notebookPod = await podImages(cluster, runs.notebook);
    const configMaps = await getAll<ConfigMap>(cluster, 'configmaps', `--namespace=${namespace}`);
    executorConf = configMaps.filter(({ metadata }) => /^spark-exec-.*-conf-map$/.test(metadata.name));
    const container = { namespace, name: 'script', container: DRIVER_CONTAINER };
    const show = 'cd "$SPARK_CONF_DIR" && pwd && cat log4j2.properties';
    confFolder = await inPod(cluster, container, 'sh', '-c', show);
    const both = [container, await executorOf(cluster, namespace, 1)];
    files = await Promise.all(both.map((pod) => fileDigests(cluster, pod, 'launches/nasty.txt')));
    addresses = await Promise.all(both.map((pod) => variables(cluster, pod, 'SPARK_SECRETS_API_URL')));
    const live = [runs.script, runs.notebook, runs.thrift];
    const running = (await Promise.all(live.map((run) => runningPlaces(cluster, run)))).flat();
    return [{ where: 'what beeline shows', text: sql }, ...running, ...(await lastingPlaces(cluster, [namespace]))];
  }

  it('come to a good end: a script and a notebook', () => {
    expect(outcomes.map(({ succeeded }) => succeeded)).to.deep.equal([true, true]);
  });

  it('a script in the cluster gets every value, with references of a spark-defaults.conf that was written by hand', () => {
    expect(mismatches(script, { driver: expected.script })).to.deep.equal([]);
  });

  it('its executor gets them by Spark alone, also a variable that refers to a key', () => {
    expect(mismatches(script, { 'executor 1': expectedOfExecutor })).to.deep.equal([]);
  });

  it('both see the files of the binding, and are told where the API is', () => {
    const seen = { 'launches/nasty.txt': sha256(expected.script.env.NASTY) };
    const told = { SPARK_SECRETS_API_URL: `https://${OPERATOR.name}.${OPERATOR.namespace}.svc:8443` };
    expect([files, addresses]).to.deep.equal([
      [seen, seen],
      [told, told],
    ]);
  });

  it('the other files of its conf folder are still there, and are heeded', async () => {
    expect(confFolder).to.include('/mnt/spark-secrets/conf\n').and.to.include(LOG_MARK);
    expect(await logs(cluster, namespace, 'script', DRIVER_CONTAINER)).to.include(LOG_MARK);
  });

  it('the ConfigMap of its executors has what the user put into the folder, and nothing of ours', () => {
    expect(executorConf).to.have.lengthOf(1);
    const { 'spark.properties': properties = '', ...files } = executorConf[0]?.data ?? {};
    expect(Object.keys(files)).to.have.members(['log4j2.properties', 'spark.kubernetes.namespace']);
    const lines = properties.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).to.deep.equal([`spark.kubernetes.namespace=${namespace}`]);
  });

  it('plain Python gets every value by the JVM argument file, and keeps its own options', () => {
    const worker = { env: expected.notebook.env, conf: {} };
    expect(mismatches(notebook, { driver: expected.notebook, worker })).to.deep.equal([]);
  });

  it('the environment of its JVM names that file and has no property in it', () => {
    const { text } = notebookEnvironment;
    expect(text).to.match(/^JDK_JAVA_OPTIONS=-Down=1 @\/mnt\/spark-secrets\/conf\/jvm\.args$/m);
    // What is given as a variable is there: it is the right process.
    expect(text).to.include(`PASSWORD=${words.plain}`);
    expect(new LeakSearch({ ascii: words.ascii }).search([notebookEnvironment])).to.deep.equal([]);
  });

  it('its init container ran the image of the operator, as it asked', () => {
    const { initContainerStatuses: [merge] = [], containerStatuses: [main] = [] } = notebookPod.status ?? {};
    expect(merge?.image).to.include('/spark-secrets-operator:');
    expect(merge?.imageID)
      .to.match(/sha256:/)
      .and.not.equal(main?.imageID);
  });

  it('a real client of a Thrift server sees that the server has every value', () => {
    const rows = [...sql.matchAll(/([\w.]+)\t([0-9a-f]{64})$/gm)].map(([, name, digest]) => [name, digest]);
    const wanted = Object.entries({ ...expected.thrift.env, ...expected.thrift.conf });
    expect(rows).to.deep.equal(wanted.map(([name, value]) => [name, sha256(value)]));
  });

  it('SET shows that client the names of the properties and no value', () => {
    const times = (name: string): number => sql.split(`${name}\t*********(redacted)`).length - 1;
    const once = ['spark.e2e.nasty', 'spark.e2e.template', 'spark.e2e.inside'].map(times);
    // The last statement asks for it alone.
    expect([...once, times('spark.e2e.command')]).to.deep.equal([1, 1, 1, 2]);
    expect(sql).to.include('spark.e2e.own\tof the properties file').and.to.include('spark.sql.shuffle.partitions\t');
  });

  it('a pod whose conf refers to a key that no binding covers does not start, and describe says which', () => {
    expect(nowhere).to.include('the job refers to ${secrets.NOWHERE} in spark.e2e.typo');
  });

  it('a pod whose environment refers to such a key is not let in, and the message says which', () => {
    expect(refusal).to.include('The variable URL refers to ${secrets.NOWHERE}').and.to.include('spec.references');
  });

  it('leave no value in any place that people see', () => {
    expect(places.length).to.be.greaterThan(30);
    expect(new LeakSearch(words).search(places)).to.deep.equal([]);
  });
});

/** A row for each variable and property: its name, and the SHA-256 of what the server's JVM has. */
function queries({ env, conf }: Expected): readonly string[] {
  const row = (method: string) => (name: string) =>
    `SELECT '${name}', sha2(reflect('java.lang.System', '${method}', '${name}'), 256)`;
  return [...Object.keys(env).map(row('getenv')), ...Object.keys(conf).map(row('getProperty'))];
}

function mismatches(found: readonly Report[], wanted: Readonly<Record<string, Expected>>): readonly object[] {
  return Object.entries(wanted).flatMap(([pod, values]) => {
    const own = found.filter((report) => report.pod === pod);
    expect(own, `reports of the ${pod}`).to.have.lengthOf(1);
    return compare(own, values).filter(({ ok }) => !ok);
  });
}

async function describedEnd(cluster: Cluster, name: keyof typeof runs): Promise<string> {
  await eventually(`pod ${name} fails`, 90_000, async () =>
    (await podImages(cluster, runs[name])).status?.phase === 'Failed' ? true : undefined,
  );
  return cluster.kubectl(['describe', 'pod', name, `--namespace=${namespace}`]);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
