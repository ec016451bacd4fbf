import { stripVTControlCharacters } from 'node:util';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { DRIVER_CONTAINER } from '../../../tools/spark/submit.ts';

/** The shell wants a terminal for what it reads; Python gives it one. */
const terminal = 'import pty, sys; pty.spawn(sys.argv[1:])';

/**
 * Runs Scala lines in Spark's own shell for Spark Connect, a real client, beside a server; takes some 15 seconds.
 * @param pod where it runs: the server's pod, or another with a container of Spark's name for drivers.
 * @param remote the server: `sc://adhoc-server:15002`
 * @param lines of Scala, with the session as `spark`
 * @returns what the shell wrote, each line as well that it was given; an exception is in there and not thrown
 */
export async function connectShell(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string },
  remote: string,
  lines: readonly string[],
): Promise<string> {
  const shell = ['env', 'TERM=xterm', 'python3', '-c', terminal, '/opt/spark/bin/spark-connect-shell'];
  const where = ['exec', '--stdin', `--namespace=${pod.namespace}`, pod.name, `--container=${DRIVER_CONTAINER}`];
  const options = { input: [...lines, 'exit', ''].join('\n'), timeoutMs: 120_000 };
  return stripVTControlCharacters(await cluster.kubectl([...where, '--', ...shell, '--remote', remote], options));
}
