import type { Cluster } from '../../../deploy/local/cluster.ts';
import { eventually, getOne, type Pod } from '../../../tools/spark/kube.ts';
import { DRIVER_CONTAINER, logs, type Submission } from '../../../tools/spark/submit.ts';

/** Waits until a Thrift server serves. @throws Error with the end of its log when it ends, or after timeoutMs */
export async function thriftServes(cluster: Cluster, run: Submission, timeoutMs: number): Promise<void> {
  const { namespace, driver } = run;
  await eventually(`the Thrift server ${namespace}/${driver} serves`, timeoutMs, async () => {
    const log = await logs(cluster, namespace, driver, DRIVER_CONTAINER);
    if (log.includes('HiveThriftServer2 started')) return true;
    const pod = await getOne<Pod>(cluster, 'pod', driver, `--namespace=${namespace}`);
    if (pod?.status?.phase === 'Failed' || pod?.status?.phase === 'Succeeded')
      throw new Error(`the Thrift server ended:\n${log.split('\n').slice(-40).join('\n')}`);
    return undefined;
  });
}

/**
 * Runs SQL statements by Spark's beeline, beside the server.
 * @returns what it wrote: a line per row, columns apart by tabs @throws CommandFailed for a statement that fails
 */
export async function beeline(cluster: Cluster, run: Submission, statements: readonly string[]): Promise<string> {
  const format = ['--silent=true', '--showHeader=false', '--outputformat=tsv2'];
  const client = ['/opt/spark/bin/beeline', '-u', 'jdbc:hive2://localhost:10000/', '-n', 'e2e', ...format];
  const where = ['exec', `--namespace=${run.namespace}`, run.driver, `--container=${DRIVER_CONTAINER}`];
  const each = statements.flatMap((statement) => ['-e', statement]);
  return cluster.kubectl([...where, '--', ...client, ...each], { timeoutMs: 90_000 });
}
