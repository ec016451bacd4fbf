import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply, getAll, type Pod } from '../../tools/spark/kube.ts';
import { LeakSearch, type Place } from '../../tools/spark/leak-search.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { logPlaces, merged } from '../../tools/spark/places.ts';
import { compare, type Report } from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER, ended, type Outcome, release, reports } from '../../tools/spark/submit.ts';
import { canary, nasty } from './support/canary.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';
import { insidePlaces, objectPlaces } from './support/looks.ts';
import { program } from './support/program.ts';

const namespace = 'e2e-leaks';
const name = 'leaks';
/** One word for each way a value goes, so that a leak says which. */
const words = {
  whole: canary(),
  inside: canary(),
  executor: canary(),
  driver: canary(),
  driverInside: canary(),
  template: canary(),
  property: canary(),
  hadoop: canary(),
  native: canary(),
  ssl: canary(),
  accessKey: canary(),
  secretKey: canary(),
  credential: canary(),
  file: canary(),
};
/** Stands in the job's conf in clear: where it is found, a value would have been found. */
const SHOWN = canary();
const property = nasty(words.property);
const spec = {
  selector: { applications: [name] },
  env: [{ name: 'TEMPLATE', template: 'jdbc:x://db?password=${template}' }],
  sparkConf: [
    { name: 'spark.e2e.property', key: 'property' },
    { name: 'spark.hadoop.fs.s3a.secret.key', key: 'hadoop' },
    { name: 'spark.hadoop.e2e.native', key: 'native', delivery: 'Value' },
    { name: 'spark.ssl.ui.keyPassword', key: 'ssl' },
  ],
  presets: [
    { type: 'S3A', group: 's3', bucket: 'orders' },
    { type: 'IcebergREST', group: 'iceberg', catalog: 'lake' },
  ],
  files: [{ path: 'file.txt', key: 'file' }],
  references: ['whole', 'inside', 'executor', 'driver', 'driverInside'].map((key) => ({ key })),
};
const conf = {
  'spark.e2e.shown': SHOWN,
  'spark.e2e.whole': '${secrets.whole}',
  'spark.e2e.inside': 'jdbc:x://db?password=${secrets.inside}&more',
  'spark.executorEnv.EXECUTOR': '${secrets.executor}',
  'spark.kubernetes.driverEnv.DRIVER': '${secrets.driver}',
  'spark.kubernetes.driverEnv.DRIVER_INSIDE': 'user:${secrets.driverInside}@host',
  // Every bash of a pod traces, as the entrypoint of Spark's own images does, and Spark prints how it calls Java.
  'spark.kubernetes.driverEnv.SHELLOPTS': 'xtrace',
  'spark.executorEnv.SHELLOPTS': 'xtrace',
  'spark.kubernetes.driverEnv.SPARK_PRINT_LAUNCH_COMMAND': '1',
  'spark.executor.instances': '1',
};
/** Delivered by environment: Spark's conf has a reference. */
const hadoop = {
  'spark.hadoop.fs.s3a.secret.key': words.hadoop,
  'spark.hadoop.fs.s3a.bucket.orders.access.key': words.accessKey,
  'spark.hadoop.fs.s3a.bucket.orders.secret.key': words.secretKey,
};
const properties = {
  'spark.e2e.whole': words.whole,
  'spark.e2e.inside': `jdbc:x://db?password=${words.inside}&more`,
  'spark.e2e.property': property,
  'spark.hadoop.e2e.native': words.native,
  'spark.sql.catalog.lake.credential': words.credential,
  ...hadoop,
};
const ssl = { 'spark.ssl.ui.keyPassword': words.ssl };
const TEMPLATE = `jdbc:x://db?password=${words.template}`;
const driverEnv = { DRIVER: words.driver, DRIVER_INSIDE: `user:${words.driverInside}@host`, TEMPLATE };
const executorEnv = { EXECUTOR: words.executor, TEMPLATE };

type Word = keyof typeof words;
const inConf: readonly Word[] = ['whole', 'inside', 'property', 'native', 'credential'];
const inEveryEnv: readonly Word[] = ['template', 'hadoop', 'ssl', 'accessKey', 'secretKey'];
/**
 * The only places where a value may be found, all of them inside of the pods: what was delivered as a file is that file, what
 * was delivered as a variable is in the environment of the processes, what was delivered as conf in the one file that spark-submit reads, in memory, and in the
 * driver's system properties, into which Spark copies its conf. docs/limits.md says so.
 */
const allowed: Readonly<Record<string, readonly Word[]>> = {
  'driver: environment variables of processes': [...inEveryEnv, 'driver', 'driverInside'],
  'driver: file /mnt/spark-secrets/conf/spark.properties': inConf,
  'driver: jcmd properties': inConf,
  'executor: environment variables of processes': [...inEveryEnv, 'executor'],
  'driver: file /mnt/spark-secrets/files/leaks/file.txt': ['file'],
  'executor: file /mnt/spark-secrets/files/leaks/file.txt': ['file'],
};

describe('a job that writes down all that it can', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let received: readonly Report[];
  let outcome: Outcome;
  let places: readonly Place[];
  let log: string;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    await sparkNamespace(cluster, namespace);
    const { accessKey, secretKey, credential, ...root } = { ...words, property };
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, root),
      storeSecret(namespace, { ACCESS_KEY: accessKey, SECRET_KEY: secretKey }, 's3'),
      storeSecret(namespace, { CREDENTIAL: credential }, 'iceberg'),
      binding(namespace, name, spec),
    ]);
    await readiness(cluster, namespace, name);
    const list = (option: string, values: object): string[] => [`--${option}`, ...Object.keys(values)];
    const env = list('env', { ...driverEnv, ...executorEnv });
    const args = [...env, ...list('conf', properties), ...list('ssl', ssl), ...list('literal', { ...hadoop, ...ssl })];
    const job = { namespace, name, image: shared.sparkImage, conf, args, ...(await program('show_all.py')) };
    const run = await startJob(cluster, job);
    received = await reports(cluster, run, { count: 2, timeoutMs: 120_000 });
    const driver = { namespace, name: run.driver, container: DRIVER_CONTAINER };
    const [executor] = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, '--selector=spark-role=executor');
    const inExecutor = { namespace, name: executor?.metadata.name ?? '', container: 'spark-kubernetes-executor' };
    const early = [
      ...(await insidePlaces(cluster, 'driver', driver, 'pages')),
      ...(await insidePlaces(cluster, 'executor', inExecutor)),
      ...(await logPlaces(cluster, namespace)),
      ...(await objectPlaces(cluster, namespace)),
    ];
    await release(cluster, run);
    outcome = await ended(cluster, run, 60_000);
    const late = [
      ...(await logPlaces(cluster, namespace)),
      ...(await logPlaces(cluster, OPERATOR.namespace)),
      ...(await objectPlaces(cluster, namespace)),
      ...(await objectPlaces(cluster, OPERATOR.namespace)),
      ...(await objectPlaces(cluster)),
    ];
    places = merged([...early, ...late]);
    log = textOf(`log of ${namespace}/${run.driver}, container ${DRIVER_CONTAINER}`);
  });
  after(() => removeNamespaces(cluster, namespace));

  /** All texts of the places whose name begins so. */
  function textOf(start: string): string {
    return places.flatMap(({ where, text }) => (where.startsWith(start) ? [text] : [])).join('\n');
  }

  it('comes to a good end', () => {
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
  });

  it('gets every value exactly, on the driver and on the executor', () => {
    const [driver, executor] = received;
    expect([driver?.pod, executor?.pod]).to.deep.equal(['driver', 'executor 1']);
    const given = [
      ...compare([driver!], { env: driverEnv, conf: { ...properties, ...ssl } }),
      ...compare([executor!], { env: executorEnv, conf: properties }),
    ];
    expect(given.filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('reads a reference where a value came by environment: it is not in Spark’s conf', () => {
    const read = JSON.parse(/^READ (.*)$/m.exec(log)?.[1] ?? '{}') as Record<string, string>;
    expect(Object.keys(read)).to.have.members(Object.keys({ ...hadoop, ...ssl }));
    for (const key of Object.keys(hadoop)) expect(read[key]).to.match(/^\$\{env\.\w+\}$/);
    expect(read['spark.ssl.ui.keyPassword']).to.match(/^\$\{env:\w+\}$/);
  });

  it('is searched where it shows what it was given, and traces its commands', () => {
    expect(log).to.match(/^\+ exec .*spark-submit .*--properties-file \/mnt\/spark-secrets\/conf\/spark.properties/m);
    expect(log)
      .to.match(/^Spark Command: /m)
      .and.to.match(/^SET spark\.e2e\.whole spark\.e2e\.whole \*/m);
    expect(log).to.match(/^spark\.e2e\.whole=\*+\(redacted\)/m); // spark.logConf
    expect(textOf(`log of ${namespace}/`)).to.match(/^\+ exec .*KubernetesExecutorBackend/m);
    for (const place of [
      `log of ${namespace}/`,
      `kubectl get of ${namespace}`,
      `kubectl describe of ${namespace}`,
      'driver: file /tmp/spark-',
      'driver: file /opt/spark/conf/spark.properties',
      'driver: file /mnt/spark-secrets/conf/spark.properties',
      'driver: page /environment/',
      'driver: page /api/v1/applications/ID/environment',
    ])
      expect(textOf(place), place).to.include(SHOWN);
    expect(textOf('driver: file /tmp/spark-')).to.include('SparkListenerEnvironmentUpdate');
    expect(textOf(`kubectl get of ${namespace}`)).to.match(/"name": "spark-exec-\w+-conf-map"/);
    expect(textOf('driver: page /SQL/execution/')).to.include('ConfProbe');
    for (const role of ['driver', 'executor'])
      for (const what of ['command lines', 'jcmd of the JVM', 'file /tmp/hsperfdata'])
        expect(textOf(`${role}: ${what}`), `${role}: ${what}`).to.include('org.apache.spark');
  });

  it('leaves its values in the places that are allowed, each of them, and in no other', () => {
    // The kubelet has the bytes of a file in a folder with a time in its name, and links to it.
    const named = (where: string): string => where.replace(/[/][.][.][0-9_.]+[/]/, '/');
    const found = new LeakSearch(words).search(places).map(({ where, value }) => `${named(where)}: ${value}`);
    const expected = Object.entries(allowed).flatMap(([where, values]) => values.map((value) => `${where}: ${value}`));
    expect([...new Set(found)].sort()).to.deep.equal(expected.sort());
  });
});
