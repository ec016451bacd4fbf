import type { Cluster } from '../../deploy/local/cluster.ts';
import { eventually, getAll, getOne, inPod, type KubeObject, type Pod } from './kube.ts';
import type { Place } from './leak-search.ts';
import { DRIVER_CONTAINER, type Submission } from './submit.ts';

const kinds = ['pods', 'configmaps', 'events', 'services', 'secretstoreconfigs', 'sparkjobsecretbindings'];
const commandLines = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " < $file 2>/dev/null; echo; done; true';
const environmentPage = `
import json, urllib.request
api = 'http://localhost:4040/api/v1/applications'
read = lambda url: urllib.request.urlopen(url, timeout=20).read().decode()
for application in json.loads(read(api)):
    print(read(api + '/' + application['id'] + '/environment'))
`;

/** All objects and logs of these namespaces, Secrets excepted. */
export async function lastingPlaces(cluster: Cluster, namespaces: readonly string[]): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const namespace of namespaces) {
    places.push(...(await objectPlaces(cluster, namespace)), ...(await logPlaces(cluster, namespace)));
  }
  return places;
}

/** One place for each `where`, with all texts that were found there at different times. */
export function merged(places: readonly Place[]): readonly Place[] {
  const byWhere = Map.groupBy(places, ({ where }) => where);
  return [...byWhere].map(([where, found]) => ({ where, text: found.map(({ text }) => text).join('\n') }));
}

/** Every object of a namespace that people can read without being allowed to read Secrets. */
async function objectPlaces(cluster: Cluster, namespace: string): Promise<readonly Place[]> {
  const objects = await getAll<KubeObject>(cluster, kinds.join(','), `--namespace=${namespace}`);
  return objects.map((object) => ({ where: title(object), text: JSON.stringify(object) }));
}

/** What every container of a namespace wrote, those of init containers included, also before a restart. */
export async function logPlaces(cluster: Cluster, namespace: string): Promise<readonly Place[]> {
  const pods = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`);
  const containers = pods.flatMap(({ metadata, spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => ({ pod: metadata.name, name })),
  );
  const places: Place[] = [];
  for (const { pod, name } of containers) {
    const args = ['logs', pod, `--container=${name}`, `--namespace=${namespace}`];
    // A container that has not started has no log yet.
    const text = await cluster.kubectl(args, { timeoutMs: 60_000 }).catch(() => undefined);
    if (text !== undefined) places.push({ where: `log of ${namespace}/${pod}, container ${name}`, text });
  }
  return places;
}

/** Command lines in a job's containers, its event log and its UI's environment page: only while it runs. */
export async function runningPlaces(cluster: Cluster, run: Submission): Promise<readonly Place[]> {
  const { namespace, driver } = run;
  const container = { namespace, name: driver, container: DRIVER_CONTAINER };
  const events = await complete(cluster, container, ['sh', '-c', 'cat /tmp/*.inprogress']);
  const page = await complete(cluster, container, ['python3', '-c', environmentPage]);
  const places = [
    { where: `event log of ${namespace}/${driver}`, text: events },
    { where: `environment page of ${namespace}/${driver}`, text: page },
    await commandLinePlace(cluster, container),
  ];
  const executors = await getAll<Pod>(cluster, 'pods', `--namespace=${namespace}`, await executorsOf(cluster, run));
  for (const { metadata } of executors.filter((pod) => pod.status?.phase === 'Running')) {
    places.push(
      await commandLinePlace(cluster, { namespace, name: metadata.name, container: 'spark-kubernetes-executor' }),
    );
  }
  return places;
}

/** What a command says when it says all: on a busy machine Spark shows an application a while after it began. */
function complete(cluster: Cluster, pod: Parameters<typeof inPod>[1], command: readonly string[]): Promise<string> {
  return eventually(`${command[0]} in ${pod.name} tells of the application`, 30_000, async () => {
    const text = await inPod(cluster, pod, ...command);
    return text.includes('spark.app.name') ? text : undefined;
  });
}

/** Selects a job's own executors: another job of the namespace may be at its end. In client mode nothing tells them apart. */
async function executorsOf(cluster: Cluster, { namespace, driver }: Submission): Promise<string> {
  const pod = await getOne<Pod>(cluster, 'pod', driver, `--namespace=${namespace}`);
  const application = pod?.metadata.labels?.['spark-app-selector'];
  return `--selector=spark-role=executor${application === undefined ? '' : `,spark-app-selector=${application}`}`;
}

async function commandLinePlace(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
): Promise<Place> {
  const text = await inPod(cluster, pod, 'sh', '-c', commandLines);
  if (!text.includes('java')) throw new Error(`no command line of Java was found in ${pod.namespace}/${pod.name}`);
  return { where: `command lines in ${pod.namespace}/${pod.name}`, text };
}

function title({ kind = 'object', metadata: { name, namespace = '' } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}
