import { APP_LABEL, APP_NAME, isReady, type Pod } from '../../cluster/operator-place.ts';
import { area, isKnown, type Finding } from '../finding.ts';
import type { Deployment, Installation } from '../installation.ts';
import { known } from '../looked.ts';

const { ok, warning, problem, unknown } = area('operator');
const VERSION_LABEL = 'app.kubernetes.io/version';
/** Name of the port that the API server calls. */
const WEBHOOK_PORT = 'webhook';

/** Whether the operator runs, as often as it should, and in which version. */
export function checkPods(installation: Installation): Finding[] {
  const { deployment, namespace, version } = installation;
  if (!isKnown(deployment)) return [unknown(deployment)];
  if (deployment.value === undefined)
    return [
      problem(
        `no operator is installed in namespace ${namespace} (no Deployment with label ${APP_LABEL}=${APP_NAME})`,
        'Install it (helm install), or say where it is with --operator-namespace.',
      ),
    ];
  const pods = known(installation.pods) ?? [];
  return [
    ...replicas(deployment.value, namespace),
    ...pods.flatMap(troubleOf),
    ...sameVersion(deployment.value, version),
    ...endpoints(installation),
  ];
}

function replicas(deployment: Deployment, namespace: string): Finding[] {
  const { name } = deployment.metadata;
  const { replicas: wanted = 1 } = deployment.spec;
  const ready = deployment.status?.readyReplicas ?? 0;
  const title = `Deployment ${namespace}/${name}`;
  const see = `kubectl -n ${namespace} rollout status deployment/${name}`;
  const scale = `kubectl -n ${namespace} scale deployment/${name} --replicas=2`;
  if (wanted === 0) return [problem(`${title} is scaled to 0: no Spark driver with secrets starts`, scale)];
  if (ready === 0)
    return [problem(`${title} has no ready pod, of ${wanted}: no Spark driver with secrets starts`, see)];
  if (ready < wanted) return [warning(`${title}: ${ready} of ${wanted} pods are ready`, see)];
  if (isChanging(deployment, wanted)) return [warning(`${title} is being changed`, see)];
  if (wanted > 1) return [ok(`${title}: ${ready} of ${wanted} pods are ready`)];
  const next = 'Set replicas to 2 in the chart’s values.';
  return [warning(`${title} has one replica: while its pod is replaced no Spark driver with secrets starts`, next)];
}

function isChanging({ metadata, status = {} }: Deployment, wanted: number): boolean {
  const { updatedReplicas = 0, observedGeneration = 0 } = status;
  return updatedReplicas < wanted || observedGeneration < (metadata.generation ?? 0);
}

/** Why a pod is not ready, as far as its containers say. */
function troubleOf(pod: Pod): Finding[] {
  if (isReady(pod)) return [];
  const { name, namespace = '' } = pod.metadata;
  const waiting = pod.status?.containerStatuses?.map(({ state }) => state?.waiting).find((each) => each !== undefined);
  const why =
    waiting === undefined ? (pod.status?.phase ?? 'Unknown') : `${waiting.reason ?? ''} ${waiting.message ?? ''}`;
  const see = `kubectl -n ${namespace} describe pod ${name}; kubectl -n ${namespace} logs ${name}`;
  return [warning(`pod ${name} is not ready: ${why.trim()}`, see)];
}

function sameVersion({ metadata }: Deployment, version: string): Finding[] {
  const theirs = metadata.labels?.[VERSION_LABEL];
  if (theirs === undefined || theirs === version) return [];
  return [warning(`the operator is of version ${theirs}, this command of ${version}`, 'Take both of one version.')];
}

/** Whether the Service has somebody to send the API server's requests to. */
function endpoints({ service, slices }: Installation): Finding[] {
  if (!isKnown(service)) return [unknown(service)];
  if (!isKnown(slices)) return [unknown(slices)];
  const { namespace = '', name } = service.value.metadata;
  // Those of the API alone, when the chart has the operator's parts apart, are others.
  const called = slices.value.filter(({ ports }) => ports?.some((port) => port.name === WEBHOOK_PORT));
  const all = called.flatMap((slice) => slice.endpoints ?? []);
  const ready = all.filter(({ conditions }) => conditions?.ready === true);
  if (ready.length > 0) return [ok(`Service ${namespace}/${name} has ${ready.length} ready endpoints`)];
  return [
    problem(
      `Service ${namespace}/${name} has no ready endpoint: the API server can't call the webhook`,
      'See that its selector matches the labels of the pods, and that they are ready.',
    ),
  ];
}
