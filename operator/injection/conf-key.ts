/** A rule of the CRD's CEL, said again: objects may be older than the CRD that refuses them. A test compares the two. */
interface Rule {
  readonly forbids: (name: string) => boolean;
  readonly why: string;
}

/**
 * Of spark.ssl, what executors get as `${env:NAME}` in their pod specs: that may be read by all. Not `privateKey` and `certChain`, in
 * which Spark 4 replaces nothing (SSLOptions.parse).
 */
const SPARK_SSL_FILES = /^spark[.]ssl[.]([A-Za-z]+[.])?(keyStore|trustStore)$/;

/**
 * Class and library paths stand on command lines, in executor pod specs and in the UI; the others Spark logs as it uses them.
 * Awk reads it too.
 */
export const SHOWN =
  /^spark[.](jars([.].*)?|files|archives|home|(local|eventLog|sql[.]warehouse)[.]dir|(driver|executor)[.]extra(Class|Library)Path|pyspark([.]driver)?[.]python)$/;

const CONF_RULES: readonly Rule[] = [
  {
    forbids: (name) => !/^spark[.][A-Za-z0-9._@-]+$/.test(name),
    why: 'a Spark property starts with spark. and has letters, digits and ._@- only',
  },
  {
    forbids: (name) => /^spark[.](auth|rpc|network|port[.])/.test(name) || /^spark[.].*[.]port$/.test(name),
    why: "Spark writes spark.auth*, spark.rpc*, spark.network* and *.port into executor pod specs in clear: such a key can't carry a secret",
  },
  {
    forbids: (name) => isRepublished(name) && !SPARK_SSL_FILES.test(name),
    why: "Spark writes spark.ssl* except passwords into executor pod specs in clear: such a key can't carry a secret",
  },
  {
    forbids: (name) => name.startsWith('spark.executorEnv.') || name.startsWith('spark.kubernetes.'),
    why: 'Spark writes spark.executorEnv.* and spark.kubernetes.* into pod specs in clear: use env for an environment variable',
  },
  {
    forbids: (name) => /^spark[.](driver|executor)[.](extra|default)JavaOptions$/.test(name),
    why: "Java options show in command lines: such a key can't carry a secret",
  },
  {
    forbids: (name) => SHOWN.test(name),
    why: "Spark puts this property on a command line or into its log: such a key can't carry a secret",
  },
  {
    forbids: (name) => name.startsWith('spark.redaction.'),
    why: "the operator extends spark.redaction.regex itself: a binding can't set it",
  },
  {
    forbids: (name) => /^spark[.](master|submit[.].*|app[.](id|name)|driver[.](host|bindAddress))$/.test(name),
    why: "Spark sets this property itself: a binding can't",
  },
];

/** Of the JVM and of Spark, which print them. Awk reads it too. `SPARK_…_OPTS`, folders of
 * configuration, class paths: Spark's scripts and images put these on the command line of a JVM. */
export const RESERVED_ENV =
  /^(JAVA_TOOL_OPTIONS|(JDK|OPENJ9|IBM)?_JAVA_OPTIONS|(PYSPARK|SPARKR)_SUBMIT_ARGS|PYSPARK_(DRIVER_)?PYTHON|JAVA_HOME|(HADOOP|YARN)_CONF_DIR|PATH|LD_(PRELOAD|LIBRARY_PATH)|SPARK_(CONF_DIR|HOME|USER|(APPLICATION|RESOURCE_PROFILE)_ID|LOCAL_DIRS|DRIVER_.*|EXECUTOR_.*|JAVA_OPT_.*|.*_OPTS|(.*_)?CLASSPATH))$/;

/** What pods are told by: where their keys are, and where the operator's API is. */
const OWN_ENV = /^SPARK_SECRETS_(KEYS|API)_/;

/** Why a binding may not set this Spark property, or undefined when it may. */
export function forbiddenConfKey(name: string): string | undefined {
  return CONF_RULES.find((rule) => rule.forbids(name))?.why;
}

/** What is the matter with a property that Spark republishes. */
export const REPUBLISHED = 'Spark writes this property into executor pod specs in clear';

/** Whether Spark writes what this property holds into executor pod specs, so that only a variable's name may stand in it. */
export function isRepublished(name: string): boolean {
  return name.startsWith('spark.ssl') && !name.includes('Password');
}

/** Why a binding may not set this environment variable, or undefined when it may (its form aside). */
export function reservedEnvName(name: string): string | undefined {
  if (OWN_ENV.test(name))
    return 'SPARK_SECRETS_KEYS_* and SPARK_SECRETS_API_* are variables of the operator, which tell a pod where its keys are: choose another name';
  if (!RESERVED_ENV.test(name)) return undefined;
  return 'this variable belongs to Spark or the JVM, which would show its value in a log or a command line: choose another name';
}
