import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { parse } from 'yaml';
import { forbiddenConfKey, reservedEnvName } from '../../operator/injection/conf-key.ts';

interface Schema {
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

const CONF_KEYS = [
  'spark.hadoop.fs.s3a.secret.key',
  'spark.sql.catalog.c.credential',
  'spark.datasource.url',
  'spark.authenticate.secret',
  'spark.rpc.x',
  'spark.network.crypto.key',
  'spark.port.maxRetries',
  'spark.ui.port',
  'spark.portal',
  'spark.sql.portal',
  'spark.sql.spark.rpc.x',
  'spark.sql.spark.driver.extraJavaOptions',
  'spark.sql.spark.master',
  'spark.sql.x.portable',
  'spark.ssl.keyStore',
  'spark.ssl.trustStore',
  'spark.ssl.certChain',
  'spark.ssl.x.spark.ssl.keyStore',
  'spark.ssl.ui.privateKey',
  'spark.ssl.ui.privateKeyX',
  'spark.ssl.enabled',
  'spark.ssl.keyStorePassword',
  'spark.ssl.ui.keyPassword',
  'spark.executorEnv.A',
  'spark.kubernetes.driverEnv.A',
  'spark.driver.extraJavaOptions',
  'spark.executor.defaultJavaOptions',
  'spark.executor.extraJavaOptionsX',
  'spark.driver.extraClassPath',
  'spark.executor.extraClassPath',
  'spark.executor.extraLibraryPath',
  'spark.executor.extraClassPaths',
  'spark.jars',
  'spark.jars.repositories',
  'spark.jarsigner',
  'spark.files',
  'spark.files.overwrite',
  'spark.archives',
  'spark.home',
  'spark.local.dir',
  'spark.eventLog.dir',
  'spark.eventLog.dirs',
  'spark.sql.warehouse.dir',
  'spark.pyspark.python',
  'spark.pyspark.driver.python',
  'spark.redaction.regex',
  'spark.master',
  'spark.masters',
  'spark.submit.deployMode',
  'spark.app.id',
  'spark.app.name',
  'spark.app.names',
  'spark.driver.host',
  'spark.driver.hosts',
  'spark.driver.bindAddress',
  'spark.a b',
  'spark.a=b',
  'hadoop.x',
  'hadoop.spark.x',
  'spark.',
];

const ENV_NAMES = [
  'DB_PASSWORD',
  'PATH',
  'MY_PATH',
  'LD_PRELOAD',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'OPENJ9_JAVA_OPTIONS',
  'IBM_JAVA_OPTIONS',
  'MY_JAVA_OPTIONS',
  'SPARK_CONF_DIR',
  'SPARK_HOME',
  'SPARK_USER',
  'SPARK_USERS',
  'SPARK_APPLICATION_ID',
  'SPARK_LOCAL_DIRS',
  'SPARK_DRIVER_BIND_ADDRESS',
  'SPARK_EXECUTOR_ID',
  'SPARK_JAVA_OPT_1',
  'SPARK_SUBMIT_OPTS',
  'PYSPARK_SUBMIT_ARGS',
  'SPARKR_SUBMIT_ARGS',
  'SPARK_DAEMON_JAVA_OPTS',
  'SPARK_MASTER_OPTS',
  'SPARK_WORKER_OPTS',
  'SPARK_HISTORY_OPTS',
  'SPARK_SHUFFLE_OPTS',
  'SPARK_LAUNCHER_OPTS',
  'SPARK_OPTS_X',
  'SPARK_CLASSPATH',
  'SPARK_EXTRA_CLASSPATH',
  'SPARK_DIST_CLASSPATH',
  'SPARK_CLASSPATHS',
  'SPARK_RESOURCE_PROFILE_ID',
  'MY_CLASSPATH',
  'HADOOP_CONF_DIR',
  'YARN_CONF_DIR',
  'JAVA_HOME',
  'PYSPARK_PYTHON',
  'PYSPARK_DRIVER_PYTHON',
  'PYSPARK_TOKEN',
  'LD_LIBRARY_PATH',
  'SPARK_TOKEN',
  'SPARK_SECRETS_KEYS_0123456789ab',
  'SPARK_SECRETS_API_URL',
  'SPARK_SECRETS_APIKEY',
  'SPARK_SECRETS_OF_MINE',
  'MY_SPARK_SECRETS_API_URL',
];

describe('deny-lists', () => {
  const sparkConf = specSchema('sparkConf').items!.properties!['name']!;
  const hasForm = (name: string) => new RegExp(sparkConf.pattern!, 'u').test(name);
  const env = specSchema('env').items!.properties!['name']!;

  for (const name of CONF_KEYS.filter((text) => hasForm(text))) {
    it(`says the same of the Spark property "${name}" as the CRD`, () => {
      expect(forbiddenConfKey(name)).to.equal(celMessage(sparkConf, name));
    });
  }

  for (const name of CONF_KEYS.filter((text) => !hasForm(text))) {
    it(`refuses "${name}", which the CRD's pattern refuses`, () => {
      expect(forbiddenConfKey(name)).to.include('a Spark property starts with spark.');
    });
  }

  for (const name of ENV_NAMES) {
    it(`says the same of the variable ${name} as the CRD`, () => {
      expect(reservedEnvName(name)).to.equal(celMessage(env, name));
    });
  }

  it('has properties of both kinds in its table, for every rule of the CRD', () => {
    const messages = new Set(CONF_KEYS.map((name) => celMessage(sparkConf, name)));
    expect([...messages]).to.have.members([
      undefined,
      ...sparkConf['x-kubernetes-validations']!.map(({ message }) => message),
    ]);
  });
});

function specSchema(property: string): Schema {
  const text = readFileSync(new URL('../../crds/sparkjobsecretbindings.yaml', import.meta.url), 'utf8');
  const crd = parse(text) as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } };
  return crd.spec.versions[0]!.schema.openAPIV3Schema.properties!['spec']!.properties![property]!;
}

/** The message of the first rule that refuses the name. These rules of CEL are JavaScript as well. */
function celMessage(schema: Schema, name: string): string | undefined {
  const self = {
    matches: (pattern: string) => new RegExp(pattern, 'u').test(name),
    startsWith: (prefix: string) => name.startsWith(prefix),
    contains: (part: string) => name.includes(part),
  };
  const rules = schema['x-kubernetes-validations']!;
  return rules.find(({ rule }) => runInNewContext(rule, { self }) === false)?.message;
}
