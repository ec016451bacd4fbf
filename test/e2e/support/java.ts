import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { apply } from '../../../tools/spark/kube.ts';
import { ended } from '../../../tools/spark/submit.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** The Java runtime of the image has the compiler as modules, without the commands; zipfs reads jars. */
const script = `set -e
mkdir /tmp/classes
java --add-modules=jdk.zipfs -m jdk.compiler/com.sun.tools.javac.Main -nowarn -cp "$(echo /opt/spark/jars/*.jar | tr ' ' :)" -d /tmp/classes /sources/*.java
java -m jdk.jartool/sun.tools.jar.Main --create --file /tmp/job.jar -C /tmp/classes . >&2
base64 --wrap=0 /tmp/job.jar`;

/** Compiles sources of the repository in a pod, against the jars of the image of Spark. @returns the jar in base64 */
export async function compileJob(
  cluster: Cluster,
  image: string,
  { namespace, sources }: { readonly namespace: string; readonly sources: readonly string[] },
): Promise<string> {
  const metadata = { name: 'javac', namespace };
  const texts = sources.map(async (path) => [basename(path), await readFile(join(root, path), 'utf8')] as const);
  const data = Object.fromEntries(await Promise.all(texts));
  const container = {
    name: 'javac',
    image,
    args: ['bash', '-c', script],
    volumeMounts: [{ name: 'sources', mountPath: '/sources' }],
  };
  const volumes = [{ name: 'sources', configMap: { name: 'javac' } }];
  await apply(cluster, [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
    { apiVersion: 'v1', kind: 'Pod', metadata, spec: { restartPolicy: 'Never', volumes, containers: [container] } },
  ]);
  const { succeeded, output } = await ended(cluster, { namespace, pod: 'javac', driver: 'none' }, 120_000);
  if (!succeeded) throw new Error(`javac failed:\n${output}`);
  return output.trim().split('\n').at(-1) ?? '';
}
