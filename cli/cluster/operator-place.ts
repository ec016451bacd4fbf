import { pathOf, type KubeKind, type KubeObject } from '../../operator/runtime/kube-object.ts';
import { CommandProblem } from '../problem.ts';
import type { Got, KubeApi, List } from './kube-api.ts';
import type { ForwardedPod } from './port-forward.ts';
import { Refusal } from './refusal.ts';

/** The label by which the chart's objects are known, and the namespace that the documentation installs it to. */
export const APP_LABEL = 'app.kubernetes.io/name';
export const APP_NAME = 'spark-secrets-operator';
export const OPERATOR_NAMESPACE = 'spark-secrets-system';
/** Name of the port of the API, of the Service and of the container. */
export const API_PORT = 'api';

export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { name?: string }[];
  };
}

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

const core = (plural: string, kind: string): KubeKind => ({ group: '', version: 'v1', plural, kind, namespaced: true });
export const SERVICE = core('services', 'Service');
export const PODS = core('pods', 'Pod');

/** The operator's Service. Throws CommandProblem when there is none, or several. */
export async function findService(kube: KubeApi, namespace: string): Promise<Service> {
  const selector = encodeURIComponent(`${APP_LABEL}=${APP_NAME}`);
  const path = `${pathOf(SERVICE, namespace)}?labelSelector=${selector}`;
  const { items } = await orAdvice(kube.get<List<Service>>(`Services of namespace ${namespace}`, path));
  const [service, ...more] = items.filter(({ spec }) => spec.ports?.some(({ name }) => name === API_PORT));
  if (service === undefined)
    throw new CommandProblem(
      `no operator is installed in namespace ${namespace} (no Service with label ${APP_LABEL}=${APP_NAME}): say where it is with --operator-namespace, or give the API's address with --server`,
    );
  if (more.length > 0)
    throw new CommandProblem(`namespace ${namespace} has several operators: give the API's address with --server`);
  return service;
}

/** The port of the API of a pod that the Service would choose. Throws CommandProblem when none is ready. */
export async function findPod(kube: KubeApi, { metadata, spec }: Service): Promise<ForwardedPod> {
  const { namespace = '', name: service } = metadata;
  const labels = Object.entries(spec.selector ?? {}).map(([name, value]) => `${name}=${value}`);
  const path = `${pathOf(PODS, namespace)}?labelSelector=${encodeURIComponent(labels.join(','))}`;
  const { items } = await orAdvice(kube.get<List<Pod>>(`Pods of namespace ${namespace}`, path));
  // Not all of them serve the API: the chart can have the operator's parts apart.
  const serving = items.flatMap((pod) => {
    const ports = pod.spec?.containers.flatMap((container) => container.ports ?? []);
    const port = ports?.find(({ name }) => name === API_PORT)?.containerPort;
    return port === undefined ? [] : [{ pod, port }];
  });
  const ready = serving.filter(({ pod }) => isReady(pod));
  // Not always the first one: what many people ask is spread over all.
  const chosen = ready[Math.floor(Math.random() * ready.length)];
  if (chosen === undefined)
    throw new CommandProblem(
      `no pod of Service ${namespace}/${service} is ready (of ${serving.length}): spark-secrets doctor says why`,
    );
  return { namespace, name: chosen.pod.metadata.name, port: chosen.port };
}

/** Who may not look there can go another way. */
async function orAdvice<T>(asked: Promise<Got<T>>): Promise<T> {
  try {
    return (await asked).object;
  } catch (error) {
    if (Refusal.is(error, 403)) throw new Refusal(403, `${error.message}. Without that right give --server`);
    throw error;
  }
}

/** Whether a Service sends requests to it. */
export function isReady({ metadata, status }: Pod): boolean {
  const isTrue = status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
  return isTrue && metadata.deletionTimestamp === undefined;
}
