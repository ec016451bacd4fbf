import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { run } from '../../deploy/local/run.ts';

const script = join(import.meta.dirname, '..', '..', 'deploy', 'local', 'spark', 'entrypoint.sh');
const executor = {
  SPARK_EXECUTOR_MEMORY: '512m',
  SPARK_DRIVER_URL: 'spark://CoarseGrainedScheduler@driver:7078',
  SPARK_EXECUTOR_ID: '1',
  SPARK_EXECUTOR_CORES: '2',
  SPARK_APPLICATION_ID: 'spark-1',
  SPARK_EXECUTOR_POD_IP: '10.244.0.9',
  SPARK_RESOURCE_PROFILE_ID: '0',
  SPARK_EXECUTOR_POD_NAME: 'exec-1',
};

describe("the Spark image's entrypoint", () => {
  it('starts a driver with spark-submit in client mode, its arguments behind', async () => {
    const words = await started(['driver', '--class', 'A B', 'local:///a.jar'], {
      SPARK_DRIVER_BIND_ADDRESS: '10.244.0.8',
    });
    expect(words).to.deep.equal([
      '/opt/spark/bin/spark-submit',
      ...['--conf', 'spark.driver.bindAddress=10.244.0.8'],
      ...['--conf', 'spark.executorEnv.SPARK_DRIVER_POD_IP=10.244.0.8'],
      ...['--deploy-mode', 'client', '--class', 'A B', 'local:///a.jar'],
    ]);
  });

  it('starts an executor with its options, memory and identity from the environment', async () => {
    const options = { SPARK_JAVA_OPT_0: '-Da=b c', SPARK_JAVA_OPT_1: '-Dd=e' };
    expect(await started(['executor'], { ...executor, ...options })).to.deep.equal([
      '/java/bin/java',
      ...['-Da=b c', '-Dd=e', '-Xms512m', '-Xmx512m'],
      ...['-cp', '/opt/spark/conf::/opt/spark/jars/*:/tmp:'],
      'org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend',
      ...['--driver-url', 'spark://CoarseGrainedScheduler@driver:7078', '--executor-id', '1', '--cores', '2'],
      ...['--app-id', 'spark-1', '--hostname', '10.244.0.9', '--resourceProfileId', '0', '--podName', 'exec-1'],
    ]);
  });

  it('puts configuration folders before the jars and additions behind them', async () => {
    const folders = {
      HADOOP_CONF_DIR: '/hadoop',
      SPARK_CONF_DIR: '/conf',
      SPARK_CLASSPATH: '/own.jar',
      SPARK_EXTRA_CLASSPATH: '/extra.jar',
      SPARK_DIST_CLASSPATH: '/dist/*',
    };
    const words = await started(['executor'], { ...executor, ...folders });
    expect(words[words.indexOf('-cp') + 1]).to.equal(
      '/conf:/hadoop:/own.jar:/opt/spark/jars/*:/extra.jar:/tmp:/dist/*',
    );
  });

  it('runs anything else as it is', async () => {
    expect(await run('bash', [script, 'printf', '%s,', 'a b', 'driver'])).to.equal('a b,driver,');
  });
});

/** The words that tini would start, which here are printed instead. */
async function started(args: readonly string[], env: Record<string, string>): Promise<string[]> {
  const text = (await readFile(script, 'utf8')).replace('/usr/bin/tini -s --', "printf '%s\\n'");
  const fixed = { PATH: '/usr/bin:/bin', SPARK_HOME: '/opt/spark', JAVA_HOME: '/java' };
  const output = await run('bash', ['-c', text, 'entrypoint.sh', ...args], { env: { ...fixed, ...env }, cwd: '/tmp' });
  return output.trimEnd().split('\n');
}
