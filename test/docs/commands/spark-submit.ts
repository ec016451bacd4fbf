/** Options of spark-submit that pages use; of those with dashes alone no value follows. */
const OPTIONS = [
  '--master',
  '--deploy-mode',
  '--name',
  '--class',
  '--conf',
  '--properties-file',
  '--py-files',
  '--jars',
  '--packages',
];

/**
 * Properties that pages set, all of them Spark's own (looked up in the jars of Spark 4.0), or of a job's own below one of
 * these prefixes. A new one is to be added by somebody who looked it up.
 */
const PROPERTIES = [
  ...['app.name', 'driver.memory', 'driver.extraJavaOptions', 'executor.instances', 'executor.memory'],
  ...['dynamicAllocation.enabled', 'dynamicAllocation.shuffleTracking.enabled', 'dynamicAllocation.minExecutors'],
  ...[
    'dynamicAllocation.maxExecutors',
    'dynamicAllocation.executorIdleTimeout',
    'dynamicAllocation.schedulerBacklogTimeout',
  ],
  ...['driver.host', 'driver.port', 'driver.blockManager.port', 'driver.bindAddress', 'redaction.regex'],
  ...['namespace', 'container.image', 'driver.pod.name', 'driver.podTemplateFile', 'executor.podTemplateFile'].map(
    (name) => `kubernetes.${name}`,
  ),
  ...[
    'authenticate.driver.serviceAccountName',
    'submission.waitAppCompletion',
    'context',
    'executor.podNamePrefix',
  ].map((name) => `kubernetes.${name}`),
];
const PREFIXES = [
  'hadoop.',
  'kubernetes.driver.label.',
  'kubernetes.driver.annotation.',
  'kubernetes.driverEnv.',
  'executorEnv.',
  'orders.',
  'sql.catalog.',
];

/** @throws Error that names the option or property */
export function checkSparkSubmit(words: readonly string[]): void {
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined && word.startsWith('-'); word = queue.shift()) {
    const [option = '', ...glued] = word.split('=');
    if (!OPTIONS.includes(option)) throw new Error(`spark-submit has no option ${option} that we know`);
    const value = glued.length > 0 ? glued.join('=') : queue.shift();
    if (option === '--conf') checkProperty(value ?? '');
  }
}

/** `spark.name=value`. */
function checkProperty(text: string): void {
  const [, name] = /^spark\.([\w.-]+)=/.exec(text) ?? [];
  if (name === undefined) throw new Error(`--conf ${text} is not spark.NAME=VALUE`);
  if (!PROPERTIES.includes(name) && !PREFIXES.some((prefix) => name.startsWith(prefix)))
    throw new Error(
      `Spark has no property spark.${name} that we know: look it up, and add it to test/docs/commands/spark-submit.ts`,
    );
}
