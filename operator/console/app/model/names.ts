/** What a binding may call variables, properties and files. The operator says it again, and last; a test compares the two. */

interface Rule {
  readonly refuses: (name: string) => boolean;
  readonly why: string;
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const OF_SPARK_OR_JVM =
  /^(?:JAVA_TOOL_OPTIONS|(?:JDK|OPENJ9|IBM)?_JAVA_OPTIONS|(?:PYSPARK|SPARKR)_SUBMIT_ARGS|PYSPARK_(?:DRIVER_)?PYTHON|JAVA_HOME|(?:HADOOP|YARN)_CONF_DIR|PATH|LD_(?:PRELOAD|LIBRARY_PATH)|SPARK_(?:CONF_DIR|HOME|USER|(?:APPLICATION|RESOURCE_PROFILE)_ID|LOCAL_DIRS|DRIVER_.*|EXECUTOR_.*|JAVA_OPT_.*|.*_OPTS|(?:.*_)?CLASSPATH))$/;

const ENV_RULES: readonly Rule[] = [
  { refuses: (name) => name === '', why: 'Give the variable a name.' },
  { refuses: (name) => !ENV_NAME.test(name), why: 'Letters, digits and "_" only, and no digit first.' },
  { refuses: (name) => name.length > 253, why: 'A name has 253 characters at most.' },
  {
    refuses: (name) => OF_SPARK_OR_JVM.test(name),
    why: 'This variable belongs to Spark or the JVM, which would show its value.',
  },
  {
    refuses: (name) => /^SPARK_SECRETS_(?:KEYS|API)_/.test(name),
    why: 'This variable belongs to the operator, which tells pods by it where their keys are.',
  },
];

const CONF_RULES: readonly Rule[] = [
  { refuses: (name) => name === '', why: 'Give the property a name, such as spark.hadoop.fs.s3a.secret.key.' },
  {
    refuses: (name) => !/^spark[.][A-Za-z0-9._@-]+$/.test(name),
    why: 'A Spark property begins with "spark." and has letters, digits, ".", "_", "@" and "-" only.',
  },
  { refuses: (name) => name.length > 512, why: 'A name has 512 characters at most.' },
  {
    refuses: (name) =>
      /^spark[.](?:auth|rpc|network|port[.])/.test(name) ||
      /^spark[.].*[.]port$/.test(name) ||
      (name.startsWith('spark.ssl') &&
        !name.includes('Password') &&
        !/^spark[.]ssl[.](?:[A-Za-z]+[.])?(?:keyStore|trustStore)$/.test(name)),
    why: 'Spark writes this property into the pod specs of executors in clear.',
  },
  {
    refuses: (name) => name.startsWith('spark.executorEnv.') || name.startsWith('spark.kubernetes.'),
    why: 'Spark writes this property into pod specs in clear: use an environment variable.',
  },
  {
    refuses: (name) => /^spark[.](?:driver|executor)[.](?:extra|default)JavaOptions$/.test(name),
    why: 'Java options show in command lines.',
  },
  {
    refuses: (name) =>
      /^spark[.](?:jars(?:[.].*)?|files|archives|home|(?:local|eventLog|sql[.]warehouse)[.]dir|(?:driver|executor)[.]extra(?:Class|Library)Path|pyspark(?:[.]driver)?[.]python)$/.test(
        name,
      ),
    why: 'Spark puts this property on a command line or into its log.',
  },
  { refuses: (name) => name.startsWith('spark.redaction.'), why: 'The operator extends spark.redaction.regex itself.' },
  {
    refuses: (name) => /^spark[.](?:master|submit[.].*|app[.](?:id|name)|driver[.](?:host|bindAddress))$/.test(name),
    why: 'Spark sets this property itself.',
  },
];

/** Why a binding may not give a variable of this name, as a sentence; undefined: it may. */
export function envNameProblem(name: string): string | undefined {
  return ENV_RULES.find(({ refuses }) => refuses(name))?.why;
}

/** The same of a Spark property. */
export function confNameProblem(name: string): string | undefined {
  return CONF_RULES.find(({ refuses }) => refuses(name))?.why;
}

/** The same of a file. */
export function fileNameProblem(name: string): string | undefined {
  if (name === '') return 'Give the file a name, such as keystore.jks.';
  if (/^(?![.][.]|[.]$)[A-Za-z0-9._-]{1,253}$/.test(name)) return undefined;
  return 'The name of one file: letters, digits, ".", "_" and "-", not beginning with "..".';
}

/** What one would call the file of a key. */
export function fileNameFor(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** What one would call the variable of a key: orders/db-password → DB_PASSWORD. */
export function envNameFor(key: string): string {
  const name = key
    .slice(key.lastIndexOf('/') + 1)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:[.][a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Why no namespace can be called so, as a sentence; undefined: one can. */
export function namespaceProblem(name: string): string | undefined {
  if (name === '') return 'Name the namespace in which the jobs run.';
  return NAMESPACE.test(name) ? undefined : 'A namespace is small letters, digits and "-", 63 at most.';
}

/** Why no object of Kubernetes can be called so, as a sentence; undefined: one can. */
export function objectNameProblem(name: string): string | undefined {
  if (name === '') return 'Give the binding a name, such as orders-etl.';
  if (name.length <= 253 && OBJECT_NAME.test(name)) return undefined;
  return 'A name is small letters, digits, "-" and ".", 253 at most.';
}
