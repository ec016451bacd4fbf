import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, inPod } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { lastingPlaces } from '../../tools/spark/places.ts';
import {
  compare,
  parseReports,
  shortDigest,
  type Comparison,
  type Expected,
  type Report,
} from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER } from '../../tools/spark/submit.ts';
import { installKubeflow, KUBEFLOW_NAMESPACE, removeKubeflow } from '../servers/kubeflow/install.ts';
import { canary, nasty } from './support/canary.ts';
import { connectShell } from './support/connect-shell.ts';
import {
  binding,
  namespaceGone,
  readiness,
  removeNamespaces,
  sparkNamespace,
  store,
  storeSecret,
} from './support/declare.ts';
import { environment } from './support/environment.ts';
import {
  applicationEnded,
  connectReady,
  scheduledApplication,
  scheduledRun,
  sparkApplication,
  sparkConnect,
  startKubeflow,
  type KubeflowOutcome,
} from './support/kubeflow.ts';

const namespace = 'e2e-kubeflow';
const words = { plain: canary(), nasty: canary(), referred: canary() };
const values = { PLAIN: words.plain, NASTY: nasty(words.nasty) };
const given = {
  env: [
    { name: 'NASTY', key: 'NASTY' },
    { name: 'PLAIN', key: 'PLAIN' },
  ],
  sparkConf: [
    { name: 'spark.hadoop.fs.s3a.secret.key', key: 'PLAIN' },
    { name: 'spark.e2e.template', template: 'jdbc:x://db?password=${PLAIN}' },
  ],
  references: [{ group: 'team' }],
};
/** What the objects themselves say. No object and no ConfigMap is rewritten. */
const conf = {
  'spark.e2e.alone': '${secrets.team/KEY}',
  'spark.e2e.inside': 'https://user:${secrets.team/KEY}@host/?again=${secrets.PLAIN}',
  'spark.executorEnv.EXECUTOR_REF': '${secrets.team/KEY}',
};
const driver = {
  env: [
    { name: 'DRIVER_REF', value: '${secrets.team/KEY}' },
    { name: 'DRIVER_URL', value: 'a:${secrets.PLAIN}@${secrets.team/KEY}' },
  ],
};
const expectedConf = {
  'spark.hadoop.fs.s3a.secret.key': words.plain,
  'spark.e2e.template': `jdbc:x://db?password=${words.plain}`,
  'spark.e2e.alone': words.referred,
  'spark.e2e.inside': `https://user:${words.referred}@host/?again=${words.plain}`,
};
const expected: Readonly<Record<'driver' | 'executor 1', Expected>> = {
  driver: {
    env: {
      NASTY: values.NASTY,
      PLAIN: words.plain,
      DRIVER_REF: words.referred,
      DRIVER_URL: `a:${words.plain}@${words.referred}`,
    },
    conf: expectedConf,
  },
  'executor 1': {
    env: { NASTY: values.NASTY, PLAIN: words.plain, EXECUTOR_REF: words.referred },
    conf: expectedConf,
  },
};
/** Of an executor's variables what is ASCII: this image has no UTF-8 locale, without which Java breaks the rest. */
const readByJava = { PLAIN: words.plain, EXECUTOR_REF: words.referred };
const variables = ['NASTY', 'PLAIN', 'DRIVER_REF', 'DRIVER_URL', 'EXECUTOR_REF'];
const args = ['--env', ...variables, '--conf', ...Object.keys(expectedConf)];

/** Prints the name of each property of the server's conf file, and the short hash of its value. */
const CONF_DIGESTS = `
import hashlib, re
for line in open('/mnt/spark-secrets/conf/spark-defaults.conf'):
    name, _, value = line.rstrip('\\n').partition('=')
    print(name, hashlib.sha256(re.sub(r'\\\\(.)', r'\\1', value).encode()).hexdigest()[:8])
`;

function parsed(text: string, line: RegExp): Record<string, string | undefined> {
  return Object.fromEntries([...text.matchAll(line)].map(([, name = '', value]) => [name, value]));
}

function digests(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shortDigest(value)]));
}

/** What does not match of what driver and executor were given. */
function mismatches(reports: readonly Report[]): readonly Comparison[] {
  return Object.entries(expected).flatMap(([pod, wanted]) => {
    const found = reports.filter((report) => report.pod === pod);
    expect(found, `reports of the ${pod}`).to.have.lengthOf(1);
    return compare(found, wanted).filter(({ ok }) => !ok);
  });
}

describe("Kubeflow's operator", function () {
  // Its program is built from its Go module the first time.
  this.timeout(900_000);
  let cluster: Cluster;
  let application: KubeflowOutcome;
  let scheduled: KubeflowOutcome;
  let uncovered: KubeflowOutcome;
  let uncoveredPod: string;
  let connect: string;
  let connectClient: string;
  let connectConf: string;
  let places: readonly Place[];

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    await installKubeflow(cluster, [namespace]);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, values),
      storeSecret(namespace, { KEY: words.referred }, 'team'),
      // By the names that people gave their objects.
      binding(namespace, 'orders', { selector: { applications: ['orders', 'nightly', 'adhoc', 'broken'] }, ...given }),
    ]);
    await readiness(cluster, namespace, 'orders');
    const job = (name: string) => ({ namespace, name, image: shared.sparkImage, conf, args, driver });
    const where = (name: string) => ({ namespace, name });
    const broken = { ...job('broken'), conf: { ...conf, 'spark.e2e.typo': 'x${secrets.team/TYPO}' } };
    await startKubeflow(cluster, namespace, sparkApplication(job('orders')), sparkApplication(broken));
    application = await applicationEnded(cluster, where('orders'), 240_000);
    uncovered = await applicationEnded(cluster, where('broken'), 120_000);
    uncoveredPod = await cluster.kubectl(['describe', 'pod', uncovered.driver, `--namespace=${namespace}`]);

    const adhoc = sparkConnect({ ...job('adhoc'), driver: {} });
    await startKubeflow(cluster, namespace, scheduledApplication(job('nightly'), '@every 10s'), adhoc);
    connect = await connectReady(cluster, where('adhoc'), 240_000);
    const server = { namespace, name: connect };
    connectConf = await inPod(cluster, { ...server, container: DRIVER_CONTAINER }, 'python3', '-c', CONF_DIGESTS);
    connectClient = await connectShell(cluster, server, 'sc://adhoc-server:15002', [
      ...Object.keys(expectedConf).map(
        (name) => `println("SET ${name}=" + spark.sql("SET ${name}").head.getString(1))`,
      ),
      ...Object.keys(readByJava).map(
        (name) =>
          `println("ENV " + "${name}=" + spark.range(1).selectExpr("substring(sha2(reflect('java.lang.System', 'getenv', '${name}'), 256), 1, 8)").head.getString(0))`,
      ),
    ]);
    const run = await scheduledRun(cluster, where('nightly'), 120_000);
    scheduled = await applicationEnded(cluster, run, 240_000);
    places = await lastingPlaces(cluster, [namespace, KUBEFLOW_NAMESPACE]);
  });
  after(async () => {
    await removeNamespaces(cluster, namespace);
    await namespaceGone(cluster, namespace);
    await removeKubeflow(cluster);
  });

  it('runs a SparkApplication to a good end, with every value and every reference on driver and executor', () => {
    expect(application).to.include({ state: 'COMPLETED' });
    expect(mismatches(parseReports(application.log))).to.deep.equal([]);
  });

  it('runs what a ScheduledSparkApplication starts in the same way, by the name of the schedule', () => {
    expect(scheduled).to.include({ state: 'COMPLETED' });
    expect(mismatches(parseReports(scheduled.log))).to.deep.equal([]);
  });

  it('does not start a driver whose conf refers to a key that no binding covers, and describe says which', () => {
    expect(uncovered.state).to.equal('FAILED');
    expect(parseReports(uncovered.log)).to.deep.equal([]);
    expect(uncoveredPod).to.include('${secrets.team/TYPO} in spark.e2e.typo');
  });

  it('serves a real client of SparkConnect: the references of its command, on server and executor', () => {
    const { 'spark.hadoop.fs.s3a.secret.key': hadoop, ...plain } = expectedConf;
    const inFile = parsed(connectConf, /^(\S+) ([0-9a-f]{8})$/gm);
    expect(inFile).to.include(digests(plain));
    // Whoever is connected may read the server's conf: what Hadoop can take from the environment is not in it.
    expect(inFile['spark.hadoop.fs.s3a.secret.key']).to.be.a('string').and.not.equal(shortDigest(hadoop));
    expect(parsed(connectClient, /^ENV (\S+)=([0-9a-f]{8})$/gm)).to.deep.equal(digests(readByJava));
  });

  it('shows a client of SparkConnect that there are such properties, and not what they hold', () => {
    const shown = parsed(connectClient, /^SET (\S+)=(\S+)$/gm);
    expect(Object.keys(shown)).to.have.members(Object.keys(expectedConf));
    expect([...new Set(Object.values(shown))]).to.deep.equal(['*********(redacted)']);
  });

  it('leaves no value in any place that people see', () => {
    expect(places.length).to.be.greaterThan(25);
    expect(new LeakSearch(words).search(places)).to.deep.equal([]);
  });
});
