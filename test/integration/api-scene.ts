import type { Cluster } from '../support/test-cluster.ts';
import { HttpsClient } from '../webhook/https-client.ts';

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Call {
  readonly token: string;
  readonly method?: string;
  readonly body?: object | undefined;
}

/** A ServiceAccount with one of the chart's roles in its own namespace. */
export function account(namespace: string, name: string, clusterRole: string): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterRole },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  ];
}

/** A Spark pod that no scheduler takes. */
export function sparkPod(namespace: string, name: string, labels: object, more: object = {}): object {
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'main.jar'];
  const containers = [{ name: 'spark-kubernetes-driver', image: 'spark', args }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels, ...more },
    spec: { schedulerName: 'nobody', serviceAccountName: 'spark', containers },
  };
}

/** Speaks with the API at a port of this machine, of an operator that was installed under this name. */
export async function apiClient(cluster: Cluster, release: string, port: number): Promise<HttpsClient> {
  const name = `configmap/${release}-spark-secrets-operator-ca`;
  const ca = await cluster.kubectl(['get', name, `--namespace=${release}`, '--output=jsonpath={.data.ca\\.crt}']);
  return new HttpsClient(port, ca, { servername: '', checkServerIdentity: () => undefined });
}

export async function callApi(
  client: HttpsClient,
  path: string,
  { token, method = 'GET', body }: Call,
): Promise<Answered> {
  const sent = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    'content-length': Buffer.byteLength(sent),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    authorization: `Bearer ${token}`,
  };
  const { status, body: text } = await client.post(sent, { reuse: true, path, method, headers });
  return { status, text, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

/** A token of a ServiceAccount; with `pod` the one that the kubelet would mount in that pod. */
export async function tokenOf(cluster: Cluster, namespace: string, name: string, pod?: string): Promise<string> {
  const bound = pod === undefined ? [] : ['--bound-object-kind=Pod', `--bound-object-name=${pod}`];
  return (await cluster.kubectl(['create', 'token', name, `--namespace=${namespace}`, ...bound])).trim();
}
