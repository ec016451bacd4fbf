import { canary, nasty } from './canary.ts';
import { binding, store, storeSecret } from './declare.ts';
import { clientPod, configMap, programs, type ClientPod } from './client-pod.ts';

/** Searched for. `ascii` is in no environment variable. */
export const words = { nasty: canary(), plain: canary(), team: canary(), ascii: canary(), again: canary() };

/** Java's argument file carries ASCII alone. */
const ascii = nasty(words.ascii).replaceAll(/[^\t\n\r -~]/g, '');
const team = nasty(words.team);
/** A text like a reference is in all that `nasty` makes; KEY exists, so that it could be put in. */
const values = { NASTY: nasty(words.nasty), PLAIN: words.plain, ASCII: ascii, KEY: words.again };
const template = 'jdbc:x://db?password=${PLAIN}&literal=$${x}';
const templated = `jdbc:x://db?password=${words.plain}&literal=\${x}`;

/** What drivers are given, by the name of their pod; and the executor of the script. */
export const expected = {
  script: {
    env: { NASTY: values.NASTY, URL: `jdbc:x?p=${team}` },
    conf: {
      'spark.e2e.nasty': values.NASTY,
      'spark.e2e.template': templated,
      'spark.hadoop.fs.s3a.secret.key': words.plain,
      'spark.e2e.alone': team,
      'spark.e2e.inside': `https://user:${team}@host/?again=${words.plain}`,
      'spark.e2e.continued': `first second ${words.plain}`,
      'spark.e2e.literal': '${secrets.PLAIN}',
      'spark.e2e.own': 'a = b : c # d',
    },
  },
  notebook: {
    env: { PASSWORD: words.plain },
    conf: {
      'spark.e2e.ascii': ascii,
      'spark.e2e.template': templated,
      'spark.hadoop.fs.s3a.secret.key': words.plain,
      // Given by the pod itself, in the variable that our argument file is added to.
      own: '1',
    },
  },
  thrift: {
    env: { NASTY: values.NASTY, URL: `jdbc:x?p=${team}` },
    conf: {
      'spark.e2e.nasty': values.NASTY,
      'spark.e2e.template': templated,
      'spark.e2e.inside': `https://user:${team}@host/`,
      'spark.e2e.command': `<${words.plain}>`,
      'spark.e2e.own': 'of the properties file',
    },
  },
} as const;
export const expectedOfExecutor = {
  env: { NASTY: values.NASTY, EXECUTOR_REF: team },
  conf: expected.script.conf,
} as const;

/** The only line of the scripts' log4j2.properties that shows in a log. */
export const LOG_MARK = 'as-our-log4j2-says';

const eventLog = `
spark.logConf                    true
spark.eventLog.enabled           true
spark.eventLog.dir               file:///tmp
spark.eventLog.compress          false
spark.eventLog.rolling.enabled   false
`;

/** As people write it: tabs, blanks, colons, comments, a line that goes on. */
const defaults = (namespace: string, image: string): string => `# ours, by hand; not a reference: \${secrets.COMMENT}
! nor this: \${secrets.COMMENT}

spark.kubernetes.namespace\t\t${namespace}
spark.kubernetes.container.image ${image}
spark.kubernetes.executor.request.cores=200m
  spark.executor.instances : 1
spark.executor.memory 512m
spark.driver.memory\t512m
spark.scheduler.minRegisteredResourcesRatio 1.0
spark.kubernetes.driver.requestTimeout 60000
${eventLog}
spark.e2e.alone\t\${secrets.team/KEY}
spark.e2e.inside   https://user:\${secrets.team/KEY}@host/?again=\${secrets.PLAIN}
spark.e2e.continued = first \\
      second \${secrets.PLAIN}
spark.e2e.literal \\u0024{secrets.PLAIN}
spark.e2e.own\ta = b : c # d
spark.executorEnv.EXECUTOR_REF=\${secrets.team/KEY}
`;

const log4j2 = `rootLogger.level = info
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = ${LOG_MARK} %d{HH:mm:ss} %p %c{1}: %m%n%ex
`;

/** What start-thriftserver.sh does, which PySpark's package leaves out; its properties come from a file that it names. */
const thriftScript = `# as people start it by hand
/opt/spark/sbin/spark-daemon.sh submit org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 1 \\
  --name 'Thrift JDBC/ODBC Server' --master 'local[1]' --driver-memory 512m \\
  --properties-file /etc/spark/thrift.properties --conf "spark.e2e.command=<\${secrets.PLAIN}>"`;

/** The store, who gets what of it, and the files of the pods. */
export async function declarations(namespace: string, image: string): Promise<readonly object[]> {
  const hadoop = { name: 'spark.hadoop.fs.s3a.secret.key', key: 'PLAIN' };
  return [
    store(namespace),
    storeSecret(namespace, values),
    storeSecret(namespace, { KEY: team }, 'team'),
    binding(namespace, 'launches', {
      selector: { applications: ['script', 'thrift', 'nowhere*'] },
      env: [{ name: 'NASTY', key: 'NASTY' }],
      sparkConf: [{ name: 'spark.e2e.nasty', key: 'NASTY' }, { name: 'spark.e2e.template', template }, hadoop],
      references: [{ group: 'team' }, { key: 'PLAIN' }, { key: 'KEY' }],
      files: [{ path: 'nasty.txt', key: 'NASTY' }],
    }),
    binding(namespace, 'notebook', {
      selector: { applications: ['notebook'] },
      env: [{ name: 'PASSWORD', key: 'PLAIN' }],
      sparkConf: [{ name: 'spark.e2e.ascii', key: 'ASCII' }, { name: 'spark.e2e.template', template }, hadoop],
    }),
    await programs(namespace),
    configMap(namespace, 'script', {
      'spark-defaults.conf': defaults(namespace, image),
      'log4j2.properties': log4j2,
    }),
    configMap(namespace, 'thrift', {
      'thrift.properties': `${eventLog}
spark.sql.catalogImplementation in-memory
spark.e2e.inside=https://user:\${secrets.team/KEY}@host/
spark.e2e.own\tof the properties file
`,
    }),
    configMap(namespace, 'nowhere', { 'spark-defaults.conf': 'spark.e2e.typo\tx${secrets.NOWHERE}\n' }),
  ];
}

/** The pods, by name. `nowhere-env` is one that is not let in. */
export function pods(namespace: string, image: string): Readonly<Record<keyof typeof specs | 'nowhere-env', object>> {
  const made = Object.entries({ ...specs, 'nowhere-env': refused }).map(([name, spec]) => [
    name,
    clientPod({ namespace, name, image, ...spec }),
  ]);
  return Object.fromEntries(made) as Record<keyof typeof specs | 'nowhere-env', object>;
}

type Spec = Omit<ClientPod, 'namespace' | 'name' | 'image'>;

const submit = '/opt/spark/bin/spark-submit';
const url = { URL: 'jdbc:x?p=${secrets.team/KEY}' };
const localSubmit = [submit, '--master', 'local[1]', '--driver-memory', '512m', '/opt/job/orders_report.py'];
const refused: Spec = { command: localSubmit, env: { URL: 'jdbc:x?p=${secrets.NOWHERE}' } };
const specs = {
  script: {
    command: [
      ...[submit, '--master', 'k8s://https://kubernetes.default.svc', '--deploy-mode', 'client'],
      ...['--conf', 'spark.driver.host=$(POD_IP)', '--conf', 'spark.kubernetes.driver.pod.name=$(POD_NAME)'],
      '/opt/job/orders_report.py',
      ...['--env', 'NASTY', 'URL', 'EXECUTOR_REF', '--conf', ...Object.keys(expected.script.conf)],
      // What comes after the first report shall leave the machine to the others.
      ...['--tasks=1', '--task-seconds=0.5', '--hold-seconds=120'],
    ],
    env: url,
    conf: '/opt/spark/conf',
  },
  notebook: {
    command: [
      ...['python3', '/opt/job/notebook.py'],
      ...[Object.keys(expected.notebook.env), Object.keys(expected.notebook.conf)].map((names) => names.join(',')),
    ],
    annotations: { 'secrets.iomete.com/conf': 'JvmArguments', 'secrets.iomete.com/merge-image': 'operator' },
    env: { JDK_JAVA_OPTIONS: '-Down=1' },
  },
  thrift: {
    command: ['bash', '-c', thriftScript],
    // Java reads its environment in the locale.
    env: { ...url, SPARK_NO_DAEMONIZE: '1', LC_ALL: 'C.UTF-8' },
    conf: '/etc/spark',
  },
  nowhere: { command: localSubmit, env: { SPARK_CONF_DIR: '/etc/spark' }, conf: '/etc/spark' },
} satisfies Readonly<Record<string, Spec>>;
